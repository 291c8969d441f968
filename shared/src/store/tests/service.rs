//! Sweeps and looks.

use std::collections::BTreeSet;

use flatline_domain::transition::Reason;
use flatline_domain::{Gap, ServiceRecord, ServiceSpec, Status, UnixMs};

use super::bench::{START, beat, later, plain, spoil};
use super::database::Database;
use super::moves::{commit, next, quiet, read, spec};
use super::tampering::{Reply, table, tampered};
use crate::store::{Commit, Store, SweepFilter, Swept, keys};

fn ids(swept: &Swept) -> BTreeSet<&str> {
    swept.records.iter().map(|record| record.id.as_str()).collect()
}

async fn up(store: &Store, id: &str, window_ms: i64) -> ServiceRecord {
    let heard = store.beat(&beat(id, START, window_ms, None)).await.unwrap().after;
    commit(store, &heard, Status::Up, Reason::FirstHeartbeat, START).await;
    read(store, id).await
}

const DAY_MS: i64 = 86_400_000;

/// One service for each clause of the filter. What is due is named `due ...`.
async fn one_of_each(store: &Store) {
    up(store, "well", DAY_MS).await;
    up(store, "due deadline", 100_000).await;
    store.beat(&beat("due unknown", START, DAY_MS, None)).await.unwrap();
    let record = up(store, "due wake", DAY_MS).await;
    let down = [next(&record, Status::Degraded, Reason::Reported, START)];
    store.commit(&quiet(&record, &down)).await.unwrap();
    let record = read(store, "due wake").await;
    let recovered = [next(&record, Status::Up, Reason::Recovered, START)];
    store.commit(&Commit { wake: later(100_000), ..quiet(&record, &recovered) }).await.unwrap();
    let record = up(store, "due degraded", DAY_MS).await;
    commit(store, &record, Status::Degraded, Reason::Reported, START).await;
    store.beat(&beat("due degraded", START, DAY_MS, Some(Status::Degraded))).await.unwrap();
    up(store, "due reported", DAY_MS).await;
    store.beat(&beat("due reported", START, DAY_MS, Some(Status::Down))).await.unwrap();
    up(store, "due gap", DAY_MS).await;
    store.note_gap("due gap", Gap { from: START, to: later(1) }).await.unwrap();
    for (id, out, reason) in
        [("paused", Status::Paused, Reason::Paused), ("closed", Status::Closed, Reason::Removed)]
    {
        let record = up(store, id, 1_000).await;
        commit(store, &record, out, reason, START).await;
    }
    // Its window is shorter than the time left, and a heartbeat just moved its deadline far away: it
    // may fall due within this tick all the same.
    up(store, "due window", 50_000).await;
}

