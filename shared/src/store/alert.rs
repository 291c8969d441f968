//! External alerts: one item per key, written together with what it changes.
//!
//! A repetition that says nothing new costs one read, and once a day the write that keeps what still
//! fires from expiring.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use flatline_domain::time::DAY_MS;
use flatline_domain::{
    AlertArrival, AlertPhase, AlertRank, AlertReason, AlertRecord, AlertStep, Event, QueuedNotice,
    Status, UnixMs,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use super::call::Reading;
use super::item::{self, Item, Reader, json, key, number, text};
use super::told::ALERT_KEEP_DAYS;
use super::{
    Delivery, ExternalAlert, FeedEntry, Lane, Notice, Store, StoreError, StoredAlert, feed, keys,
    outbox,
};

/// The source of the alerts that Flatline raises itself; nobody else's alerts have it.
pub const OWN_SOURCE: &str = "flatline";

/// What an external alert is known by: the first 32 hex digits of SHA-256(source, key). What the
/// sender calls it may be long, and stands in logs and page addresses.
#[must_use]
pub fn alert_key(source: &str, key: &str) -> String {
    let hash = Sha256::new().chain_update(source).chain_update([0]).chain_update(key).finalize();
    let mut digits = format!("{hash:x}");
    digits.truncate(32);
    digits
}

/// The state of an alert is kept this long after the newest one, in days: longer than what channels
/// were told of it, whose versions it counts.
const STATE_KEEP_DAYS: u32 = 2 * ALERT_KEEP_DAYS;
/// Nobody stored an alert of this key since it was read.
const UNCHANGED: &str = "v = :version";
/// Nobody stored an alert of this key before.
const NEW: &str = "attribute_not_exists(PK)";
/// Where the feed entry is among the writes of an alert.
const FEED_POSITION: usize = 1;
/// Alerts of one key that may get in between before we give up.
const TRIES: u32 = 100;

const VERSION: &str = "v";
const PHASE: &str = "ph";
const SEVERITY: &str = "sv";
const SINCE: &str = "si";
const TOLD_AT: &str = "ta";
const CHANNELS: &str = "ch";
const CONTENT: &str = "cn";

/// How an alert is.
#[derive(Clone, Debug)]
struct AlertState {
    version: u64,
    record: AlertRecord,
    /// Channels that got a row since it was last over.
    told: BTreeSet<String>,
    /// When the item expires.
    expires_at: UnixMs,
}

fn state(reader: &Reader<'_>) -> Result<AlertState, StoreError> {
    let content = reader.opt_text(CONTENT).and_then(|digits| u64::from_str_radix(&digits, 16).ok());
    let record = AlertRecord {
        phase: reader.word(PHASE, AlertPhase::parse)?,
        rank: AlertRank::of(&reader.text(SEVERITY)?),
        since: reader.time(SINCE)?,
        told_at: reader.time(TOLD_AT)?,
        content,
    };
    Ok(AlertState {
        version: reader.number(VERSION)? as u64,
        record,
        told: reader.json(CHANNELS)?,
        expires_at: UnixMs(reader.number(item::EXPIRES)? * 1_000),
    })
}

/// When the state of an alert expires that was last heard of at `at`.
fn expires_at(at: UnixMs) -> UnixMs {
    at.plus_ms(item::days_ms(STATE_KEEP_DAYS))
}

impl ExternalAlert {
    fn arrival(&self, before: Option<&AlertState>) -> AlertArrival {
        AlertArrival {
            phase: self.phase,
            rank: AlertRank::of(&self.severity),
            at: self.at,
            content: self.content,
            is_untold: before.is_some_and(|before| self.untold(before).next().is_some()),
        }
    }

    /// Channels that it goes to and that were not told of what is open.
    fn untold(&self, before: &AlertState) -> impl Iterator<Item = &String> {
        self.channels.iter().filter(|channel| !before.told.contains(*channel))
    }
}

/// What is to be written.
struct Next<'a> {
    alert: &'a ExternalAlert,
    step: AlertStep,
    before: Option<&'a AlertState>,
    version: u64,
    phase: AlertPhase,
    /// Since when it is as it is now.
    since: UnixMs,
    channels: BTreeSet<String>,
}

