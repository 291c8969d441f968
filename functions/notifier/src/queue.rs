//! What waits in a channel, by lane.

use std::collections::BTreeMap;

use flatline_domain::lane::{Turn, presumed, turns};
use flatline_domain::{QueuedNotice, Told, UnixMs};
use flatline_shared::notify::verdict::RETRY_AFTER_MAX_MS;
use flatline_shared::store::{Lane, OutboxRow};

/// The waiting rows of one lane, oldest first, and what the channel was told of it.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) lane: Lane,
    pub(crate) rows: Vec<OutboxRow>,
    pub(crate) told: Option<Told>,
    /// Whether an incident may be open there although nobody wrote that down.
    pub(crate) may_hold_incident: bool,
    /// How long after it was told the lane is in its window, in ms.
    pub(crate) cooldown_ms: i64,
}

impl Queue {
    /// What the domain decides by.
    pub(crate) fn notices(&self, now: UnixMs) -> Vec<QueuedNotice> {
        let queued = self.rows.iter().map(|row| row.delivery.queued);
        queued
            .map(|notice| QueuedNotice { next_at: sensible(notice.next_at, now), ..notice })
            .collect()
    }

    /// What the channel was told, or may have been. Not after now: a later time was taken from a clock
    /// that has been set back since, and no cooldown lasts until then.
    pub(crate) fn told(&self, now: UnixMs) -> Option<Told> {
        let told = self.told.map(|told| Told { at: told.at.min(now), ..told });
        presumed(&self.notices(now), told, self.may_hold_incident)
    }

    /// What would be sent now, one after the other.
    pub(crate) fn turns(&self, now: UnixMs) -> Vec<Turn> {
        turns(&self.notices(now), self.told(now).as_ref(), self.cooldown_ms, now)
    }

    /// Takes these rows out: they have ended.
    pub(crate) fn remove(&mut self, indexes: &[usize]) {
        let mut index = 0;
        self.rows.retain(|_| {
            index += 1;
            !indexes.contains(&(index - 1))
        });
    }
}

/// An instant to wait for. One further ahead than anything waits was set by a clock that has been set
/// back since: it is over.
pub(crate) fn sensible(until: Option<UnixMs>, now: UnixMs) -> Option<UnixMs> {
    until.filter(|until| until.since_ms(now) <= RETRY_AFTER_MAX_MS)
}

/// The lanes of these rows, each in order, the one that waits longest first.
pub(crate) fn by_age(rows: Vec<OutboxRow>) -> Vec<(Lane, Vec<OutboxRow>)> {
    let mut lanes: BTreeMap<Lane, Vec<OutboxRow>> = BTreeMap::new();
    for row in rows {
        lanes.entry(row.delivery.lane.clone()).or_default().push(row);
    }
    let order = |row: &OutboxRow| (row.delivery.queued.version, row.delivery.queued.n);
    for rows in lanes.values_mut() {
        rows.sort_by_key(order);
    }
    let mut lanes: Vec<_> = lanes.into_iter().collect();
    lanes.sort_by_key(|(_, rows)| rows.first().map(|row| row.delivery.queued.committed_at));
    lanes
}
