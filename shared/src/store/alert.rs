//! External alerts.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use flatline_domain::{Event, QueuedNotice, Status, UnixMs};
use sha2::{Digest as _, Sha256};

use super::call::Reading;
use super::item::{self, Item, Reader, json, key, number, text};
use super::told::ALERT_KEEP_DAYS;
use super::{Delivery, ExternalAlert, Lane, Store, StoreError, feed, keys, outbox};

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

/// How an alert is.
#[derive(Clone, Debug)]
struct AlertState {
    version: u64,
    status: Status,
    since: UnixMs,
    /// Channels that got a row since it was last over.
    told: BTreeSet<String>,
}

fn state(reader: &Reader<'_>) -> Result<AlertState, StoreError> {
    Ok(AlertState {
        version: reader.number("v")? as u64,
        status: reader.word("st", Status::parse)?,
        since: reader.time("si")?,
        told: reader.json("ch")?,
    })
}

/// What is to be written.
struct Next<'a> {
    alert: &'a ExternalAlert,
    before: Option<AlertState>,
    version: u64,
    channels: BTreeSet<String>,
}

impl<'a> Next<'a> {
    fn of(alert: &'a ExternalAlert, before: Option<AlertState>) -> Self {
        let version = before.as_ref().map_or(0, |before| before.version) + 1;
        let asked = alert.channels.iter().cloned().collect();
        let ends = !alert.notice.status.is_incident();
        let channels = match &before {
            Some(before) if ends && before.status.is_incident() => before.told.clone(),
            _ => asked,
        };
        Self { alert, before, version, channels }
    }

    /// The alert's own item.
    fn item(&self, pk: String) -> Item {
        let ExternalAlert { key: alert_key, feed, notice, .. } = self.alert;
        let same = self.before.as_ref().filter(|before| before.status == notice.status);
        let since = same.map_or(feed.at, |before| before.since);
        let told = if notice.status.is_incident() { self.open_channels() } else { BTreeSet::new() };
        let expires_at = feed.at.plus_ms(item::days_ms(STATE_KEEP_DAYS));
        let mut state = key(pk, alert_key);
        state.extend(
            [
                ("v", number(self.version as i64)),
                ("st", text(notice.status.as_str())),
                ("sv", text(&feed.severity)),
                ("si", number(since.0)),
                ("ch", json(&told)),
                (item::EXPIRES, item::expiry(expires_at)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        state
    }

    fn open_channels(&self) -> BTreeSet<String> {
        let before = self.before.as_ref().map(|before| &before.told);
        before.into_iter().flatten().chain(&self.channels).cloned().collect()
    }

    fn delivery(&self) -> Delivery {
        let ExternalAlert { key: alert_key, feed, notice, .. } = self.alert;
        let mut notice = notice.clone();
        notice.previous = self.before.as_ref().map_or(Status::Unknown, |before| before.status);
        notice.since = self.before.as_ref().map_or(feed.at, |before| before.since);
        let queued = QueuedNotice {
            version: self.version,
            n: 0,
            event: Event::Alert,
            status: notice.status,
            committed_at: feed.at,
            next_at: None,
            closing: false,
        };
        Delivery { lane: Lane::Alert(alert_key.clone()), queued, notice }
    }
}

impl Store {
    /// Stores an external alert with its feed entry and its outbox rows as one transaction; returns
    /// the channels that got a row. Alerts of one key follow each other, none is lost: 1 read and 1
    /// transaction, again for each that came between.
    pub async fn store_alert(&self, alert: &ExternalAlert) -> Result<Vec<String>, StoreError> {
        for _ in 0..TRIES {
            let next = Next::of(alert, self.alert_state(&alert.key).await?);
            let Err(failure) = self.transact(self.alert_writes(&next)).await else {
                return Ok(next.channels.into_iter().collect());
            };
            // The feed entry is there: our own first try, whose answer was lost.
            if failure.unmet()?.positions.contains(&FEED_POSITION) {
                return Ok(next.channels.into_iter().collect());
            }
        }
        Err(StoreError::Unavailable(format!("too many alerts of key {} at once", alert.key)))
    }

    /// Whether the newest alert of this key says trouble.
    pub async fn is_alert_open(&self, alert_key: &str) -> Result<bool, StoreError> {
        let state = self.alert_state(alert_key).await?;
        Ok(state.is_some_and(|state| state.status.is_incident()))
    }

    /// The version of the newest alert of this key.
    pub(super) async fn alert_version(&self, alert_key: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.alert_state(alert_key).await?.map(|state| state.version))
    }

    async fn alert_state(&self, alert_key: &str) -> Result<Option<AlertState>, StoreError> {
        let item = self.get(key(self.alert_pk(alert_key), alert_key), Reading::Consistent).await?;
        item.map(|item| state(&Reader::new(&item))).transpose()
    }

    fn alert_pk(&self, alert_key: &str) -> String {
        keys::alerts(keys::shard(alert_key, self.shards))
    }

    fn alert_writes(&self, next: &Next<'_>) -> Vec<TransactWriteItem> {
        let ExternalAlert { key: alert_key, feed: entry, feed_days, .. } = next.alert;
        let state = Put::builder().set_item(Some(next.item(self.alert_pk(alert_key))));
        let state = match &next.before {
            None => state.condition_expression(NEW),
            Some(before) => state
                .condition_expression(UNCHANGED)
                .expression_attribute_values(":version", number(before.version as i64)),
        };
        let entry = Put::builder()
            .set_item(Some(feed::entry_item(entry, *feed_days)))
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
