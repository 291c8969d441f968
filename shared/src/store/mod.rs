//! The only module that says DynamoDB. (Key schema and cost per access pattern belong here.)

mod alert;
mod beat;
mod call;
mod change;
mod commit;
mod days;
mod delivery_log;
mod ending;
mod feed;
mod headline;
mod history;
mod item;
mod keys;
mod lease;
mod log;
mod notice;
mod outbox;
mod record;
mod rows;
mod schema;
mod service;
mod sight;
#[cfg(test)]
mod tests;
mod tick;
mod told;
mod types;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;

use crate::clock::SharedClock;

pub use alert::alert_key;
pub use types::*;

/// The table. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    clock: SharedClock,
    shards: u32,
    /// How often jitter was drawn.
    draws: Arc<AtomicU64>,
    /// Records that the last sweep looked at: what a Query of all would cost.
    swept: Arc<AtomicUsize>,
    /// What this process last saw of `SYS/canary`.
    sight: Arc<Mutex<sight::Known>>,
}

impl Store {
    /// Opens the table: creates it if it is missing and may be created, writes `SYS/schema` if that
    /// is missing, reads the number of shards, refuses a newer schema. `client` brings its
    /// time-outs; trying again is the store's.
    pub async fn open(
        client: Client,
        table: &str,
        clock: SharedClock,
        if_missing: IfMissing,
    ) -> Result<Self, StoreError> {
        let once = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        let seed = clock.now().0 as u64;
        let mut store = Self {
            client: Client::from_conf(once),
            table: Arc::from(table),
            clock,
            shards: 0,
            draws: Arc::new(AtomicU64::new(seed)),
            swept: Arc::default(),
            sight: Arc::default(),
        };
        store.shards = store.prepare(if_missing).await?;
        Ok(store)
    }

    /// The next number of a sequence that depends only on when the store was opened, so that a
    /// simulated run can be repeated.
    fn jitter(&self) -> u64 {
        let drawn = self.draws.fetch_add(1, Ordering::Relaxed);
        keys::fnv1a(&drawn.to_le_bytes())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("table", &self.table)
            .field("shards", &self.shards)
            .finish_non_exhaustive()
    }
}
