//! How deliveries ended: by lane, and by day for whoever asks about all of them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use flatline_domain::{Event, UnixMs};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::call::Reading;
use super::item::{self, Item, json, number, text};
use super::outbox::{self, ERROR_MAX_BYTES};
use super::rows::{Span, readable};
use super::{DeliveryLogEntry, Ended, Ending, Lane, OutboxRow, Store, StoreError, keys};
use crate::render::text::cut;

/// Days that it is kept.
const KEEP_DAYS: u32 = 30;
/// Bytes of an alert's title that are kept.
const TITLE_MAX_BYTES: usize = 200;
/// Rows of the log that one question reads at most.
const READ_MAX: usize = 1_000;
/// The waiting row as it was, in the entry of one that is dead: what a replay puts back.
pub(super) const DEAD_ROW: &str = "rw";

/// An entry with the lane that it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggedDelivery {
    /// Whose lane.
    pub lane: Lane,
    /// How it ended.
    #[serde(flatten)]
    pub entry: DeliveryLogEntry,
}

/// The newest of what ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecentDeliveries {
    /// Newest first.
    pub deliveries: Vec<LoggedDelivery>,
    /// Whether older ones may be missing, because so many were read that did not match.
    pub cut_short: bool,
}

/// Which entries are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<F> {
    /// Only what ended after this.
    pub since: UnixMs,
    /// Now.
    pub now: UnixMs,
    /// How many at most.
    pub limit: usize,
    /// Whether an entry is wanted.
    pub matches: F,
}

impl LoggedDelivery {
    /// By which it is found again: when it ended in Unix ms, and a hash of what it is.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = Sha256::digest(keys::delivery_log(&self.lane) + &sort_key(&self.entry));
        let short = u32::from_be_bytes(*hash.first_chunk().expect("a SHA-256 hash has 32 bytes"));
        format!("{}-{short:08x}", self.entry.at.0)
    }

    fn of(ended: &Ended) -> Self {
        Self { lane: ended.row.delivery.lane.clone(), entry: entry(ended) }
    }

    /// The key of its entry in the log of its lane.
    pub(super) fn key(&self) -> Item {
        item::key(keys::delivery_log(&self.lane), sort_key(&self.entry))
    }
}

/// When what this id names ended. `None`: it is no id.
fn time_of(id: &str) -> Option<UnixMs> {
    let (ms, _) = id.split_once('-')?;
    ms.parse().ok().filter(|ms| (0..=UnixMs::NEVER.0 / 2).contains(ms)).map(UnixMs)
}

fn entry(ended: &Ended) -> DeliveryLogEntry {
    let Ended { row, ending, at, answer, .. } = ended;
    let OutboxRow { channel, delivery, attempts, .. } = row;
    let is_alert = delivery.queued.event == Event::Alert;
    DeliveryLogEntry {
        channel: channel.clone(),
        version: delivery.queued.version,
        n: delivery.queued.n,
        event: delivery.queued.event,
        ending: *ending,
        at: *at,
        attempts: *attempts,
        answer: cut(answer, ERROR_MAX_BYTES).to_owned(),
        copy_of: match &delivery.lane {
            Lane::Copy { channel, .. } => Some(channel.clone()),
            _ => None,
        },
        title: is_alert.then(|| cut(&delivery.notice.name, TITLE_MAX_BYTES).to_owned()),
    }
}

fn sort_key(entry: &DeliveryLogEntry) -> String {
    let DeliveryLogEntry { channel, version, n, at, .. } = entry;
    let sort_key = format!("{}#{channel}#{version}#{n}", keys::instant(*at));
    // Two channels may have failed to tell the same, and one message may tell both copies.
    match &entry.copy_of {
        Some(channel) => format!("{sort_key}#{channel}"),
        None => sort_key,
    }
}

/// One row, from a delivery that ended. A dead one keeps what a replay needs.
pub(super) fn entry_item(ended: &Ended) -> Item {
    let logged = LoggedDelivery::of(ended);
    let mut item = logged.key();
    item.extend(
        [("ch", text(&ended.row.channel)), ("e", json(&logged.entry))]
            .into_iter()
            .chain(dates(ended.at))
            .map(|(name, value)| (name.to_owned(), value)),
    );
    if ended.ending == Ending::Dead {
        let row = outbox::row_item(&ended.row.channel, &ended.row.delivery);
        item.insert(DEAD_ROW.to_owned(), AttributeValue::M(row));
    }
    item
}

/// The same entries without lanes of their own: one item for what ended at one instant.
pub(super) fn day_items(rows: &[&Ended]) -> Vec<Item> {
    let mut instants: BTreeMap<UnixMs, Vec<&Ended>> = BTreeMap::new();
    for &ended in rows {
        instants.entry(ended.at).or_default().push(ended);
    }
    instants.into_iter().filter_map(|(at, ended)| day_item(at, &ended)).collect()
}

