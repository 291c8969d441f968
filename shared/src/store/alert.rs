//! External alerts: one item per key, written together with what it changes.
//!
//! A repetition that says nothing new costs one read, and a write once a day, which keeps what still
//! fires from expiring, or where its sender saw it later than what is known.

mod next;
mod state;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use flatline_domain::time::DAY_MS;
use flatline_domain::{AlertArrival, AlertPhase, AlertRank, AlertStep, UnixMs};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use next::Next;
use state::{AlertState, CHANGED_AT};

use super::call::Written;
use super::item::{self, key, number};
use super::told::ALERT_KEEP_DAYS;
use super::{ExternalAlert, Store, StoreError, StoredAlert, feed, keys, outbox};

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
/// Nobody stored an alert of this key before.
const NEW: &str = "attribute_not_exists(PK)";
/// Where the feed entry is among the writes of an alert.
const FEED_POSITION: usize = 1;
/// Alerts of one key that may get in between before we give up.
const TRIES: u32 = 100;

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
            changed_at: self.changed_at,
            news: self.news,
            is_status_implied: self.is_status_implied,
        }
    }

    /// What becomes of it. What cannot be read is always written anew.
    fn step(&self, before: Option<&AlertState>) -> AlertStep {
        let record = before.map(|before| &before.record);
        match self.arrival(before).step(record, self.repeat_ms) {
            step if step.is_idle() && before.is_some_and(|it| it.broken.is_some()) => {
                AlertStep::Open
            }
            step => step,
        }
    }

    /// Channels that it goes to and that were not told of what is open.
    fn untold(&self, before: &AlertState) -> impl Iterator<Item = &String> {
        self.channels.iter().filter(|channel| !before.told.contains(*channel))
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
            let before = before.as_ref();
            let step = alert.step(before);
            if step.is_idle() {
                if step == AlertStep::Late || self.keep_alert(alert, before).await? {
                    return Ok(StoredAlert { step, channels: Vec::new() });
                }
                continue;
            }
            let next = Next::of(alert, step, before);
            let sent = self.transact(self.alert_writes(&next)).await;
            let is_ours = match sent {
                Ok(()) => true,
                // The feed entry is there: our own first try, whose answer was lost.
                Err(failure) => failure.unmet()?.positions.contains(&FEED_POSITION),
            };
            if is_ours {
                if let Some(why) = before.and_then(|before| before.broken.as_deref()) {
                    tracing::error!(
                        key = alert.key,
                        why,
                        "the state of an alert could not be read: it is new now"
                    );
                }
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

    /// Keeps what still fires from expiring, written once a day, and when its sender saw it last. `false`
    /// if something came between.
    async fn keep_alert(
        &self,
        alert: &ExternalAlert,
        before: Option<&AlertState>,
    ) -> Result<bool, StoreError> {
        let Some(before) = before else { return Ok(true) };
        let expires_at = expires_at(alert.at);
        let changed_at = alert.arrival(Some(before)).newest_change(Some(&before.record));
        let is_newer = changed_at > before.record.changed_at;
        if !is_newer && expires_at.since_ms(before.expires_at) < DAY_MS {
            return Ok(true);
        }
        let (condition, values) = before.unchanged();
        let set = if is_newer { "SET #x = :x, #ca = :ca" } else { "SET #x = :x" };
        let mut update = self
            .client
            .update_item()
            .set_key(Some(key(self.alert_pk(&alert.key), &alert.key)))
            .update_expression(set)
            .expression_attribute_names("#x", item::EXPIRES)
            .expression_attribute_values(":x", item::expiry(expires_at))
            .condition_expression(condition);
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        if let Some(at) = changed_at.filter(|_| is_newer) {
            let update_with = update.expression_attribute_names("#ca", CHANGED_AT);
            update = update_with.expression_attribute_values(":ca", number(at.0));
        }
        let written = self.update(update).await?;
        // Where only the expiry was refused, a newer alert was stored, which keeps it too.
        Ok(!is_newer || matches!(written, Written::Done(_)))
    }

    fn alert_writes(&self, next: &Next<'_>) -> Vec<TransactWriteItem> {
        let ExternalAlert { key: alert_key, feed_days, .. } = next.alert;
        let state = Put::builder().set_item(Some(next.item(self.alert_pk(alert_key))));
        let state = match next.before.map(AlertState::unchanged) {
            None => state.condition_expression(NEW),
            Some((condition, values)) => values
                .into_iter()
                .fold(state.condition_expression(condition), |state, (name, value)| {
                    state.expression_attribute_values(name, value)
                }),
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
