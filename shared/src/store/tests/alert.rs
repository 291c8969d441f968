//! External alerts; what breaks without each condition.

use flatline_domain::{Event, Status};
use flatline_embedded::{Engine, Execution};
use futures_util::FutureExt;

use super::bench::{START, open};
use super::outbox::notice;
use super::tampering::{Once, Reply, losing_answer, table, tampered};
use crate::store::{ExternalAlert, FeedEntry, Lane, Store};

fn alert(id: &str, status: Status, channels: &[&str]) -> ExternalAlert {
    let feed = FeedEntry {
        id: id.to_owned(),
        at: START,
        title: "High load".to_owned(),
        message: "m".to_owned(),
        severity: "critical".to_owned(),
        source: "custom".to_owned(),
        service_id: None,
        status: None,
        muted: false,
    };
    let channels = channels.iter().map(|&name| name.to_owned()).collect();
    let key = "0123456789abcdef0123456789abcdef".to_owned();
    ExternalAlert { key, feed, feed_days: 7, notice: notice(status), channels }
}

async fn versions(store: &Store, channel: &str) -> Vec<u64> {
    let rows = store.queued(channel).await.unwrap();
    rows.iter().map(|row| row.delivery.queued.version).collect()
}

async fn feed_ids(store: &Store) -> Vec<String> {
    let feed = store.feed(START, START, 100).await.unwrap();
    feed.into_iter().map(|entry| entry.id).collect()
}

#[tokio::test]
async fn an_alert_is_stored_shown_and_queued_as_one() {
    let (_engine, store) = table().await;
    let mut first = alert("1", Status::Down, &["ops", "pager"]);
    let told = store.store_alert(&first).await.unwrap();
    assert_eq!(told, ["ops", "pager"]);
    let row = store.queued("ops").await.unwrap().remove(0);
    assert_eq!(row.delivery.lane, Lane::Alert(first.key.clone()));
    assert_eq!(row.delivery.queued.event, Event::Alert);
    assert_eq!(row.delivery.notice.previous, Status::Unknown);
    assert_eq!(feed_ids(&store).await, ["1"]);
    first.feed.id = "2".to_owned();
    first.feed.at = START.plus_ms(5_000);
    first.notice.status = Status::Up;
    store.store_alert(&first).await.unwrap();
    let row = store.queued("ops").await.unwrap().remove(1);
    assert_eq!(row.delivery.queued.version, 2);
    assert_eq!((row.delivery.notice.previous, row.delivery.notice.since), (Status::Down, START));
}

#[tokio::test]
async fn the_end_of_an_alert_is_told_to_exactly_those_who_were_told_of_it() {
    let (_engine, store) = table().await;
    for (id, status, asked, expected, sentence) in [
        (
            "1",
            Status::Up,
            &["ops"][..],
            &["ops"][..],
            "nothing was open: those that were asked for",
        ),
        ("2", Status::Degraded, &["ops"], &["ops"], "an alert opens"),
        ("3", Status::Down, &["pager"], &["pager"], "it gets worse, somebody else hears of it"),
        ("4", Status::Up, &["chat"], &["ops", "pager"], "both hear that it is over"),
        ("5", Status::Up, &["chat"], &["chat"], "and only once"),
        ("6", Status::Down, &[], &[], "nobody hears of it"),
        ("7", Status::Up, &["chat"], &[], "so nobody hears that it is over"),
    ] {
        let told = store.store_alert(&alert(id, status, asked)).await.unwrap();
        assert_eq!(told, expected, "{sentence}");
    }
    assert_eq!(feed_ids(&store).await.len(), 7, "each is shown");
}

/// Two alerts of one key at once: the second is stored between read and write of the first.
async fn at_once(engine: &Engine, store: &Store, without: &'static str) {
    let (once, other) = (Once::default(), store.clone());
    let racing = tampered(engine, move |operation, body| {
        if operation != "TransactWriteItems" {
            return Reply::Arrives;
        }
        if once.first() {
            let second = alert("second", Status::Down, &["ops"]);
            let stored = other.store_alert(&second);
            stored.now_or_never().unwrap().unwrap();
        }
        let state = &mut body["TransactItems"][0]["Put"];
        if state["ConditionExpression"] == without {
            let always = format!("{without} OR attribute_exists(PK)");
            state["ConditionExpression"] = always.into();
        }
        Reply::Arrives
    })
    .await;
    racing.store_alert(&alert("first", Status::Down, &["ops"])).await.unwrap();
}

#[tokio::test]
async fn without_new_one_of_two_first_alerts_is_never_told() {
    let (engine, store) = table().await;
    at_once(&engine, &store, "").await;
    assert_eq!(versions(&store, "ops").await, [1, 2]);
    let (engine, store) = table().await;
    at_once(&engine, &store, "attribute_not_exists(PK)").await;
    assert_eq!(versions(&store, "ops").await, [1], "I2 is broken: a row was overwritten");
}

#[tokio::test]
async fn without_unchanged_one_of_two_later_alerts_is_never_told() {
    let (engine, store) = table().await;
    store.store_alert(&alert("0", Status::Down, &["ops"])).await.unwrap();
    at_once(&engine, &store, "").await;
    assert_eq!(versions(&store, "ops").await, [1, 2, 3]);
    let (engine, store) = table().await;
    store.store_alert(&alert("0", Status::Down, &["ops"])).await.unwrap();
    at_once(&engine, &store, "v = :version").await;
    assert_eq!(versions(&store, "ops").await, [1, 2], "I2 is broken: a row was overwritten");
}

#[tokio::test]
async fn an_alert_whose_answer_was_lost_is_told_once() {
    let (engine, store) = table().await;
    let unlucky = losing_answer(&engine, "TransactWriteItems").await;
    let told = unlucky.store_alert(&alert("1", Status::Down, &["ops"])).await.unwrap();
    assert_eq!(told, ["ops"]);
    assert_eq!(versions(&store, "ops").await, [1]);
}

#[tokio::test]
async fn without_the_condition_of_its_feed_entry_a_lost_answer_tells_it_twice() {
    let (engine, store) = table().await;
    let once = Once::default();
    let broken = tampered(&engine, move |operation, body| {
        if operation != "TransactWriteItems" {
            return Reply::Arrives;
        }
        body["TransactItems"][1]["Put"].as_object_mut().unwrap().remove("ConditionExpression");
        if once.first() { Reply::Lost } else { Reply::Arrives }
    })
    .await;
    broken.store_alert(&alert("1", Status::Down, &["ops"])).await.unwrap();
    assert_eq!(versions(&store, "ops").await, [1, 2], "I6 is broken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_alerts_at_once_are_all_kept() {
    let engine = Engine::memory().unwrap();
    let store = open(engine.client(Execution::Blocking)).await;
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let (store, alert) = (store.clone(), alert(&format!("{n:02}"), Status::Down, &["ops"]));
            tokio::spawn(async move { store.store_alert(&alert).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(versions(&store, "ops").await, (1..=20).collect::<Vec<_>>());
    assert_eq!(feed_ids(&store).await.len(), 20);
}
