use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use flatline_embedded::Engine;
use tokio::time::Instant;

use super::{TABLE, gate, once, put, text, there};
use crate::bridge::{Action, Bridge, Outcome, Rule};

/// (the fault, whether the client is told success, whether the write happened)
const WRITES: [(&str, Action, bool, bool); 8] = [
    ("fail before", Action::FailBefore, false, false),
    ("apply, then fail", Action::ApplyThenFail, false, true),
    ("cut before", Action::DropBefore, false, false),
    ("apply, then cut", Action::ApplyThenDrop, false, true),
    ("throttle", Action::Throttle, false, false),
    ("conflict", Action::Conflict, false, false),
    ("delay before", Action::DelayBefore(5), true, true),
    ("delay after", Action::DelayAfter(5), true, true),
];

#[tokio::test(start_paused = true)]
async fn each_fault_tells_and_does_what_its_name_says() {
    for (what, action, told, happened) in WRITES {
        let gate = gate().await;
        gate.fault(Rule::on("PutItem", action));
        assert_eq!(put(&once(&gate), "a", 100).await, told, "{what}: told");
        assert_eq!(there(&gate, "a").await, happened, "{what}: happened");
        let call = gate.ledger().calls().remove(0);
        assert_eq!(call.applied, happened, "{what}: applied");
        assert_eq!(call.units.wru > 0.0, happened, "{what}: units");
        gate.clear_faults();
        assert!(put(&once(&gate), "b", 100).await, "{what}: after clearing");
    }
}

#[tokio::test]
async fn refusals_carry_the_names_that_dynamodb_gives_them() {
    let rows = [
        (Action::FailBefore, "InternalServerError"),
        (Action::Throttle, "ProvisionedThroughputExceededException"),
        (Action::Conflict, "TransactionConflictException"),
    ];
    for (action, wanted) in rows {
        let gate = gate().await;
        gate.fault(Rule::any(action));
        put(&once(&gate), "a", 100).await;
        assert_eq!(gate.ledger().calls()[0].outcome, Outcome::Error(wanted.to_owned()));
    }
}

#[tokio::test]
async fn a_transaction_in_conflict_is_cancelled_with_a_reason_for_each_item() {
    let body = r#"{"TransactItems":[{"Put":{"TableName":"items","Item":{"PK":{"S":"p"},"SK":{"S":"a"}}}},
        {"Delete":{"TableName":"items","Key":{"PK":{"S":"p"},"SK":{"S":"b"}}}}]}"#;
    let gate = gate().await;
    gate.fault(Rule::on("TransactWriteItems", Action::Conflict));
    let answer = gate.pass("DynamoDB_20120810.TransactWriteItems", body.as_bytes()).await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let codes: Vec<_> =
        said["CancellationReasons"].as_array().unwrap().iter().map(|it| &it["Code"]).collect();
    assert_eq!(codes, ["TransactionConflict", "None"]);
    assert!(!there(&gate, "a").await);
}

