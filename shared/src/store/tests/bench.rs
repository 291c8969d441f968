//! What the tests stand on: an engine in memory, a clock that only moves when somebody sleeps.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use flatline_domain::{Status, UnixMs};
use flatline_embedded::{Engine, Execution};

use crate::clock::Clock;
use crate::store::item::Item;
use crate::store::{Beat, IfMissing, Store, keys};

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
    Engine::memory().unwrap().client(Execution::Inline)
}

/// A store over `client`.
pub async fn open(client: Client) -> Store {
    Store::open(client, "flatline", StillClock::shared(), IfMissing::Create).await.unwrap()
}

/// The database behind a store, for looking at it and spoiling it.
pub struct Bench {
    pub engine: Engine,
    pub client: Client,
}

/// A fresh table.
pub async fn table() -> (Bench, Store) {
    let engine = Engine::memory().unwrap();
    let client = engine.client(Execution::Inline);
    let store = open(client.clone()).await;
    (Bench { engine, client }, store)
}

impl Bench {
    /// Overwrites one attribute of a service's record.
    pub async fn spoil(&self, id: &str, name: &str, value: AttributeValue) {
        let pk = keys::services(keys::shard(id, 4));
        let mut item = self.item(&pk, id).await.unwrap();
        item.insert(name.to_owned(), value);
        let put = self.client.put_item().table_name("flatline").set_item(Some(item));
        put.send().await.unwrap();
    }

    /// One item as stored.
    pub async fn item(&self, pk: &str, sk: &str) -> Option<Item> {
        let get = self.client.get_item().table_name("flatline");
        get.set_key(Some(crate::store::item::key(pk, sk))).send().await.unwrap().item
    }

    /// Every item of a partition.
    pub async fn partition(&self, pk: &str) -> Vec<Item> {
        let query = self.client.query().table_name("flatline").key_condition_expression("PK = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        query.send().await.unwrap().items.unwrap_or_default()
    }
}
