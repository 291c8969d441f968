//! External alerts: what is stored and queued, and what becomes of repetitions.

mod broken;
mod order;
mod races;

use flatline_domain::AlertPhase::{self, Firing, Resolved};
use flatline_domain::alert::AlertReason;
use flatline_domain::{AlertStep, Event, Status};

use super::bench::{START, item, later, open};
use super::tampering::table;
use crate::store::{ExternalAlert, FeedEntry, Lane, Store, StoredAlert, keys};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// An alert that comes when the tests begin, and is told again each hour.
fn alert(id: &str, phase: AlertPhase, severity: &str, channels: &[&str]) -> ExternalAlert {
    ExternalAlert {
        key: KEY.to_owned(),
        id: id.to_owned(),
        at: START,
        began_at: START,
        is_status_implied: true,
        phase,
        severity: severity.to_owned(),
        source: "custom".to_owned(),
        title: "High load".to_owned(),
        message: "m".to_owned(),
        channels: channels.iter().map(|&name| name.to_owned()).collect(),
        repeat_ms: Some(HOUR_MS),
        feed_days: 7,
        ..ExternalAlert::default()
    }
}

async fn versions(store: &Store, channel: &str) -> Vec<u64> {
    let rows = store.queued(channel).await.unwrap();
    rows.iter().map(|row| row.delivery.queued.version).collect()
}

/// The partition of the tests' key.
fn shard() -> String {
    keys::alerts(keys::shard(KEY, 4))
}

async fn feed(store: &Store) -> Vec<FeedEntry> {
    store.feed(START, later(2 * DAY_MS), 1_000).await.unwrap()
}

async fn feed_ids(store: &Store) -> Vec<String> {
    feed(store).await.into_iter().map(|entry| entry.id).collect()
}

#[tokio::test]
async fn an_alert_is_stored_shown_and_queued_as_one() {
    let (_engine, store) = table().await;
    let mut first = alert("1", Firing, "critical", &["ops", "pager"]);
    first.began_at = later(-60_000);
    first.undelivered = vec!["Channel 'x' is disabled".to_owned()];
    first.sender = Some("grafana".to_owned());
    let stored = store.store_alert(&first).await.unwrap();
    assert_eq!(stored.channels, ["ops", "pager"]);
    let row = store.queued("ops").await.unwrap().remove(0);
    assert_eq!(row.delivery.lane, Lane::Alert(KEY.to_owned()));
    assert_eq!(
        (row.delivery.queued.event, row.delivery.queued.status),
        (Event::Alert, Status::Down)
    );
    let notice = &row.delivery.notice;
    assert_eq!((notice.previous, notice.phase), (Status::Unknown, Some(Firing)));
    let entry = feed(&store).await.remove(0);
    assert_eq!(entry.status.as_deref(), Some("firing"));
    assert_eq!((entry.undelivered, entry.sender), (first.undelivered, first.sender));

    let mut end = alert("2", Resolved, "critical", &[]);
    end.at = later(5_000);
    store.store_alert(&end).await.unwrap();
    let row = store.queued("ops").await.unwrap().remove(1);
    let notice = row.delivery.notice;
    assert_eq!((row.delivery.queued.version, row.delivery.queued.status), (2, Status::Up));
    assert_eq!((notice.previous, notice.phase), (Status::Down, Some(Resolved)));
    assert_eq!(notice.since, later(-60_000), "it lasted since its sender saw it");
    assert_eq!(feed(&store).await[0].status.as_deref(), Some("resolved"));
}

