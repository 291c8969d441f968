//! Logs, feed, history and incidents: what is written comes back, in order.

use flatline_domain::transition::Reason;
use flatline_domain::{Status, Transition, UnixMs};

use super::bench::START;
use super::tampering::{losing_answer, table, without_clause};
use crate::store::history::{history_item, incident_put};
use crate::store::{FeedEntry, FeedPlace, Incident, LogEntry, Store, feed};

const DAY_MS: i64 = 86_400_000;

fn said(at: UnixMs, message: &str) -> LogEntry {
    LogEntry {
        at,
        message: Some(message.to_owned()),
        source: "api".to_owned(),
        ..LogEntry::default()
    }
}

async fn messages(store: &Store, now: UnixMs, limit: usize) -> Vec<String> {
    let entries = store.logs("api", now, limit).await.unwrap();
    entries.into_iter().filter_map(|entry| entry.message).collect()
}

#[tokio::test]
async fn the_newest_log_rows_come_first_and_expired_ones_not_at_all() {
    let (_engine, store) = table().await;
    store.write_log("api", &said(START.plus_ms(-2 * DAY_MS), "old"), 0, 1).await.unwrap();
    store.write_log("api", &said(START, "first"), 0, 1).await.unwrap();
    store.write_log("api", &said(START, "second"), 0, 1).await.unwrap();
    store.write_log("api", &said(START.plus_ms(1), "third"), 0, 1).await.unwrap();
    store.write_log("other", &said(START, "elsewhere"), 0, 1).await.unwrap();
    assert_eq!(messages(&store, START, 10).await, ["third", "second", "first"]);
    assert_eq!(messages(&store, START, 2).await, ["third", "second"]);
    assert!(messages(&store, START, 0).await.is_empty());
}

#[tokio::test]
async fn a_log_row_whose_answer_was_lost_is_written_once() {
    let (engine, store) = table().await;
    let unlucky = losing_answer(&engine, "PutItem").await;
    unlucky.write_log("api", &said(START, "once"), 0, 1).await.unwrap();
    assert_eq!(messages(&store, START, 10).await, ["once"]);
}

#[tokio::test]
async fn without_unused_one_of_two_rows_of_a_millisecond_is_lost() {
    let (engine, store) = table().await;
    let broken = without_clause(&engine, "attribute_not_exists(PK)").await;
    broken.write_log("api", &said(START, "first"), 0, 1).await.unwrap();
    broken.write_log("api", &said(START, "second"), 0, 1).await.unwrap();
    assert_eq!(messages(&store, START, 10).await, ["second"], "what was acknowledged is gone");
}

fn entry(id: &str, at: UnixMs) -> FeedEntry {
    FeedEntry {
        id: id.to_owned(),
        at,
        title: "t".to_owned(),
        message: "m".to_owned(),
        severity: "info".to_owned(),
        source: "heartbeat-monitor".to_owned(),
        service_id: None,
        status: None,
        muted: false,
        ..FeedEntry::default()
    }
}

#[tokio::test]
async fn the_feed_is_read_backwards_over_its_days() {
    let (_engine, store) = table().await;
    let entries: Vec<_> =
        (0..4).map(|days| entry(&format!("e{days}"), START.plus_ms(-days * DAY_MS))).collect();
    for entry in &entries {
        store.transact(vec![store.put_write(feed::entry_item(entry, 7))]).await.unwrap();
    }
    let since = START.plus_ms(-3 * DAY_MS);
    for (since, now, limit, expected, sentence) in [
        (since, START, 10, &entries[..], "from `since` on, itself included"),
        (since.plus_ms(1), START, 10, &entries[..3], "nothing before `since`"),
        (since, START, 2, &entries[..2], "the newest, if there are too many"),
        (UnixMs(0), START, 10, &entries[..], "since ever costs no Query per day since 1970"),
        (
            since,
            START.plus_ms(5 * DAY_MS + 2_000),
            10,
            &entries[..2],
            "what has expired is left out",
        ),
    ] {
        assert_eq!(store.feed(since, now, limit).await.unwrap(), expected, "{sentence}");
    }
}