impl<'a> Next<'a> {
    fn of(alert: &'a ExternalAlert, step: AlertStep, before: Option<&'a AlertState>) -> Self {
        let phase = match step {
            AlertStep::End | AlertStep::Unheard => AlertPhase::Resolved,
            AlertStep::Open | AlertStep::Again(_) | AlertStep::Nothing => AlertPhase::Firing,
        };
        let since = match (step, before) {
            (AlertStep::Again(_), Some(before)) => before.record.since,
            (AlertStep::Open, _) => alert.began_at.min(alert.at),
            _ => alert.at,
        };
        let channels = match (step, before) {
            (AlertStep::End, Some(before)) => before.told.clone(),
            (AlertStep::Again(AlertReason::Untold), Some(before)) => {
                alert.untold(before).cloned().collect()
            }
            _ => alert.channels.iter().cloned().collect(),
        };
        let version = before.map_or(0, |before| before.version) + 1;
        Self { alert, step, before, version, phase, since, channels }
    }

    /// The alert's own item.
    fn item(&self, pk: String) -> Item {
        let Self { alert, .. } = self;
        let mut state = key(pk, &alert.key);
        state.extend(
            [
                (VERSION, number(self.version as i64)),
                (PHASE, text(self.phase.as_str())),
                (SEVERITY, text(&alert.severity)),
                (SINCE, number(self.since.0)),
                (TOLD_AT, number(alert.at.0)),
                (CHANNELS, json(&self.open_channels())),
                (item::EXPIRES, item::expiry(expires_at(alert.at))),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        state.extend(alert.content.map(|digest| (CONTENT.to_owned(), text(format!("{digest:x}")))));
        state
    }

    /// Who is to hear of its end.
    fn open_channels(&self) -> BTreeSet<&String> {
        let earlier = match (self.step, self.before) {
            (AlertStep::Again(_), Some(before)) => Some(&before.told),
            _ => None,
        };
        let told = earlier.into_iter().flatten().chain(&self.channels);
        told.filter(|_| self.phase == AlertPhase::Firing).collect()
    }

    fn status(&self) -> Status {
        match self.phase {
            AlertPhase::Firing => AlertRank::of(&self.alert.severity).status(),
            AlertPhase::Resolved => Status::Up,
        }
    }

    /// How it was before, and since when.
    fn previous(&self) -> (Status, UnixMs) {
        match (self.step, self.before) {
            (AlertStep::Again(_) | AlertStep::End, Some(before)) => {
                (before.record.rank.status(), before.record.since)
            }
            (_, Some(before)) => (Status::Up, before.record.since),
            (_, None) => (Status::Unknown, self.alert.at),
        }
    }

    fn entry(&self) -> FeedEntry {
        let alert = self.alert;
        FeedEntry {
            id: alert.id.clone(),
            at: alert.at,
            title: alert.title.clone(),
            message: alert.message.clone(),
            severity: alert.severity.clone(),
            source: alert.source.clone(),
            status: Some(self.phase.as_str().to_owned()),
            undelivered: alert.undelivered.clone(),
            sender: alert.sender.clone(),
            ..FeedEntry::default()
        }
    }

    fn delivery(&self) -> Delivery {
        let alert = self.alert;
        let (previous, since) = self.previous();
        let notice = Notice {
            id: alert.key.clone(),
            name: alert.title.clone(),
            status: self.status(),
            previous,
            at: alert.at,
            since,
            last_seen: None,
            window_ms: 0,
            reason: alert.source.clone(),
            message: Some(alert.message.clone()),
            severity: Some(alert.severity.clone()),
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            channels: alert.named.clone(),
            phase: Some(self.phase),
            link: alert.link.clone(),
        };
        let queued = QueuedNotice {
            version: self.version,
            n: 0,
            event: Event::Alert,
            status: notice.status,
            committed_at: alert.at,
            next_at: None,
            closing: false,
        };
        Delivery { lane: Lane::Alert(alert.key.clone()), queued, notice }
    }
}

/// Alerts of one key take turns within a process: of many at once only one would get in each time,
/// and the others would have read for nothing.
#[derive(Debug)]
pub(super) struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..256).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    fn of(&self, alert_key: &str) -> &Mutex<()> {
        &self.0[keys::fnv1a(alert_key.as_bytes()) as usize % self.0.len()]
    }
}

