//! The only module that says DynamoDB.
//!
//! One table, `PK` and `SK` strings, time to live in `x`. S, the number of shards, is fixed when the
//! table is made; a service's shard is FNV-1a(id) mod S. Attribute names are short and known only
//! here: those of the hot record stand in `record.rs`, the others beside the code that writes them.
//!
//! | item | PK | SK | written by |
//! |---|---|---|---|
//! | service record | `S#<shard>` | `<service id>` | `beat`, `commit`, `service` |
//! | days | `D#<shard>` | `<service id>` | `commit`, with the record |
//! | imported days | `D#<shard>` | `<service id>#im` | `days` |
//! | history | `H#<service id>` | `<version>` | `commit`; all but the newest expire |
//! | incident | `I#<service id>` | `<start>` | `commit`; expires once closed |
//! | heartbeat log | `L#<service id>` | `<time>#<n>` | `log` |
//! | external alert | `X#<shard>` | `<key>` | `alert` |
//! | feed | `A#<day>` | `<time>#<id>` | `commit`, `alert` |
//! | channel | `Q#<channel>` | `!` | `lease` |
//! | outbox | `Q#<channel>` | `<s or a>#<key>#<version>#<n>` | `commit`, `alert`; ended by `ending` |
//! | test | `Q#<channel>` | `t#<time>#<random>` | `replay`; ended by `ending` |
//! | copy | `Q#<fallback channel>` | `f#<channel>#<s or a>#<key>#<version>#<n>` | `ending`, `copy` |
//! | told | `T#<lane>` | `<channel>` | `ending` |
//! | copied trouble | `TF#<fallback channel>` | `f#<channel>#<s or a>#<key>#..` | `ending`, `copy`, until its end is copied |
//! | delivery log | `DL#<lane>` | `<time>#<channel>#<version>#<n>` | `ending`; a dead row in it `replay` |
//! | the same by day | `DD#<day>` | `<time>#<channel>#<key of a row>` | `ending`: all that ended together |
//! | system | `SYS` | `schema` `config` `tick` `canary` `hole#<end>#<start>` `quarantine` | `schema`, `tick`, `sight`, `quarantine` |
//!
//! What each access costs. A write unit (WRU) is 1 KB written, a failed condition costs as much, a
//! transaction twice that. A read unit (RRU) is 4 KB read consistently; "half" is an eventually
//! consistent read. A Query adds up bytes before it rounds; a filter does not lower it. A record is
//! about 200 bytes, 20 of them half a unit. `tests/cost.rs` counts the calls.
//!
//! | access | calls | units |
//! |---|---|---|
//! | [`Store::beat`], plain | 1 UpdateItem | 1 WRU |
//! | overtaken, but states something | 2 UpdateItem | 2 WRU |
//! | [`Store::remind`] | 1 TransactWriteItems | 2 WRU: the record, and 2 per row |
//! | [`Store::quarantined`], once per process | 1 GetItem | 1 RRU |
//! | [`Store::quarantine`], [`Store::end_quarantine`] | 1 UpdateItem | 1 WRU |
//! | [`Store::note_gap`], [`Store::clear_gap`] | 1 UpdateItem | 1 WRU |
//! | [`Store::commit`] | 1 TransactWriteItems; 2 GetItem and 1 Query if what ends was not up | 2 WRU per KB: record, history row and the one before, incident, feed row, each outbox row, days if read; 3 RRU |
//! | [`Store::service`] | 1 GetItem | 1 RRU |
//! | [`Store::services`] | 1 BatchGetItem per 100, or 1 Query per shard, whichever costs less | half an RRU per record, or per 4 KB of the shard |
//! | [`Store::sweep`] | S Query, and one per further MB | 0.025 RRU per service |
//! | [`Store::create_service`], [`Store::set_window`], [`Store::repair`] | 1 UpdateItem | 1 WRU |
//! | [`Store::all_days`], [`Store::sweep_days`] | S Query, and one per further MB | half an RRU per 4 KB |
//! | [`Store::days`] | 2 GetItem | 1 RRU per 4 KB each |
//! | [`Store::import_days`] | 1 GetItem, 1 PutItem | 1 RRU and 1 WRU per KB |
//! | [`Store::import_feed`] | 1 PutItem per entry | 1 WRU per KB |
//! | [`Store::prove`] | 1 UpdateItem | 1 WRU |
//! | with a hole | 1 UpdateItem that is refused, 1 TransactWriteItems | 5 WRU |
//! | [`Store::mark_blind`] | 1 UpdateItem | 1 WRU |
//! | [`Store::refine_sight`] | 1 GetItem; 1 UpdateItem if it changes something | 1 RRU, 1 WRU |
//! | [`Store::sight_log`], [`Store::config_state`] | 1 GetItem | 1 RRU |
//! | [`Store::holes_since`] | 1 Query | 1 RRU |
//! | [`Store::start_tick`], [`Store::apply_config`] | 1 UpdateItem | 1 WRU |
//! | [`Store::tick_mark`] | 1 GetItem | half an RRU |
//! | [`Store::write_log`] | 1 PutItem | 1 WRU per KB |
//! | [`Store::logs`], [`Store::deliveries`], [`Store::incidents`] | 1 Query; one more per MB of rows that wait for their deletion | half an RRU per 4 KB |
//! | [`Store::deliveries_of`] | 1 Query of at most 1,000 rows | half an RRU per 4 KB |
//! | [`Store::recent_deliveries`] | 1 Query per day back to `since`, at most 31, until there are enough; at most 1,000 items | half an RRU per 4 KB, at least 1 per 2 days |
//! | [`Store::find_delivery`] | 1 Query of one millisecond | 1 RRU per 4 KB |
//! | [`Store::waiting`] | 1 Query of at most `limit` rows | 1 RRU per 4 KB |
//! | [`Store::queue_test`] | 1 TransactWriteItems | 2 WRU per KB |
//! | [`Store::version_of`] | 1 GetItem | 1 RRU |
//! | [`Store::replay`] | 1 GetItem, 1 TransactWriteItems | 1 RRU, 4 WRU |
//! | [`Store::feed`], [`Store::feed_after`] | 1 Query for the newest day, then one per day, eight days at a time until there are enough | half an RRU per 4 KB, at least half an RRU per day |
//! | [`Store::history_since`] | 1 Query; one more per 1,000 transitions if the first 50 are not enough | 1 RRU per 4 KB |
//! | [`Store::history`], [`Store::told`], [`Store::queued`] | 1 Query | 1 RRU per 4 KB |
//! | [`Store::waits`] | 1 Query of one row | 1 RRU |
//! | [`Store::depth`] | 1 Query that counts, and one per further MB | half an RRU per 4 KB |
//! | [`Store::told_to`] | 1 GetItem | 1 RRU |
//! | [`Store::told_of`] | 1 BatchGetItem per 100 | 1 RRU per lane |
//! | [`Store::copied_trouble`] | 1 Query | 1 RRU per 4 KB |
//! | [`Store::copy`] | 1 TransactWriteItems | 6 WRU |
//! | [`Store::end_copied`] | 1 TransactWriteItems | 4 WRU |
//! | [`Store::is_told_itself`] | 1 GetItem; 1 Query if none waits | 1 RRU; 1 RRU per 4 KB |
//! | [`Store::needs_no_copy`] | 1 UpdateItem | 1 to 2 WRU |
//! | [`Store::store_alert`] | 1 GetItem, 1 TransactWriteItems | 1 RRU; 2 WRU per KB: alert, feed row, each outbox row. A repetition 1 RRU, and 1 WRU per KB once a day or where its sender saw it later |
//! | the same again | 1 GetItem; once a day 1 UpdateItem | 1 RRU; 1 WRU |
//! | [`Store::claim`] of a free channel, [`Store::renew`], [`Store::release`] | 1 UpdateItem | 1 WRU |
//! | [`Store::claim`] of a taken one | 2 UpdateItem | 2 WRU |
//! | [`Store::mark`] | 1 TransactWriteItems per 30 rows | 2 WRU per KB: the row, its log row, told per lane, and the log of the day once |
//! | [`Store::postpone`] | 1 UpdateItem | 1 to 2 WRU |
//! | [`Store::open`] | 1 GetItem; what may be created is described first | 1 RRU |

