use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem, Update};
use flatline_embedded::{Engine, Execution};
use flatline_shared::aws::{self, Role};
use flatline_shared::config::Env;

use super::{TABLE, create_table, gate, once, put, text};
use crate::bridge::{Bridge, Outcome, Units};

fn wru(units: f64) -> Units {
    Units { wru: units, rru: 0.0 }
}

fn rru(units: f64) -> Units {
    Units { wru: 0.0, rru: units }
}

async fn get(client: &Client, sk: &str, consistent: bool) {
    let get = client.get_item().table_name(TABLE).key("PK", text("p")).key("SK", text(sk));
    get.consistent_read(consistent).send().await.unwrap();
}

async fn query(client: &Client, consistent: bool) {
    let query = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
        .expression_attribute_values(":pk", text("p"))
        .expression_attribute_values(":sk", text("a"));
    query.consistent_read(consistent).send().await.unwrap();
}

async fn refused_update(client: &Client, sk: &str) {
    let update = client
        .update_item()
        .table_name(TABLE)
        .key("PK", text("p"))
        .key("SK", text(sk))
        .update_expression("SET v = :v")
        .condition_expression("v = :v")
        .expression_attribute_values(":v", text("other"));
    update.send().await.unwrap_err();
}

fn insert(sk: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .item("PK", text("p"))
        .item("SK", text(sk))
        .condition_expression("attribute_not_exists(PK)");
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

fn update(sk: &str) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(TABLE)
        .key("PK", text("p"))
        .key("SK", text(sk))
        .update_expression("SET v = :v")
        .expression_attribute_values(":v", text("small"));
    TransactWriteItem::builder().update(update.build().unwrap()).build()
}

/// What the calls in `$calls` cost on a table that holds `a1` of 100 B and `a2` of 5,000 B.
macro_rules! cost {
    ($client:ident, $calls:expr) => {{
        let gate = gate().await;
        let $client = once(&gate);
        put(&$client, "a1", 100).await;
        put(&$client, "a2", 5000).await;
        gate.ledger().clear();
        $calls;
        gate.ledger().totals().units
    }};
}

#[tokio::test]
async fn a_write_costs_a_unit_for_each_begun_kilobyte_of_the_larger_image() {
    assert_eq!(cost!(client, put(&client, "b", 1024).await), wru(1.0));
    assert_eq!(cost!(client, put(&client, "b", 1025).await), wru(2.0));
    assert_eq!(cost!(client, put(&client, "a2", 100).await), wru(5.0));
}

#[tokio::test]
async fn a_refused_condition_costs_what_the_stored_item_would() {
    assert_eq!(cost!(client, refused_update(&client, "a1").await), wru(1.0));
    assert_eq!(cost!(client, refused_update(&client, "a2").await), wru(5.0));
    assert_eq!(cost!(client, refused_update(&client, "none").await), wru(1.0));
}

#[tokio::test]
async fn a_transaction_costs_double_also_when_it_is_refused() {
    let items = |last| vec![insert("b1"), update("a2"), insert(last)];
    let write = |client: &Client, last| {
        client.transact_write_items().set_transact_items(Some(items(last))).send()
    };
    assert_eq!(cost!(client, write(&client, "b2").await.unwrap()), wru(2.0 * (1.0 + 5.0 + 1.0)));
    let refused = cost!(client, drop(write(&client, "a1").await.unwrap_err()));
    assert_eq!(refused, wru(2.0 * (1.0 + 5.0 + 1.0)));
}

#[tokio::test]
async fn a_read_costs_a_unit_for_each_begun_4_kilobytes_and_half_if_eventually_consistent() {
    assert_eq!(cost!(client, get(&client, "a2", true).await), rru(2.0));
    assert_eq!(cost!(client, get(&client, "a2", false).await), rru(1.0));
    assert_eq!(cost!(client, get(&client, "none", false).await), rru(0.5));
    // 5,100 B in one sum are two units; rounded item by item they would be three.
    assert_eq!(cost!(client, query(&client, true).await), rru(2.0));
    assert_eq!(cost!(client, query(&client, false).await), rru(1.0));
}

