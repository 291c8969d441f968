//! What things cost: operations, and the size of the record that each heartbeat writes.

use std::sync::{Arc, Mutex};

use flatline_domain::transition::Reason;
use flatline_domain::{Status, UnixMs};

use super::bench::{START, item, later, plain};
use super::database::Database;
use super::moves::{commit, read};
use super::tampering::{Reply, table, tampered};
use crate::store::item::Item;
use crate::store::{FeedEntry, LogEntry, Store, SweepFilter, TickMark, keys};

const DAY_MS: i64 = 86_400_000;

/// The operations that were sent.
#[derive(Clone, Default)]
pub struct Operations(Arc<Mutex<Vec<String>>>);

impl Operations {
    /// Those since the last time, in order.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A process whose requests are counted.
pub async fn counted(engine: &Database) -> (Store, Operations) {
    let operations = Operations::default();
    let seen = operations.clone();
    let store = tampered(engine, move |name, _| {
        seen.0.lock().unwrap().push(name.to_owned());
        Reply::Arrives
    })
    .await;
    operations.take();
    (store, operations)
}

#[tokio::test]
async fn each_access_costs_what_the_head_doc_says() {
    let (engine, _) = table().await;
    let (store, operations) = counted(&engine).await;
    store.beat(&plain("api", START)).await.unwrap();
    assert_eq!(operations.take(), ["UpdateItem"], "a plain heartbeat");
    store.beat(&plain("api", later(-1))).await.unwrap();
    assert_eq!(operations.take(), ["UpdateItem"], "an overtaken one");
    let heard = read(&store, "api").await;
    assert_eq!(operations.take(), ["GetItem"], "one record");
    commit(&store, &heard, Status::Up, Reason::FirstHeartbeat, START).await;
    assert_eq!(operations.take(), ["TransactWriteItems"], "no time passed before it was up");
    let up = read(&store, "api").await;
    commit(&store, &up, Status::Down, Reason::Silence, later(5_500)).await;
    assert_eq!(operations.take()[1..], ["TransactWriteItems"], "a silence");
    store.beat(&plain("api", later(9_000))).await.unwrap();
    let down = read(&store, "api").await;
    operations.take();
    commit(&store, &down, Status::Up, Reason::Recovered, later(9_000)).await;
    let recovery = ["GetItem", "Query", "GetItem", "TransactWriteItems"];
    assert_eq!(operations.take(), recovery, "a recovery reads the days and blind time");
    store.sweep(SweepFilter::Due { now: START, horizon: later(120_000) }).await.unwrap();
    assert_eq!(operations.take(), ["Query"; 4], "a sweep");
    store.start_tick(&TickMark { at: START, revision: 1 }).await.unwrap();
    assert_eq!(operations.take(), ["UpdateItem"], "a tick's mark");
    store.prove(START).await.unwrap();
    store.prove(START).await.unwrap();
    operations.take();
    store.prove(later(1_000)).await.unwrap();
    assert_eq!(operations.take(), ["UpdateItem"], "a proof without a hole");
    store.prove(later(9_000)).await.unwrap();
    assert_eq!(operations.take(), ["UpdateItem", "TransactWriteItems"], "a proof after a hole");
    store.all_days().await.unwrap();
    assert_eq!(operations.take(), ["Query"; 4], "all days");
    store.days("api").await.unwrap();
    assert_eq!(operations.take(), ["GetItem"; 2], "the days of one service");
    store.incidents("api", START).await.unwrap();
    assert_eq!(operations.take(), ["Query"], "its incidents");
    store.feed(START, START.plus_ms(2 * 86_400_000), 100).await.unwrap();
    assert_eq!(operations.take(), ["Query"; 3], "three days of the feed");
}

#[tokio::test]
async fn the_feed_asks_for_eight_days_at_once_once_today_is_not_enough() {
    let (engine, _) = table().await;
    let (store, operations) = counted(&engine).await;
    let now = START.plus_ms(30 * DAY_MS);
    let each_day: Vec<_> = (0..30).map(|day| entry(now.plus_ms(-day * DAY_MS))).collect();
    store.import_feed(&each_day, 60, now).await.unwrap();
    operations.take();
    for (limit, days, queries) in
        [(0, 9, 0), (1, 9, 1), (2, 9, 9), (9, 9, 9), (10, 9, 10), (99, 29, 30)]
    {
        let found = store.feed(now.plus_ms(-days * DAY_MS), now, limit).await.unwrap();
        let expected = limit.min(usize::try_from(days).unwrap() + 1);
        assert_eq!(found, each_day[..expected], "limit {limit}, {days} days");
        assert_eq!(operations.take().len(), queries, "limit {limit}, {days} days");
    }
}

fn entry(at: UnixMs) -> FeedEntry {
    FeedEntry {
        id: at.0.to_string(),
        at,
        title: "x".to_owned(),
        message: String::new(),
        severity: "info".to_owned(),
        source: "x".to_owned(),
        service_id: None,
        status: None,
        muted: false,
        ..FeedEntry::default()
    }
}

#[tokio::test]
async fn rows_that_wait_for_their_deletion_cost_one_more_query_however_many_they_are() {
    let (engine, _) = table().await;
    let (store, operations) = counted(&engine).await;
    let row = |at| LogEntry { at, source: "api".to_owned(), ..LogEntry::default() };
    for ms in 0..40 {
        store.write_log("api", &row(later(ms)), 0, 1).await.unwrap();
    }
    for ms in 40..43 {
        store.write_log("api", &row(later(ms)), 0, 9).await.unwrap();
    }
    operations.take();
    let now = later(2 * 86_400_000);
    assert_eq!(store.logs("api", now, 3).await.unwrap().len(), 3);
    assert_eq!(operations.take(), ["Query"], "the newest live");
    assert_eq!(store.logs("api", now, 5).await.unwrap().len(), 3);
    assert_eq!(operations.take(), ["Query"; 2], "the others have expired");
    let since = later(41);
    assert_eq!(store.logs_since("api", since, now, 3).await.unwrap().len(), 2);
    assert_eq!(operations.take(), ["Query"], "nothing older is looked at");
}

/// The size of an item by DynamoDB's rules
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>):
/// names and strings in bytes, numbers two digits per byte plus one, NULL one.
fn size_bytes(item: &Item) -> usize {
    use aws_sdk_dynamodb::types::AttributeValue;
    fn value_bytes(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            AttributeValue::L(values) => {
                3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<usize>()
            }
            _ => 1,
        }
    }
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

#[tokio::test]
async fn a_record_fits_well_into_one_write_unit() {
    let (engine, store) = table().await;
    let id = "x".repeat(30);
    for index in 0..20 {
        store.beat(&plain(&id, later(1_000 * index))).await.unwrap();
        let heard = read(&store, &id).await;
        let to = if index % 2 == 0 { Status::Degraded } else { Status::Up };
        commit(&store, &heard, to, Reason::Silence, later(1_000 * index)).await;
    }
    let stored = item(&engine, &keys::services(keys::shard(&id, 4)), &id).await.unwrap();
    let bytes = size_bytes(&stored);
    assert!((180..=220).contains(&bytes), "{bytes} bytes; `RECORD_BYTES` says 200");
}