#[tokio::test]
async fn a_sweep_finds_what_needs_a_look_and_nothing_else() {
    let (_, store) = table().await;
    one_of_each(&store).await;
    let due = SweepFilter::Due { now: START, horizon: later(120_000) };
    let swept = store.sweep(due).await.unwrap();
    let expected: BTreeSet<String> = [
        "due deadline",
        "due unknown",
        "due wake",
        "due degraded",
        "due reported",
        "due gap",
        "due window",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(ids(&swept), expected.iter().map(String::as_str).collect());
    let all = store.sweep(SweepFilter::All).await.unwrap();
    assert_eq!(all.records.len(), 10, "everything includes paused and closed");
}

#[tokio::test]
async fn every_clause_of_the_filter_finds_a_service_that_no_other_finds() {
    for (clause, lost) in [
        ("dl < :horizon", "due deadline"),
        ("wk < :horizon", "due wake"),
        ("st <> :up", "due degraded"),
        ("rp <> st", "due reported"),
        ("attribute_exists(g)", "due gap"),
        ("w < :left", "due window"),
    ] {
        let (engine, store) = table().await;
        one_of_each(&store).await;
        let blind = without_filter_clause(&engine, clause).await;
        // Late in the tick the horizon is near: `due window` is found by its window alone.
        let (now, horizon) = match clause {
            "w < :left" => (START, later(50_000)),
            "dl < :horizon" => (later(110_000), later(120_000)),
            _ => (START, later(120_000)),
        };
        let due = SweepFilter::Due { now, horizon };
        assert!(ids(&store.sweep(due).await.unwrap()).contains(lost) || clause == "w < :left");
        assert!(!ids(&blind.sweep(due).await.unwrap()).contains(lost), "{clause}");
    }
}

/// A process whose sweeps know nothing of `clause`.
async fn without_filter_clause(engine: &Database, clause: &'static str) -> Store {
    tampered(engine, move |_, body| {
        if let Some(filter) = body["FilterExpression"].as_str() {
            let never = format!("({clause} AND attribute_not_exists(st))");
            assert!(filter.contains(clause));
            body["FilterExpression"] = filter.replace(clause, &never).into();
        }
        Reply::Arrives
    })
    .await
}

#[tokio::test]
async fn one_broken_record_keeps_no_other_from_being_seen() {
    let (engine, store) = table().await;
    for id in ["a", "b", "c"] {
        store.beat(&plain(id, START)).await.unwrap();
    }
    let pk = keys::services(keys::shard("b", 4));
    spoil(&engine, &pk, "b", "ss", "yesterday").await;
    let wanted = ["a", "b", "c"].map(str::to_owned);
    let due = SweepFilter::Due { now: START, horizon: later(120_000) };
    for swept in [
        store.sweep(SweepFilter::All).await.unwrap(),
        store.sweep(due).await.unwrap(),
        store.services(&wanted).await.unwrap(),
    ] {
        assert_eq!(ids(&swept), BTreeSet::from(["a", "c"]));
        assert_eq!(swept.broken.len(), 1);
        assert_eq!(swept.broken[0].0, "b");
        assert!(swept.broken[0].1.contains("ss"), "{:?}", swept.broken);
    }
}

#[tokio::test]
async fn pages_are_followed_to_the_end() {
    let (engine, store) = table().await;
    let padding = "x".repeat(390_000);
    let together = (0..).map(|index| format!("service {index}"));
    for id in together.filter(|id| keys::shard(id, 4) == 2).take(6) {
        store.beat(&plain(&id, START)).await.unwrap();
        spoil(&engine, "S#2", &id, "padding", &padding).await;
    }
    let (store, operations) = super::cost::counted(&engine).await;
    assert_eq!(store.sweep(SweepFilter::All).await.unwrap().records.len(), 6);
    assert!(operations.take().len() > 4, "one page per shard would not show anything");
    let due = SweepFilter::Due { now: START, horizon: later(120_000) };
    assert_eq!(store.sweep(due).await.unwrap().records.len(), 6);
}

#[tokio::test]
async fn many_records_are_read_the_cheaper_way() {
    let (engine, store) = table().await;
    let all: Vec<String> = (0..250).map(|index| format!("service {index}")).collect();
    for id in &all {
        store.beat(&plain(id, START)).await.unwrap();
    }
    let (store, operations) = super::cost::counted(&engine).await;
    for (wanted, swept_before, expected, sentence) in [
        (&all[..], false, "BatchGetItem", "before the first sweep nothing is known of the price"),
        (&all[..3], true, "BatchGetItem", "few records are cheaper one by one"),
        (&all[..], true, "Query", "many records are cheaper as whole shards"),
    ] {
        if swept_before {
            store.sweep(SweepFilter::All).await.unwrap();
        }
        operations.take();
        let twice = [wanted, wanted].concat();
        let found = store.services(&twice).await.unwrap();
        assert_eq!(found.records.len(), wanted.len(), "{sentence}");
        let used = operations.take();
        assert!(used.iter().all(|name| name == expected), "{sentence}: {used:?}");
    }
    let missing = store.services(&["nobody".to_owned()]).await.unwrap();
    assert!(missing.records.is_empty() && missing.broken.is_empty());
}

#[tokio::test]
async fn keys_that_were_not_processed_are_asked_for_again() {
    let (engine, store) = table().await;
    let wanted: Vec<String> = (0..5).map(|index| format!("service {index}")).collect();
    for id in &wanted {
        store.beat(&plain(id, START)).await.unwrap();
    }
    let hasty = super::tampering::leaving_keys(&engine).await;
    assert_eq!(hasty.services(&wanted).await.unwrap().records.len(), 5);
}

#[tokio::test]
async fn a_new_service_waits_for_its_first_heartbeat() {
    let (_, store) = table().await;
    let spec = ServiceSpec { first_window_ms: Some(3_600_000), ..spec("api") };
    store.create_service(&spec, START).await.unwrap();
    let created = read(&store, "api").await;
    assert_eq!(created, ServiceRecord::new(&spec, START));
    store.create_service(&spec, later(9_000)).await.unwrap();
    assert_eq!(read(&store, "api").await, created, "creating twice changes nothing");
    let heard = store.beat(&plain("first", START)).await.unwrap().after;
    store.create_service(&super::moves::spec("first"), later(9_000)).await.unwrap();
    assert_eq!(read(&store, "first").await, heard, "a heartbeat may come first");
}

#[tokio::test]
async fn a_new_window_moves_the_deadline() {
    let (_, store) = table().await;
    let heard = up(&store, "api", 5_000).await;
    let spec = ServiceSpec { window_ms: 60_000, ..spec("api") };
    store.set_window(&heard, &spec).await.unwrap();
    let expected = ServiceRecord { window_ms: 60_000, deadline: later(60_000), ..heard };
    assert_eq!(read(&store, "api").await, expected);
}

#[tokio::test]
async fn a_repaired_clock_takes_what_lies_ahead_back_to_now() {
    let (_, store) = table().await;
    let ahead = up(&store, "api", 5_000).await;
    let now = UnixMs(START.0 - DAY_MS);
    let repaired = ahead.repaired(&spec("api"), now).unwrap();
    store.repair(&ahead, &repaired).await.unwrap();
    assert_eq!(read(&store, "api").await, repaired);
}