#[tokio::test]
async fn a_batch_of_reads_rounds_each_item() {
    let keys = ["a1", "a2", "none"].map(|sk| {
        [("PK".to_owned(), text("p")), ("SK".to_owned(), text(sk))].into_iter().collect()
    });
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys.into())).build().unwrap();
    let units = cost!(client, {
        client.batch_get_item().request_items(TABLE, wanted.clone()).send().await.unwrap()
    });
    assert_eq!(units, rru(0.5 + 1.0 + 0.5));
}

#[tokio::test]
async fn the_log_tells_operation_keys_label_and_outcome_of_each_call() {
    let gate = gate().await;
    let client = once(&gate);
    put(&client, "a1", 100).await;
    gate.ledger().label("second");
    query(&client, true).await;
    refused_update(&client, "a1").await;
    client
        .transact_write_items()
        .transact_items(insert("b"))
        .transact_items(update("c"))
        .send()
        .await
        .unwrap();
    let calls = gate.ledger().calls();
    let told: Vec<_> = calls
        .iter()
        .map(|call| {
            (call.passing.operation.as_str(), call.passing.keys.join(" "), call.label.as_str())
        })
        .collect();
    let wanted = [
        ("PutItem", "p/a1".to_owned(), ""),
        ("Query", "p/a".to_owned(), "second"),
        ("UpdateItem", "p/a1".to_owned(), "second"),
        ("TransactWriteItems", "p/b p/c".to_owned(), "second"),
    ];
    assert_eq!(told, wanted);
    assert_eq!(calls[0].outcome, Outcome::Ok);
    let refused = Outcome::Error("ConditionalCheckFailedException".to_owned());
    assert_eq!(calls[2].outcome, refused);
    assert_eq!(gate.ledger().labelled("second").all(), 3);
    assert_eq!(gate.ledger().labelled("second").of("Query"), 1);
    assert_eq!(gate.ledger().totals().all(), 4);
}

#[tokio::test(start_paused = true)]
async fn calls_are_found_by_their_time() {
    let gate = gate().await;
    let client = once(&gate);
    put(&client, "a", 100).await;
    crate::clock::pause(1000).await;
    put(&client, "b", 100).await;
    put(&client, "c", 100).await;
    assert_eq!(gate.ledger().between(0, 1000).all(), 1);
    assert_eq!(gate.ledger().between(1000, 1001).all(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_to_come_can_be_waited_for() {
    let gate = gate().await;
    let client = once(&gate);
    let later = async {
        crate::clock::pause(1000).await;
        put(&client, "b", 100).await
    };
    let wanted = |call: &crate::bridge::Call| call.passing.keys == ["p/b"];
    let (found, _) = tokio::join!(gate.ledger().wait_for(wanted, 2000), later);
    assert_eq!(found.unwrap().at_ms, 1000);
    assert!(gate.ledger().wait_for(|call| call.at_ms > 5000, 100).await.is_none());
}

#[tokio::test]
async fn sums_alone_can_be_kept() {
    let gate = gate().await;
    gate.ledger().totals_only();
    put(&once(&gate), "a", 100).await;
    assert!(gate.ledger().calls().is_empty());
    assert_eq!(gate.ledger().totals().units, wru(1.0));
}

#[tokio::test]
async fn the_bridge_serves_and_counts_over_http() {
    let bridge = Bridge::start(Engine::memory().unwrap()).await.unwrap();
    let variables = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "any"),
        ("AWS_SECRET_ACCESS_KEY", "any"),
    ];
    let env = Env::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let client = aws::client(&Role::CHECKER, &env, Some(&bridge.url())).unwrap();
    create_table(&client).await;
    assert!(put(&client, "a", 3000).await);
    let client_behind = bridge.gate().engine().client(Execution::Inline);
    get(&client_behind, "a", true).await;
    let totals = bridge.gate().ledger().totals();
    assert_eq!((totals.of("CreateTable"), totals.of("PutItem"), totals.all()), (1, 1, 2));
    assert_eq!(totals.units, wru(3.0));
}
