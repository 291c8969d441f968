//! Alerts of one key at once; what breaks without each condition.

use flatline_embedded::Execution;
use futures_util::FutureExt;

use super::super::database::Database;
use super::super::tampering::{Once, Reply, losing_answer, tampered};
use super::*;

const NEW: &str = "attribute_not_exists(PK)";
const UNCHANGED: &str = "v = :version AND attribute_not_exists(ca)";

/// Two processes have an alert of one key each at once: the second is stored between read and write
/// of the first.
async fn at_once(
    engine: &Database,
    store: &Store,
    alerts: (ExternalAlert, ExternalAlert),
    without: &'static str,
) -> StoredAlert {
    let (first, second) = alerts;
    let (once, other) = (Once::default(), store.clone());
    let racing = tampered(engine, move |operation, body| {
        if operation != "TransactWriteItems" {
            return Reply::Arrives;
        }
        if once.first() {
            let stored = other.store_alert(&second);
            stored.now_or_never().unwrap().unwrap();
        }
        let state = &mut body["TransactItems"][0]["Put"];
        if state["ConditionExpression"] == without {
            // Values that no condition uses are refused.
            state.as_object_mut().unwrap().remove("ExpressionAttributeValues");
            let without = if without == NEW { NEW } else { "attribute_exists(SK)" };
            let always = format!("{without} OR attribute_exists(PK)");
            state["ConditionExpression"] = always.into();
        }
        Reply::Arrives
    })
    .await;
    racing.store_alert(&first).await.unwrap()
}

fn firing(id: &str) -> ExternalAlert {
    alert(id, Firing, "critical", &["ops"])
}

#[tokio::test]
async fn without_new_two_first_alerts_both_open() {
    let both = || (firing("first"), firing("second"));
    let (engine, store) = table().await;
    let stored = at_once(&engine, &store, both(), "").await;
    assert_eq!(stored.step, AlertStep::Nothing, "the other one opened it");
    assert_eq!(versions(&store, "ops").await, [1]);
    assert_eq!(feed_ids(&store).await, ["second"]);
    let (engine, store) = table().await;
    let stored = at_once(&engine, &store, both(), NEW).await;
    assert_eq!(stored.step, AlertStep::Open, "it is opened twice");
    assert_eq!(versions(&store, "ops").await, [1], "I2 is broken: a row was overwritten");
    assert_eq!(feed_ids(&store).await.len(), 2);
}

#[tokio::test]
async fn without_unchanged_an_alert_that_is_over_stays_open() {
    let racing = || (alert("worse", Firing, "critical", &["ops"]), alert("end", Resolved, "", &[]));
    let story = async |without: &'static str| {
        let (engine, store) = table().await;
        store.store_alert(&alert("0", Firing, "warning", &["ops"])).await.unwrap();
        let stored = at_once(&engine, &store, racing(), without).await;
        (stored, versions(&store, "ops").await)
    };
    let (stored, told) = story("").await;
    assert_eq!(stored.step, AlertStep::Open, "it was over in between, and begins anew");
    assert_eq!(told, [1, 2, 3]);
    let (stored, told) = story(UNCHANGED).await;
    assert_eq!(stored.step, AlertStep::Again(AlertReason::Worse), "of what is over");
    assert_eq!(told, [1, 2], "I2 is broken: the row of the end was overwritten");
}

#[tokio::test]
async fn without_unchanged_an_expiry_is_written_into_a_newer_alert() {
    let story = async |relaxed: bool| {
        let (engine, store) = table().await;
        let mut first = firing("0");
        first.repeat_ms = None;
        store.store_alert(&first).await.unwrap();
        let (once, other) = (Once::default(), store.clone());
        let racing = tampered(&engine, move |operation, body| {
            if operation == "UpdateItem" && once.first() {
                let mut end = alert("end", Resolved, "critical", &[]);
                end.at = later(3 * DAY_MS);
                other.store_alert(&end).now_or_never().unwrap().unwrap();
                if relaxed {
                    body["ConditionExpression"] =
                        format!("{UNCHANGED} OR attribute_exists(PK)").into();
                }
            }
            Reply::Arrives
        })
        .await;
        let mut again = first.clone();
        (again.id, again.at) = ("1".to_owned(), later(2 * DAY_MS));
        racing.store_alert(&again).await.unwrap();
        let item = item(&engine, &shard(), KEY).await.unwrap();
        item["x"].as_n().unwrap().parse::<i64>().unwrap() - START.0 / 1_000
    };
    assert_eq!(story(false).await, 183 * 86_400 + 1, "that of the newest");
    assert_eq!(story(true).await, 182 * 86_400 + 1, "it would expire a day early");
}

#[tokio::test]
async fn an_alert_whose_answer_was_lost_is_told_once() {
    let (engine, store) = table().await;
    let unlucky = losing_answer(&engine, "TransactWriteItems").await;
    let told = unlucky.store_alert(&firing("1")).await.unwrap();
    assert_eq!(told.channels, ["ops"]);
    assert_eq!(versions(&store, "ops").await, [1]);
}

/// An alert without a key whose answer is lost while another of the same title comes in between.
#[tokio::test]
async fn without_the_condition_of_its_feed_entry_a_lost_answer_tells_it_twice() {
    let story = async |relaxed: bool| {
        let (engine, store) = table().await;
        let (once, again, other) = (Once::default(), Once::default(), store.clone());
        let keyless = |id: &str, content| {
            let mut alert = firing(id);
            alert.content = Some(content);
            alert
        };
        let between = keyless("2", 2);
        let racing = tampered(&engine, move |operation, body| {
            if operation != "TransactWriteItems" {
                return Reply::Arrives;
            }
            if relaxed {
                let entry = body["TransactItems"][1]["Put"].as_object_mut().unwrap();
                entry.remove("ConditionExpression");
            }
            if once.first() {
                return Reply::Lost;
            }
            if again.first() {
                other.store_alert(&between).now_or_never().unwrap().unwrap();
            }
            Reply::Arrives
        })
        .await;
        racing.store_alert(&keyless("1", 1)).await.unwrap();
        versions(&store, "ops").await
    };
    assert_eq!(story(false).await, [1, 2]);
    assert_eq!(story(true).await, [1, 2, 3], "I6 is broken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_alert_fifty_times_at_once_opens_one_and_is_told_once() {
    for processes in [1, 2, 4] {
        let engine = Database::fresh();
        let mut stores = Vec::new();
        for _ in 0..processes {
            stores.push(open(engine.client(Execution::Blocking)).await);
        }
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                let store = stores[n % processes].clone();
                let alert = firing(&format!("{n:02}"));
                tokio::spawn(async move { store.store_alert(&alert).await.unwrap().step })
            })
            .collect();
        let mut opened = 0;
        for task in tasks {
            opened += usize::from(task.await.unwrap() == AlertStep::Open);
        }
        assert_eq!(opened, 1, "{processes} processes");
        assert_eq!(versions(&stores[0], "ops").await, [1]);
        assert_eq!(feed_ids(&stores[0]).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_alerts_under_one_title_at_once_are_all_kept() {
    let engine = Database::fresh();
    let stores = [
        open(engine.client(Execution::Blocking)).await,
        open(engine.client(Execution::Blocking)).await,
    ];
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let store = stores[n % 2].clone();
            let mut alert = firing(&format!("{n:03}"));
            alert.content = Some(n as u64);
            tokio::spawn(async move { store.store_alert(&alert).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(versions(&stores[0], "ops").await, (1..=200).collect::<Vec<_>>());
    assert_eq!(feed_ids(&stores[0]).await.len(), 200);
}
