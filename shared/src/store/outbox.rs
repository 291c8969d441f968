//! Waiting deliveries, and how they end.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use flatline_domain::{Event, QueuedNotice, Status, Told, UnixMs};

use super::item::{Item, Reader, json, key, number, text};
use super::{Delivery, Ended, Lane, OutboxRow, Store, StoreError, keys};

const CHANNEL: &str = "ch";
const LANE_KIND: &str = "lk";
const LANE_ID: &str = "li";
const VERSION: &str = "v";
const N: &str = "n";
const EVENT: &str = "ev";
const STATUS: &str = "st";
const COMMITTED_AT: &str = "ca";
const NEXT_AT: &str = "na";
const CLOSING: &str = "cl";
const NOTICE: &str = "nt";
const ATTEMPTS: &str = "tr";
const LAST_ERROR: &str = "le";

/// A waiting delivery as an item: the key `Q#<channel>` / lane, version, n.
pub(super) fn row_item(channel: &str, delivery: &Delivery) -> Item {
    let Delivery { lane, queued, notice } = delivery;
    let (kind, lane_id) = match lane {
        Lane::Service(id) => ("s", id),
        Lane::Alert(key) => ("a", key),
    };
    let mut item = key(keys::channel(channel), keys::delivery(lane, queued.version, queued.n));
    item.extend(
        [
            (CHANNEL, text(channel)),
            (LANE_KIND, text(kind)),
            (LANE_ID, text(lane_id)),
            (VERSION, number(queued.version as i64)),
            (N, number(i64::from(queued.n))),
            (EVENT, text(queued.event.as_str())),
            (STATUS, text(queued.status.as_str())),
            (COMMITTED_AT, number(queued.committed_at.0)),
            (CLOSING, AttributeValue::Bool(queued.closing)),
            (NOTICE, json(&notice.clone().fitted())),
            (ATTEMPTS, number(0)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(next_at) = queued.next_at {
        item.insert(NEXT_AT.to_owned(), number(next_at.0));
    }
    item
}

/// Reads what [`row_item`] wrote, and what failed attempts added.
fn row(item: &Item) -> Result<OutboxRow, StoreError> {
    let reader = Reader::new(item);
    let lane_id = reader.text(LANE_ID)?;
    let lane = match reader.text(LANE_KIND)?.as_str() {
        "a" => Lane::Alert(lane_id),
        _ => Lane::Service(lane_id),
    };
    let queued = QueuedNotice {
        version: reader.number(VERSION)? as u64,
        n: reader.number(N)? as u32,
        event: reader.word(EVENT, Event::parse)?,
        status: reader.word(STATUS, Status::parse)?,
        committed_at: reader.time(COMMITTED_AT)?,
        next_at: reader.opt_time(NEXT_AT)?,
        closing: item.get(CLOSING).and_then(|value| value.as_bool().ok()) == Some(&true),
    };
    Ok(OutboxRow {
        channel: reader.text(CHANNEL)?,
        key: reader.text("SK")?,
        delivery: Delivery { lane, queued, notice: reader.json(NOTICE)? },
        attempts: reader.number(ATTEMPTS)? as u32,
        last_error: reader.opt_text(LAST_ERROR),
    })
}

impl Store {
    /// Everything that waits for a channel, in key order, by one consistent Query over all pages.
    pub async fn queued(&self, _channel: &str) -> Result<Vec<OutboxRow>, StoreError> {
        todo!()
    }
    /// Ends deliveries: removes the rows, writes the delivery log and, for delivered ones, one `told` per
    /// lane, in transactions of at most 30 rows. A row that is gone already is skipped.
    pub async fn mark(&self, _ended: &[Ended]) -> Result<(), StoreError> {
        todo!()
    }
    /// Notes a failed attempt.
    pub async fn postpone(
        &self,
        _row: &OutboxRow,
        _next_at: UnixMs,
        _error: &str,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// What each channel was last told about a lane, by channel name.
    pub async fn told(&self, _lane: &Lane) -> Result<BTreeMap<String, Told>, StoreError> {
        todo!()
    }
    /// What one channel was last told about a lane.
    pub async fn told_to(&self, _lane: &Lane, _channel: &str) -> Result<Option<Told>, StoreError> {
        todo!()
    }
}