#[tokio::test]
async fn the_feed_is_read_on_from_a_place_whether_or_not_there_is_an_entry() {
    let (_engine, store) = table().await;
    // Three of one instant, as one request of another tool stores them, and one of the day before.
    let entries: Vec<_> = ["c", "b", "a"].map(|id| entry(id, START)).into();
    let before = entry("z", START.plus_ms(-DAY_MS));
    let all = [&entries[..], std::slice::from_ref(&before)].concat();
    for entry in &all {
        store.transact(vec![store.put_write(feed::entry_item(entry, 7))]).await.unwrap();
    }
    let place = |at, id: &str| FeedPlace { at, id: id.to_owned() };
    for (place, expected, sentence) in [
        (place(START, "c"), &all[1..], "what has the same instant follows"),
        (place(START, "a"), &all[3..], "the last of its day"),
        (place(START, "bb"), &all[1..], "between two"),
        (place(START, ""), &all[3..], "an instant alone comes after all of it"),
        (place(START.plus_ms(1), ""), &all[..], "nothing is there"),
        (place(UnixMs(i64::MAX), "x"), &all[..], "the future"),
        (place(UnixMs(i64::MIN), "x"), &[], "what is no longer kept"),
        (place(before.at.plus_ms(-1), "x"), &[], "before `since`"),
    ] {
        let found = store.feed_after(&place, before.at, START.plus_ms(5), 10).await.unwrap();
        assert_eq!(found, expected, "{sentence}");
    }
    let found = store.feed_after(&place(START, "c"), before.at, START, 2).await.unwrap();
    assert_eq!(found, all[1..3], "no more than asked for");
}

#[tokio::test]
async fn history_comes_back_oldest_first_and_a_broken_row_hides_no_other() {
    let (_engine, store) = table().await;
    let transition = |version, from, to| Transition {
        version,
        from,
        to,
        since: START,
        at: START.plus_ms(version as i64),
        decided_at: START.plus_ms(version as i64 + 5),
        reason: Reason::Silence,
    };
    let down = transition(9, Status::Up, Status::Down);
    let up = transition(10, Status::Down, Status::Up);
    let mut broken = history_item("api", &transition(8, Status::Down, Status::Up), None);
    broken.remove("at");
    let rows = [history_item("api", &up, None), history_item("api", &down, Some(START)), broken];
    for row in rows {
        store.transact(vec![store.put_write(row)]).await.unwrap();
    }
    assert_eq!(store.history("api").await.unwrap(), [down, up]);
}

#[tokio::test]
async fn history_since_an_instant_is_read_backwards_over_many_parts() {
    let (_engine, store) = table().await;
    let of = |version: u64| {
        let (from, to) = (Status::Up, Status::Down);
        let at = START.plus_ms(version as i64);
        Transition { version, from, to, since: at, at, decided_at: at, reason: Reason::Silence }
    };
    let all: Vec<_> = (1..=120).map(of).collect();
    for one in &all {
        let row = history_item("api", one, None);
        store.transact(vec![store.put_write(row)]).await.unwrap();
    }
    for (since, expected, sentence) in [
        (START.plus_ms(119), &all[119..], "what ended at that instant is before it"),
        (START.plus_ms(30), &all[30..], "more than are read first"),
        (UnixMs(0), &all[..], "all"),
        (START.plus_ms(120), &[], "nothing"),
    ] {
        assert_eq!(store.history_since("api", since).await.unwrap(), expected, "{sentence}");
    }
}

#[tokio::test]
async fn incidents_come_back_newest_first() {
    let (_engine, store) = table().await;
    let later = START.plus_ms(60_000);
    for start in [START, later] {
        let row = incident_put("api", start, Status::Down, "silence");
        store.transact(vec![store.put_write(row)]).await.unwrap();
    }
    let incident =
        |start| Incident { start, end: None, kind: Status::Down, reason: "silence".to_owned() };
    assert_eq!(store.incidents("api", START).await.unwrap(), [incident(later), incident(START)]);
    assert_eq!(store.incidents("api", START.plus_ms(1)).await.unwrap(), [incident(later)]);
}