mod alert;
mod batch;
mod beat;
mod call;
mod carrier;
mod change;
mod commit;
mod copy;
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
mod quarantine;
mod record;
mod reminder;
mod replay;
mod rows;
mod schema;
mod service;
mod sight;
#[cfg(test)]
mod tests;
mod tick;
mod told;
mod types;
mod verdict;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use flatline_domain::UnixMs;

use crate::clock::SharedClock;

pub use alert::{OWN_SOURCE, alert_key};
pub use carrier::Carrier;
pub use copy::CopiedTrouble;
pub use days::SweptDays;
pub use delivery_log::{LoggedDelivery, RecentDeliveries, Wanted};
pub use lease::{ChannelState, Claim, Lease, Release};
pub use notice::{ALERT_NOTICE_MAX_BYTES, NOTICE_MAX_BYTES, Notice};
pub use outbox::{Outbox, Whose};
pub use reminder::Reminding;
pub use replay::Replay;
pub use rows::unless_broken;
pub use types::*;

/// The table. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    clock: SharedClock,
    shards: u32,
    created: UnixMs,
    /// How often jitter was drawn.
    draws: Arc<AtomicU64>,
    /// Records that the last sweep looked at: what a Query of all would cost.
    swept: Arc<AtomicUsize>,
    /// What this process last saw of `SYS/canary`.
    sight: Arc<Mutex<sight::Known>>,
    /// Whose turn it is among alerts of one key.
    turns: Arc<alert::Turns>,
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
        let store = Self::unprepared(&client, table, clock);
        store.prepare(if_missing).await?;
        store.prepared().await
    }

    /// The same of a table that is never created. (Whoever calls only this has nothing in its binary
    /// that makes tables.)
    pub async fn open_existing(
        client: Client,
        table: &str,
        clock: SharedClock,
    ) -> Result<Self, StoreError> {
        Self::unprepared(&client, table, clock).prepared().await
    }

    fn unprepared(client: &Client, table: &str, clock: SharedClock) -> Self {
        let once = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        let seed = clock.now().0 as u64;
        Self {
            client: Client::from_conf(once),
            table: Arc::from(table),
            clock,
            shards: 0,
            created: UnixMs(0),
            draws: Arc::new(AtomicU64::new(seed)),
            swept: Arc::default(),
            sight: Arc::default(),
            turns: Arc::default(),
        }
    }

    async fn prepared(self) -> Result<Self, StoreError> {
        let schema::Schema { shards, created } = self.read_schema().await?;
        Ok(Self { shards, created, ..self })
    }

    /// When the table was created: what tells the identities of one Flatline from those of another.
    #[must_use]
    pub fn created(&self) -> UnixMs {
        self.created
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
