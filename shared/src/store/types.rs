//! What goes into the store and comes out of it, in full names.

use std::collections::BTreeMap;

use flatline_domain::{Days, Event, QueuedNotice, ServiceRecord, Status, Transition, UnixMs};
use serde::{Deserialize, Serialize};

use super::Notice;

mod alert;

pub use alert::{ExternalAlert, StoredAlert};

/// What can go wrong with the database, as far as callers can do something about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, in conflict or out of reach, after all retries: try later (503).
    #[error("the database is busy or out of reach: {0}")]
    Unavailable(String),
    /// The database refuses the request itself; repeating it is useless.
    #[error("the database refused the request: {0}")]
    Refused(String),
    /// An item that cannot be read.
    #[error("item {key} cannot be read: {why}")]
    Broken {
        /// The item's key.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// The table was written by a newer Flatline.
    #[error("the table has schema version {found}, this Flatline knows up to {known}: upgrade it")]
    NewerSchema {
        /// The version in `SYS/schema`.
        found: u32,
        /// Ours.
        known: u32,
    },
}

/// What to do if the table does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Create it (locally), with its time to live.
    Create,
    /// Refuse (on AWS the template makes it).
    Refuse,
}

/// A heartbeat to be stored.
#[derive(Clone, Debug)]
pub struct Beat<'a> {
    /// The service.
    pub id: &'a str,
    /// When it arrived, by our clock.
    pub at: UnixMs,
    /// The service's window, in ms.
    pub window_ms: i64,
    /// What it states. `None`: nothing (counts as up, but never overwrites what a newer one stated).
    pub stated: Option<Status>,
}

/// What became of a heartbeat.
#[derive(Clone, Debug)]
pub struct BeatOutcome {
    /// The record before. `None`: the service had no record.
    pub before: Option<ServiceRecord>,
    /// The record after, computed from `before`.
    pub after: ServiceRecord,
}

/// How canaries do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CanaryState {
    /// The newest proof that heartbeats come through.
    pub proven_at: Option<UnixMs>,
    /// Since when canaries fail. `None`: they do not.
    pub failing_since: Option<UnixMs>,
}

/// One row of the heartbeat log: a heartbeat with content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it arrived.
    pub at: UnixMs,
    /// The status word as sent, at most 64 bytes.
    pub status: Option<String>,
    /// At most 1 KiB.
    pub message: Option<String>,
    /// At most 4 KiB of JSON.
    pub metadata: Option<serde_json::Value>,
    /// How long the job took, in ms.
    pub duration_ms: Option<i64>,
    /// Which dialect it came by (`api`).
    pub source: String,
}

/// Which records a sweep returns. Paused and closed ones are left out, except by `All`.
#[derive(Clone, Copy, Debug)]
pub enum SweepFilter {
    /// Those that need a look before `horizon`: deadline before it, window shorter than the time
    /// left, wake before it, not up, something reported that is not committed, or a gap noted.
    Due {
        /// Now.
        now: UnixMs,
        /// The latest end of this tick.
        horizon: UnixMs,
    },
    /// Every record.
    All,
}

/// What a sweep found.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Readable records.
    pub records: Vec<ServiceRecord>,
    /// Items that cannot be read: (service id, why). They never keep others from being checked.
    pub broken: Vec<(String, String)>,
}

/// A transition (or two) with everything that is committed with it.
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    /// The record that the decision read; its version, and what else it rests on, is the condition.
    pub before: &'a ServiceRecord,
    /// One transition, or a down and its recovery.
    pub transitions: &'a [Transition],
    /// The service's name and group, for the feed.
    pub service_name: &'a str,
    /// Rows for the channels, in any order: the transition's version and one row per channel.
    pub outbox: Vec<NewDelivery>,
    /// Whether the service is muted (`notifications.enabled: false`); the feed marks it.
    pub muted: bool,
    /// Days that history is kept.
    pub retention_days: u32,
    /// Days that the feed is kept.
    pub feed_days: u32,
    /// When the next reminder is due; [`UnixMs::NEVER`] if none.
    pub wake: UnixMs,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is durable.
    Committed,
    /// Somebody was first: read again and decide again.
    Overtaken,
}

/// A delivery to be queued.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// The channel's name.
    pub channel: String,
    /// What it is about and what it says.
    pub delivery: Delivery,
}

