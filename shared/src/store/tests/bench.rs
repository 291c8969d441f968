//! What the tests stand on: an engine in memory, a clock that only moves when somebody sleeps.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use flatline_domain::{Status, UnixMs};
use flatline_embedded::Execution;

use super::database::Database;
use crate::clock::Clock;
use crate::store::item::{Item, key};
use crate::store::{Beat, IfMissing, Store};

/// The table of the tests.
const TABLE: &str = "flatline";

/// When the tests begin.
pub const START: UnixMs = UnixMs(1_795_000_000_000);

/// The window of the services of the tests, in ms.
pub const WINDOW_MS: i64 = 5_000;

/// `ms` after the start.
pub fn later(ms: i64) -> UnixMs {
    START.plus_ms(ms)
}

/// A heartbeat.
pub fn beat(id: &str, at: UnixMs, window_ms: i64, stated: Option<Status>) -> Beat<'_> {
    Beat { id, at, window_ms, stated }
}

/// A heartbeat that states nothing.
pub fn plain(id: &str, at: UnixMs) -> Beat<'_> {
    beat(id, at, WINDOW_MS, None)
}

/// A clock that moves when somebody sleeps.
#[derive(Debug)]
pub struct StillClock(AtomicI64);

impl StillClock {
    pub fn shared() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(START.0)))
    }
}

impl Clock for StillClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - START.0
    }

    fn sleep(&self, ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.fetch_add(ms, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// A client onto a fresh database.
pub fn client() -> Client {
    Database::fresh().client(Execution::Inline)
}

/// A store over `client`.
pub async fn open(client: Client) -> Store {
    Store::open(client, TABLE, StillClock::shared(), IfMissing::Create).await.unwrap()
}

/// Overwrites one attribute of an item with text.
pub async fn spoil(engine: &Database, pk: &str, sk: &str, name: &str, value: &str) {
    let client = engine.client(Execution::Inline);
    let mut item = item(engine, pk, sk).await.unwrap();
    item.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
    client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
}

/// One item as stored.
pub async fn item(engine: &Database, pk: &str, sk: &str) -> Option<Item> {
    let client = engine.client(Execution::Inline);
    let get = client.get_item().table_name(TABLE).set_key(Some(key(pk, sk)));
    get.send().await.unwrap().item
}

/// The first page of a partition.
pub async fn partition(engine: &Database, pk: &str) -> Vec<Item> {
    let client = engine.client(Execution::Inline);
    let query = client.query().table_name(TABLE).key_condition_expression("PK = :pk");
    let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
    query.send().await.unwrap().items.unwrap_or_default()
}
