//! Keys of the one table. They are never parsed back: every part is an attribute too.

use flatline_domain::{Day, UnixMs};

use super::types::Lane;
use crate::render::time::{date, rfc3339};

/// FNV-1a, 64 bit (the published constants).
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The shard of an id among `shards`.
pub(super) fn shard(id: &str, shards: u32) -> u32 {
    (fnv1a(id.as_bytes()) % u64::from(shards)) as u32
}

/// Partition of the hot service records of a shard.
pub(super) fn services(shard: u32) -> String {
    format!("S#{shard}")
}

/// Partition of the days of a shard.
pub(super) fn days(shard: u32) -> String {
    format!("D#{shard}")
}

/// Partition of external alerts of a shard.
pub(super) fn alerts(shard: u32) -> String {
    format!("X#{shard}")
}

/// Partition of one service's history; the sort key is [`version`].
pub(super) fn history(id: &str) -> String {
    format!("H#{id}")
}

/// Partition of one service's incidents; the sort key is [`instant`] of the start.
pub(super) fn incidents(id: &str) -> String {
    format!("I#{id}")
}

/// Partition of one service's heartbeat log; the sort key is `<time>#<n>`.
pub(super) fn log(id: &str) -> String {
    format!("L#{id}")
}

/// Partition of one day of the feed; the sort key is `<time>#<id>`.
pub(super) fn feed(day: Day) -> String {
    format!("A#{}", date(day))
}

/// Partition of one channel: its lease at sort key `!`, then its waiting rows.
pub(super) fn channel(name: &str) -> String {
    format!("Q#{name}")
}

/// Sort key of a channel's lease.
pub(super) const LEASE: &str = "!";

/// Sort key of a waiting delivery.
pub(super) fn delivery(lane: &Lane, version: u64, n: u32) -> String {
    match lane {
        Lane::Service(id) => format!("s#{id}#{version:020}#{n:04}"),
        Lane::Alert(key) => format!("a#{key}#{version:020}#{n:04}"),
        Lane::Test(id) => format!("t#{id}"),
        Lane::Copy { channel, of } => format!("f#{channel}#{}", delivery(of, version, n)),
    }
}

/// Partition of what channels were told about a lane; the sort key is the channel.
pub(super) fn told(lane: &Lane) -> String {
    format!("T#{}", lane_id(lane))
}

/// Partition of the trouble that was copied to a channel and of which it was not told the end.
pub(super) fn copied(to: &str) -> String {
    format!("TF#{to}")
}

/// Sort key there of the trouble in a lane of `channel`: what keys of its waiting copies begin with.
pub(super) fn copied_lane(channel: &str, lane: &Lane) -> String {
    let of = Box::new(lane.clone());
    delivery(&Lane::Copy { channel: channel.to_owned(), of }, 0, 0)
}

/// Partition of a lane's delivery log; the sort key is `<time>#<channel>#<version>#<n>`.
pub(super) fn delivery_log(lane: &Lane) -> String {
    format!("DL#{}", lane_id(lane))
}

/// Partition of what ended on one day, of every lane; the sort key is `<time>#<channel>#<key of a row>`.
pub(super) fn deliveries(day: Day) -> String {
    format!("DD#{}", date(day))
}

/// What the sort keys of a service's waiting deliveries begin with.
pub(super) fn deliveries_of_service(id: &str) -> String {
    format!("s#{id}#")
}

/// What the sort keys begin with of copies of what `channel` was to be told of a service.
pub(super) fn copies_of_service(channel: &str, id: &str) -> String {
    format!("f#{channel}#s#{id}#")
}

fn lane_id(lane: &Lane) -> &str {
    match lane {
        Lane::Service(id) | Lane::Alert(id) | Lane::Test(id) => id,
        Lane::Copy { of, .. } => lane_id(of),
    }
}

/// Partition of the system's own items.
pub(super) const SYSTEM: &str = "SYS";

/// A version as a sort key.
pub(super) fn version(version: u64) -> String {
    format!("{version:020}")
}

/// An instant as a sort key.
pub(super) fn instant(at: UnixMs) -> String {
    rfc3339(at)
}

/// Sort key of a hole; its end comes first, so that those that end after some time are one range.
pub(super) fn hole(start: UnixMs, end: UnixMs) -> String {
    format!("hole#{}#{}", rfc3339(end), rfc3339(start))
}

/// Before every hole that ends at `since` or later.
pub(super) fn holes_from(since: UnixMs) -> String {
    format!("hole#{}", rfc3339(since))
}

/// After every hole.
pub(super) const HOLES_END: &str = "hole#~";