/// Whose lane a delivery is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// A service, by id.
    Service(String),
    /// An external alert, by the first 32 hex digits of SHA-256(source, key).
    Alert(String),
    /// Somebody tries a channel out, by `<time>#<random>`: each test is alone in its lane.
    Test(String),
    /// Copies for the fallback channel of what one channel could not be told in one of its lanes.
    Copy {
        /// The channel that could not be told.
        channel: String,
        /// The lane there.
        of: Box<Self>,
    },
}

impl Lane {
    /// The service or alert that it is about.
    #[must_use]
    pub fn subject(&self) -> &Self {
        match self {
            Self::Service(_) | Self::Alert(_) | Self::Test(_) => self,
            Self::Copy { of, .. } => of.subject(),
        }
    }
}

/// One delivery: its lane, its order in it, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Whose lane.
    pub lane: Lane,
    /// Order, event, times.
    pub queued: QueuedNotice,
    /// What it says.
    pub notice: Notice,
}

/// A delivery that waits in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    /// The channel it waits for.
    pub channel: String,
    /// The sort key, its identity within the channel; also a stable id for receivers.
    pub key: String,
    /// What it is.
    pub delivery: Delivery,
    /// Failed attempts so far.
    pub attempts: u32,
    /// What the last attempt said.
    pub last_error: Option<String>,
    /// When it was copied to the fallback channel.
    pub copied_at: Option<UnixMs>,
    /// Of a copy: why the channel of its lane could not be told; no secrets.
    pub undelivered: Option<String>,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// The channel accepted it.
    Delivered,
    /// It can never be delivered.
    Dead,
    /// A newer one said it, or it was told already.
    Folded,
    /// It had nothing left to say.
    Cancelled,
}

/// A delivery that ended, for the delivery log.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The row.
    pub row: OutboxRow,
    /// How.
    pub ending: Ending,
    /// When.
    pub at: UnixMs,
    /// The vendor's answer, or why it is dead; at most 512 bytes, no secrets.
    pub answer: String,
    /// The fallback channel that gets a copy in the same transaction.
    pub copy_to: Option<String>,
}

/// One row of the delivery log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryLogEntry {
    /// The channel.
    pub channel: String,
    /// The transition it told.
    pub version: u64,
    /// 0 = the transition, 1.. = reminders.
    pub n: u32,
    /// What it said.
    pub event: Event,
    /// How it ended.
    pub ending: Ending,
    /// When.
    pub at: UnixMs,
    /// Attempts that were made.
    pub attempts: u32,
    /// The vendor's answer.
    pub answer: String,
    /// Of a copy: the channel that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<String>,
    /// Of an alert: its title, at most 200 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The mark of a tick, in `SYS/tick`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickMark {
    /// When it began; also its identity.
    pub at: UnixMs,
    /// The revision of the configuration it ran with.
    pub revision: u64,
}

/// What `SYS/config` remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigState {
    /// The newest revision that was applied.
    pub revision: u64,
    /// Hash of the configuration that was applied last.
    pub hash: String,
    /// Every channel name that ever had rows.
    pub channels: Vec<String>,
}

/// What became of marking a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TickStart {
    /// Go; `previous` is the mark before.
    Go {
        /// The tick before. `None`: the first ever, or unknown.
        previous: Option<TickMark>,
    },
    /// A newer revision has ticked: this process has an old configuration.
    Superseded(TickMark),
}

/// One entry of the feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// Unique.
    pub id: String,
    /// When.
    pub at: UnixMs,
    /// `Service Down: NAME` and the like, or the alert's title.
    pub title: String,
    /// One sentence.
    pub message: String,
    /// critical, error, warning or info; of an alert as sent.
    pub severity: String,
    /// `heartbeat-monitor`, or the alert's source.
    pub source: String,
    /// The service, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The status that began; of an alert `firing` or `resolved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Nobody was told: the service is muted, or the alert is only shown.
    #[serde(default)]
    pub muted: bool,
    /// Of an alert: why channels that it names were not told, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undelivered: Vec<String>,
    /// Of an alert: the name of the key that it was sent with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

/// Where an entry of the feed stands: newest first, and those of one instant by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedPlace {
    /// When.
    pub at: UnixMs,
    /// Its id. Empty: before every entry of this instant.
    pub id: String,
}

impl FeedEntry {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> FeedPlace {
        FeedPlace { at: self.at, id: self.id.clone() }
    }
}

/// A stretch of trouble as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When it began.
    pub start: UnixMs,
    /// When it ended. `None`: open.
    pub end: Option<UnixMs>,
    /// The worst status in it.
    pub kind: Status,
    /// Why it began.
    pub reason: String,
}

/// Days of one service, keyed by service id.
pub type DaysByService = BTreeMap<String, Days>;
