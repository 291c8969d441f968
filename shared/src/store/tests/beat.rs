//! Heartbeats: what is stored is what `ServiceRecord::after_beat` says.

use flatline_domain::{Gap, Status, UnixMs};

use super::bench::{START, beat, later, plain, spoil};
use super::tampering::table;
use crate::store::StoreError;

#[tokio::test]
async fn the_stored_record_is_what_the_domain_says() {
    let (_, store) = table().await;
    for index in 0..10 {
        let stated = [None, Some(Status::Down), Some(Status::Degraded)][index as usize % 3];
        let at = later(1_000 * index);
        let outcome = store.beat(&beat("api", at, 5_000 + index, stated)).await.unwrap();
        if let Some(before) = &outcome.before {
            let expected = before.after_beat(at, stated.unwrap_or(Status::Up), 5_000 + index);
            assert_eq!(outcome.after, expected);
        }
        assert_eq!(store.service("api").await.unwrap(), Some(outcome.after));
    }
}

#[tokio::test]
async fn the_first_heartbeat_makes_a_whole_record() {
    let (_, store) = table().await;
    let outcome = store.beat(&plain("new", START)).await.unwrap();
    assert_eq!(outcome.before, None);
    assert_eq!(outcome.after.status, Status::Unknown);
    assert_eq!(outcome.after.configured_at, START);
    assert_eq!(outcome.after.wake, UnixMs::NEVER);
    assert_eq!(store.service("new").await.unwrap(), Some(outcome.after));
}

#[tokio::test]
async fn an_overtaken_heartbeat_changes_at_most_what_is_reported() {
    let (_, store) = table().await;
    let newest = store.beat(&plain("api", later(2_000))).await.unwrap().after;
    let late = store.beat(&plain("api", START)).await.unwrap();
    assert_eq!(late.after, newest, "a plain one changes nothing");
    assert_eq!(store.service("api").await.unwrap().unwrap(), newest);
    let late = store.beat(&beat("api", START, 5_000, Some(Status::Down))).await.unwrap();
    let stored = store.service("api").await.unwrap().unwrap();
    assert_eq!(late.after, stored);
    assert_eq!((stored.last_beat, stored.reported), (newest.last_beat, Status::Down));
}

#[tokio::test]
async fn a_repaired_clock_may_go_back_by_more_than_a_minute() {
    let (_, store) = table().await;
    store.beat(&plain("api", later(60_001))).await.unwrap();
    store.beat(&plain("api", START)).await.unwrap();
    assert_eq!(store.service("api").await.unwrap().unwrap().last_beat, Some(START));
    store.beat(&plain("api", later(60_000))).await.unwrap();
    store.beat(&plain("api", START)).await.unwrap();
    assert_eq!(store.service("api").await.unwrap().unwrap().last_beat, Some(later(60_000)));
}

#[tokio::test]
async fn the_first_gap_stays_until_it_is_judged() {
    let (_, store) = table().await;
    store.beat(&plain("api", START)).await.unwrap();
    let first = Gap { from: START, to: later(9_000) };
    store.note_gap("api", first).await.unwrap();
    store.note_gap("api", Gap { from: later(20_000), to: later(40_000) }).await.unwrap();
    let stored = store.service("api").await.unwrap().unwrap();
    assert_eq!(stored.gap, Some(first));
    store.clear_gap(&stored).await.unwrap();
    assert_eq!(store.service("api").await.unwrap().unwrap().gap, None);
}

#[tokio::test]
async fn a_broken_record_is_an_error_that_names_it() {
    let (engine, store) = table().await;
    store.beat(&plain("api", START)).await.unwrap();
    spoil(&engine, "S#3", "api", "st", "sideways").await;
    let answer = store.beat(&plain("api", later(1))).await;
    assert!(matches!(answer, Err(StoreError::Broken { .. })), "{answer:?}");
}