#[tokio::test]
async fn rules_choose_calls_by_operation_key_count_and_closure() {
    type Row = (&'static str, fn() -> Rule, [bool; 4]);
    let rows: [Row; 6] = [
        ("any", || Rule::any(Action::FailBefore), [false; 4]),
        ("another operation", || Rule::on("Query", Action::FailBefore), [true; 4]),
        ("a key", || Rule::touching("p/b", Action::FailBefore), [true, false, true, true]),
        ("the third", || Rule::any(Action::FailBefore).at(3), [true, true, false, true]),
        ("the first two", || Rule::any(Action::FailBefore).times(2), [false, false, true, true]),
        (
            "even numbers",
            || Rule::matching(|call| call.number % 2 == 0, Action::FailBefore),
            [true, false, true, false],
        ),
    ];
    for (what, rule, wanted) in rows {
        let gate = gate().await;
        gate.fault(rule());
        let client = once(&gate);
        let mut told = Vec::new();
        for sk in ["a", "b", "c", "d"] {
            told.push(put(&client, sk, 100).await);
        }
        assert_eq!(told, wanted, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn delays_take_their_time_and_a_call_that_was_given_up_is_carried_out() {
    let gate = gate().await;
    gate.fault(Rule::on("PutItem", Action::DelayBefore(3000)));
    let started = Instant::now();
    assert!(put(&once(&gate), "a", 100).await);
    assert_eq!(started.elapsed(), Duration::from_secs(3));

    let limit = TimeoutConfig::builder().operation_timeout(Duration::from_secs(1)).build();
    let config = flatline_embedded::client_config(gate.http_client())
        .retry_config(RetryConfig::disabled())
        .timeout_config(limit);
    let impatient = aws_sdk_dynamodb::Client::from_conf(config.build());
    assert!(!put(&impatient, "b", 100).await);
    assert!(!there(&gate, "b").await);
    crate::clock::pause(3000).await;
    assert!(there(&gate, "b").await);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_call_is_neither_applied_nor_answered() {
    let gate = gate().await;
    gate.fault(Rule::any(Action::Hang));
    let client = once(&gate);
    let waited = tokio::time::timeout(Duration::from_secs(60), put(&client, "a", 100)).await;
    assert!(waited.is_err());
    assert!(!there(&gate, "a").await);
    assert_eq!(gate.ledger().calls()[0].outcome, Outcome::Unanswered);
}

#[tokio::test]
async fn a_strike_runs_before_or_after_the_call_is_applied() {
    type Make = fn(crate::bridge::Strike) -> Action;
    let rows: [(&str, Make, bool, bool); 3] = [
        ("strike", Action::Strike, true, true),
        ("strike before", Action::StrikeBefore, false, false),
        ("strike after", Action::StrikeAfter, false, true),
    ];
    for (what, make, told, happened) in rows {
        let gate = gate().await;
        let struck = Arc::new(AtomicU64::new(0));
        let count = struck.clone();
        let strike = Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        gate.fault(Rule::on("PutItem", make(strike)).at(2));
        let client = once(&gate);
        assert!(put(&client, "a", 100).await, "{what}");
        assert_eq!(struck.load(Ordering::SeqCst), 0, "{what}");
        assert_eq!(put(&client, "b", 100).await, told, "{what}");
        assert_eq!(there(&gate, "b").await, happened, "{what}");
        assert_eq!(struck.load(Ordering::SeqCst), 1, "{what}");
    }
}

#[tokio::test]
async fn the_sdk_tries_again_by_itself_after_a_failure_but_not_after_a_conflict() {
    let rows =
        [(Action::FailBefore, true, 2), (Action::Throttle, true, 2), (Action::Conflict, false, 1)];
    for (action, told, calls) in rows {
        let gate = gate().await;
        gate.fault(Rule::on("PutItem", action).times(1));
        assert_eq!(put(&gate.client(), "a", 100).await, told);
        assert_eq!(gate.ledger().totals().of("PutItem"), calls);
    }
}

#[tokio::test]
async fn over_http_a_cut_connection_has_no_answer() {
    let bridge = Bridge::start(Engine::memory().unwrap()).await.unwrap();
    let list = |http: reqwest::Client| {
        let request = http.post(bridge.url()).body("{}");
        request.header("x-amz-target", "DynamoDB_20120810.ListTables").send()
    };
    let http = crate::http_client();
    assert_eq!(list(http.clone()).await.unwrap().status(), 200);
    bridge.gate().fault(Rule::on("ListTables", Action::ApplyThenDrop).times(1));
    assert!(list(http.clone()).await.is_err());
    assert_eq!(list(http).await.unwrap().status(), 200);
    let calls = bridge.gate().ledger().calls();
    let told: Vec<_> = calls.iter().map(|call| call.outcome.clone()).collect();
    assert_eq!(told, [Outcome::Ok, Outcome::Unanswered, Outcome::Ok]);
}

#[tokio::test]
async fn reads_pass_a_conflict() {
    let gate = gate().await;
    gate.fault(Rule::any(Action::Conflict));
    let client = once(&gate);
    let get = client.get_item().table_name(TABLE).key("PK", text("p")).key("SK", text("a"));
    assert!(get.send().await.is_ok());
}