impl Store {
    /// Stores an external alert with its feed entry and its outbox rows as one transaction, unless it
    /// says nothing new. Alerts of one key follow each other, none is lost: 1 read and 1 transaction,
    /// again for each that came between.
    pub async fn store_alert(&self, alert: &ExternalAlert) -> Result<StoredAlert, StoreError> {
        let _turn = self.turns.of(&alert.key).lock().await;
        for _ in 0..TRIES {
            let before = self.alert_state(&alert.key).await?;
            let record = before.as_ref().map(|before| &before.record);
            let step = alert.arrival(before.as_ref()).step(record, alert.repeat_ms);
            if step == AlertStep::Nothing {
                self.keep_alert(alert, before.as_ref()).await?;
                return Ok(StoredAlert { step, channels: Vec::new() });
            }
            let next = Next::of(alert, step, before.as_ref());
            let sent = self.transact(self.alert_writes(&next)).await;
            let is_ours = match sent {
                Ok(()) => true,
                // The feed entry is there: our own first try, whose answer was lost.
                Err(failure) => failure.unmet()?.positions.contains(&FEED_POSITION),
            };
            if is_ours {
                return Ok(StoredAlert { step, channels: next.channels.into_iter().collect() });
            }
        }
        Err(StoreError::Unavailable(format!("too many alerts of key {} at once", alert.key)))
    }

    /// Whether the newest alert of this key fires.
    pub async fn is_alert_open(&self, alert_key: &str) -> Result<bool, StoreError> {
        let state = self.alert_state(alert_key).await?;
        Ok(state.is_some_and(|state| state.record.phase == AlertPhase::Firing))
    }

    /// The version of the newest alert of this key.
    pub(super) async fn alert_version(&self, alert_key: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.alert_state(alert_key).await?.map(|state| state.version))
    }

    /// Keeps what still fires from expiring; written once a day.
    async fn keep_alert(
        &self,
        alert: &ExternalAlert,
        before: Option<&AlertState>,
    ) -> Result<(), StoreError> {
        let expires_at = expires_at(alert.at);
        let is_fresh = |before: &AlertState| expires_at.since_ms(before.expires_at) < DAY_MS;
        let Some(before) = before.filter(|before| !is_fresh(before)) else { return Ok(()) };
        let update = self
            .client
            .update_item()
            .set_key(Some(key(self.alert_pk(&alert.key), &alert.key)))
            .update_expression("SET #x = :x")
            .expression_attribute_names("#x", item::EXPIRES)
            .expression_attribute_values(":x", item::expiry(expires_at))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":version", number(before.version as i64));
        // Refused means that a newer alert was stored, which keeps it too.
        self.update(update).await?;
        Ok(())
    }

    async fn alert_state(&self, alert_key: &str) -> Result<Option<AlertState>, StoreError> {
        let item = self.get(key(self.alert_pk(alert_key), alert_key), Reading::Consistent).await?;
        item.map(|item| state(&Reader::new(&item))).transpose()
    }

    fn alert_pk(&self, alert_key: &str) -> String {
        keys::alerts(keys::shard(alert_key, self.shards))
    }

    fn alert_writes(&self, next: &Next<'_>) -> Vec<TransactWriteItem> {
        let ExternalAlert { key: alert_key, feed_days, .. } = next.alert;
        let state = Put::builder().set_item(Some(next.item(self.alert_pk(alert_key))));
        let state = match next.before {
            None => state.condition_expression(NEW),
            Some(before) => state
                .condition_expression(UNCHANGED)
                .expression_attribute_values(":version", number(before.version as i64)),
        };
        let entry = Put::builder()
            .set_item(Some(feed::entry_item(&next.entry(), *feed_days)))
            .condition_expression(NEW);
        let delivery = next.delivery();
        let rows = next
            .channels
            .iter()
            .map(|channel| Put::builder().set_item(Some(outbox::row_item(channel, &delivery))));
        [state, entry].into_iter().chain(rows).map(|put| self.alert_write(put)).collect()
    }

    fn alert_write(&self, put: PutBuilder) -> TransactWriteItem {
        let put = put.table_name(&*self.table).build().expect("table and item are set");
        TransactWriteItem::builder().put(put).build()
    }
}