fn day_item(at: UnixMs, ended: &[&Ended]) -> Option<Item> {
    let OutboxRow { channel, key, .. } = &ended.first()?.row;
    let sort_key = format!("{}#{channel}#{key}", keys::instant(at));
    let mut item = item::key(keys::deliveries(at.day()), sort_key);
    let logged: Vec<_> = ended.iter().map(|ended| LoggedDelivery::of(ended)).collect();
    let parts = [("e", json(&logged))].into_iter().chain(dates(at));
    item.extend(parts.map(|(name, value)| (name.to_owned(), value)));
    Some(item)
}

fn dates(at: UnixMs) -> [(&'static str, AttributeValue); 2] {
    let expires_at = at.plus_ms(item::days_ms(KEEP_DAYS));
    [("at", number(at.0)), (item::EXPIRES, item::expiry(expires_at))]
}

impl Store {
    /// The newest entries of a lane, newest first.
    pub async fn deliveries(
        &self,
        lane: &Lane,
        limit: usize,
    ) -> Result<Vec<DeliveryLogEntry>, StoreError> {
        let span = Span {
            pk: keys::delivery_log(lane),
            since: UnixMs(0),
            after: None,
            now: UnixMs(0),
            limit,
        };
        self.newest(&span, |reader| reader.json("e")).await
    }

    /// The newest wanted entries about a service: 1 Query of at most 1,000 rows.
    pub async fn deliveries_of<F: Fn(&LoggedDelivery) -> bool>(
        &self,
        id: &str,
        wanted: &Wanted<F>,
    ) -> Result<RecentDeliveries, StoreError> {
        let lane = Lane::Service(id.to_owned());
        let (since, now) = (wanted.since, wanted.now);
        let span = Span { pk: keys::delivery_log(&lane), since, after: None, now, limit: READ_MAX };
        let entries: Vec<DeliveryLogEntry> = self.newest(&span, |reader| reader.json("e")).await?;
        let cut_short = entries.len() == READ_MAX;
        let logged = entries.into_iter().map(|entry| LoggedDelivery {
            lane: match &entry.copy_of {
                Some(channel) => {
                    Lane::Copy { channel: channel.clone(), of: Box::new(lane.clone()) }
                }
                None => lane.clone(),
            },
            entry,
        });
        let mut recent = RecentDeliveries { deliveries: Vec::new(), cut_short };
        recent.add(logged, wanted);
        Ok(recent)
    }

    /// The newest wanted entries about anything: 1 Query per day until there are enough, at most 31,
    /// and at most 1,000 items, of which each holds what ended together.
    pub async fn recent_deliveries<F: Fn(&LoggedDelivery) -> bool>(
        &self,
        wanted: &Wanted<F>,
    ) -> Result<RecentDeliveries, StoreError> {
        let now = wanted.now;
        let since = wanted.since.max(now.plus_ms(-item::days_ms(KEEP_DAYS)));
        let (mut recent, mut left) = (RecentDeliveries::default(), READ_MAX);
        for day in (since.day().0..=now.day().0).rev().map(flatline_domain::Day) {
            if recent.deliveries.len() >= wanted.limit {
                break;
            }
            let span = Span { pk: keys::deliveries(day), since, after: None, now, limit: left };
            let items: Vec<Vec<LoggedDelivery>> =
                self.newest(&span, |reader| reader.json("e")).await?;
            left -= items.len();
            recent.add(items.into_iter().flatten(), wanted);
            if left == 0 {
                recent.cut_short = true;
                break;
            }
        }
        Ok(recent)
    }

    /// The entry with this id: 1 Query of what ended in that millisecond.
    pub async fn find_delivery(&self, id: &str) -> Result<Option<LoggedDelivery>, StoreError> {
        let Some(at) = time_of(id) else { return Ok(None) };
        let query = self
            .query(Reading::Consistent)
            .key_condition_expression("PK = :pk AND begins_with(SK, :at)")
            .expression_attribute_values(":pk", text(keys::deliveries(at.day())))
            .expression_attribute_values(":at", text(keys::instant(at)));
        let items = self.all_pages(query).await?.items;
        let entries: Vec<Vec<LoggedDelivery>> = readable(&items, |reader| reader.json("e"));
        Ok(entries.into_iter().flatten().find(|logged| logged.id() == id))
    }
}

impl RecentDeliveries {
    /// Adds what is wanted, as long as there is room.
    fn add<F: Fn(&LoggedDelivery) -> bool>(
        &mut self,
        logged: impl Iterator<Item = LoggedDelivery>,
        wanted: &Wanted<F>,
    ) {
        let room = wanted.limit - self.deliveries.len().min(wanted.limit);
        let newer = logged.filter(|logged| logged.entry.at > wanted.since);
        self.deliveries.extend(newer.filter(|logged| (wanted.matches)(logged)).take(room));
    }
}