#[tokio::test]
async fn the_end_of_an_alert_is_told_to_exactly_those_who_were_told_of_it() {
    let (_engine, store) = table().await;
    for (id, phase, severity, asked, expected, sentence) in [
        ("1", Resolved, "error", &["ops"][..], &["ops"][..], "never heard of: it is news"),
        ("2", Firing, "warning", &["ops"], &["ops"], "an alert opens"),
        ("22", Firing, "warning", &["ops"], &[], "the same again tells nobody"),
        ("3", Firing, "warning", &["ops", "chat"], &["chat"], "but who has not heard of it"),
        ("4", Firing, "error", &["pager"], &["pager"], "it gets worse, somebody else hears of it"),
        ("5", Resolved, "error", &[], &["chat", "ops", "pager"], "all hear that it is over"),
        ("6", Resolved, "error", &["chat"], &[], "and only once"),
        ("7", Firing, "error", &[], &[], "it opens again, and nobody hears of it"),
        ("8", Resolved, "error", &["chat"], &[], "so nobody hears that it is over"),
        ("9", Firing, "info", &["chat"], &["chat"], "a notice"),
        ("10", Resolved, "info", &[], &["chat"], "ends, too"),
        ("11", Firing, "critical", &["ops"], &["ops"], "trouble"),
        ("12", Firing, "info", &["chat"], &["ops"], "that good news end"),
        ("13", Firing, "ok", &["chat"], &["chat"], "and good news of nothing are a notice"),
    ] {
        let told = store.store_alert(&alert(id, phase, severity, asked)).await.unwrap();
        assert_eq!(told.channels, expected, "{sentence}");
    }
    let mut shown = feed_ids(&store).await;
    shown.sort_by_key(|id| id.parse::<u32>().unwrap());
    assert_eq!(shown, ["1", "2", "3", "4", "5", "7", "8", "9", "10", "11", "12", "13"]);
}

#[tokio::test]
async fn what_still_fires_is_told_again_in_time_and_no_repetition_makes_it_later() {
    let (_engine, store) = table().await;
    for (id, after_ms, expected) in [
        ("1", 0, AlertStep::Open),
        ("2", HOUR_MS / 2, AlertStep::Nothing),
        ("3", HOUR_MS - 1, AlertStep::Nothing),
        ("4", HOUR_MS, AlertStep::Again(AlertReason::Due)),
        ("5", HOUR_MS + 1, AlertStep::Nothing),
        ("6", 2 * HOUR_MS, AlertStep::Again(AlertReason::Due)),
    ] {
        let mut again = alert(id, Firing, "error", &["ops"]);
        again.at = later(after_ms);
        assert_eq!(store.store_alert(&again).await.unwrap().step, expected, "{id}");
    }
    let rows = store.queued("ops").await.unwrap();
    let last = &rows[2].delivery.notice;
    assert_eq!((last.previous, last.since), (Status::Down, START), "it has fired since the first");
    let mut end = alert("7", Resolved, "error", &[]);
    end.at = later(3 * HOUR_MS);
    store.store_alert(&end).await.unwrap();
    let rows = store.queued("ops").await.unwrap();
    assert_eq!(rows[3].delivery.notice.since, START, "and lasted from there");
}

#[tokio::test]
async fn an_alert_that_goes_on_firing_never_expires_and_repetitions_cost_one_read() {
    let (engine, store) = table().await;
    let mut counted = alert("0", Firing, "error", &[]);
    counted.repeat_ms = None;
    store.store_alert(&counted).await.unwrap();
    let expires = async || {
        let item = item(&engine, &shard(), KEY).await.unwrap();
        item["x"].as_n().unwrap().parse::<i64>().unwrap()
    };
    let first = expires().await;
    for (after_ms, later_s, sentence) in [
        (DAY_MS / 2, 0, "within a day nothing is written"),
        (DAY_MS, 0, "the expiry is rounded up"),
        (DAY_MS + 1_000, 86_401, "then it is kept for longer"),
        (300 * DAY_MS, 300 * 86_400, "however long it fires"),
    ] {
        counted.id = after_ms.to_string();
        counted.at = later(after_ms);
        store.store_alert(&counted).await.unwrap();
        assert_eq!(expires().await - first, later_s, "{sentence}");
    }
    assert_eq!(feed(&store).await.len(), 1);
}

#[tokio::test]
async fn alerts_without_a_key_are_told_again_when_they_say_something_else() {
    let (_engine, store) = table().await;
    for (id, content, expected) in [
        ("1", 7, AlertStep::Open),
        ("2", 7, AlertStep::Nothing),
        ("3", 8, AlertStep::Again(AlertReason::OtherContent)),
        ("4", 8, AlertStep::Nothing),
    ] {
        let mut said = alert(id, Firing, "error", &["ops"]);
        said.content = Some(content);
        assert_eq!(store.store_alert(&said).await.unwrap().step, expected, "{id}");
    }
    assert_eq!(versions(&store, "ops").await, [1, 2]);
}
