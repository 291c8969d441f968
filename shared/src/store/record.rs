//! The hot record of a service as an item. Its names are short because its size is its price.

use aws_sdk_dynamodb::types::AttributeValue;
use flatline_domain::service::RING;
use flatline_domain::{Gap, ServiceRecord, Status, UnixMs};

use super::item::{self, Item, Reader, number, text};
use super::{Store, StoreError, keys};

/// The committed status, as a word.
pub(super) const STATUS: &str = "st";
/// Committed transitions so far.
pub(super) const VERSION: &str = "v";
/// Since when the status holds.
pub(super) const STATUS_SINCE: &str = "ss";
/// The newest heartbeat; absent before the first.
pub(super) const LAST_BEAT: &str = "lb";
/// When silence becomes too long.
pub(super) const DEADLINE: &str = "dl";
/// The deadline when the newest heartbeat came; absent once that was judged.
pub(super) const WAS_DUE: &str = "dp";
/// The window, in ms.
pub(super) const WINDOW: &str = "w";
/// What the newest heartbeat stated, as a word.
pub(super) const REPORTED: &str = "rp";
/// The timer that heartbeats never touch.
pub(super) const WAKE: &str = "wk";
/// A silence to be judged: a list of its two ends; absent if there is none.
pub(super) const GAP: &str = "g";
/// Reminders sent.
pub(super) const REMINDERS: &str = "rm";
/// Start of the open incident; absent if there is none.
pub(super) const INCIDENT: &str = "ic";
/// When it was configured.
pub(super) const CONFIGURED_AT: &str = "ca";
/// When it came back from paused or closed; absent if never.
pub(super) const RESUMED_AT: &str = "ra";
/// The newest arrival times, newest first; absent or NULL beyond the first few.
pub(super) const BEATS: [&str; RING] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"];

impl Store {
    /// The key of a service's record.
    pub(super) fn record_key(&self, id: &str) -> Item {
        item::key(keys::services(keys::shard(id, self.shards)), id)
    }
}

/// A gap as an attribute.
pub(super) fn gap(gap: Gap) -> AttributeValue {
    AttributeValue::L(vec![number(gap.from.0), number(gap.to.0)])
}

/// A status as an attribute.
pub(super) fn status(status: Status) -> AttributeValue {
    text(status.as_str())
}

/// An instant as an attribute.
pub(super) fn time(at: UnixMs) -> AttributeValue {
    number(at.0)
}

/// Reads a record; its sort key is the service's id.
pub(super) fn decode(item: &Item) -> Result<ServiceRecord, StoreError> {
    let reader = Reader::new(item);
    Ok(ServiceRecord {
        id: reader.text("SK")?,
        status: reader.word(STATUS, Status::parse)?,
        version: reader.number(VERSION)? as u64,
        status_since: reader.time(STATUS_SINCE)?,
        last_beat: reader.opt_time(LAST_BEAT)?,
        deadline: reader.time(DEADLINE)?,
        was_due: reader.opt_time(WAS_DUE)?,
        window_ms: reader.number(WINDOW)?,
        reported: reader.word(REPORTED, Status::parse)?,
        wake: reader.time(WAKE)?,
        gap: decode_gap(&reader)?,
        reminders: reader.number(REMINDERS)? as u32,
        incident: reader.opt_time(INCIDENT)?,
        configured_at: reader.time(CONFIGURED_AT)?,
        resumed_at: reader.opt_time(RESUMED_AT)?,
        ring: decode_ring(&reader)?,
    })
}

fn decode_gap(reader: &Reader<'_>) -> Result<Option<Gap>, StoreError> {
    let Some(ends) = reader.opt_numbers(GAP)? else { return Ok(None) };
    match ends[..] {
        [from, to] => Ok(Some(Gap { from: UnixMs(from), to: UnixMs(to) })),
        _ => Err(reader.broken(GAP, "has not two ends")),
    }
}

fn decode_ring(reader: &Reader<'_>) -> Result<Vec<UnixMs>, StoreError> {
    let mut ring = Vec::new();
    for name in BEATS {
        match reader.opt_time(name)? {
            Some(at) => ring.push(at),
            None => break,
        }
    }
    Ok(ring)
}
