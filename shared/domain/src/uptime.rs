//! Uptime as exact intervals in milliseconds, never as counted samples.
//!
//! Stored are only the days that were not wholly up, with the milliseconds of each status. What is
//! missing to the full day was up. The values are assigned, never added to what is stored, so that
//! writing them twice changes nothing and history can recompute them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::overlap_ms;
use crate::{Day, Hole, Status, UnixMs};

/// What of one day was not up, in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DayTotals {
    /// Reported degraded.
    pub degraded_ms: i64,
    /// Down.
    pub down_ms: i64,
    /// Unknown or paused.
    pub unknown_ms: i64,
}

/// The days that were not wholly up.
pub type Days = BTreeMap<Day, DayTotals>;

/// Adds the closed interval of one status to the days that it touches; `up` adds nothing. Returns
/// the days that changed.
pub fn add_interval(days: &mut Days, status: Status, from: UnixMs, to: UnixMs) -> Vec<Day> {
    if status == Status::Up || to <= from {
        return Vec::new();
    }
    let mut changed = Vec::new();
    let mut day = from.day();
    while day.start() < to {
        let ms = overlap_ms(from, to, day.start(), day.next().start());
        let totals = days.entry(day).or_default();
        match status {
            Status::Degraded => totals.degraded_ms += ms,
            Status::Down => totals.down_ms += ms,
            _ => totals.unknown_ms += ms,
        }
        changed.push(day);
        day = day.next();
    }
    changed
}

/// How one day was, or several together: the four add up to the time since creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uptime {
    /// Up, in ms.
    pub up_ms: i64,
    /// Degraded, in ms.
    pub degraded_ms: i64,
    /// Down, in ms.
    pub down_ms: i64,
    /// Unknown, paused or blind, in ms.
    pub unknown_ms: i64,
}

impl Uptime {
    /// The share of the known time that was up, in percent; degraded counts half. `None`: nothing
    /// is known.
    #[must_use]
    pub fn percentage(&self) -> Option<f64> {
        let known_ms = self.known_ms();
        let good_ms = self.up_ms as f64 + self.degraded_ms as f64 / 2.0;
        (known_ms > 0).then(|| 100.0 * good_ms / known_ms as f64)
    }

    /// Time of which the status is known, in ms.
    #[must_use]
    pub const fn known_ms(&self) -> i64 {
        self.up_ms + self.degraded_ms + self.down_ms
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            up_ms: self.up_ms + other.up_ms,
            degraded_ms: self.degraded_ms + other.degraded_ms,
            down_ms: self.down_ms + other.down_ms,
            unknown_ms: self.unknown_ms + other.unknown_ms,
        }
    }
}

/// What is needed to tell how the days of one service were.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'a> {
    /// Days that were not wholly up, from closed intervals.
    pub days: &'a Days,
    /// When the service was created.
    pub created: UnixMs,
    /// The status that still holds.
    pub status: Status,
    /// Since when.
    pub since: UnixMs,
    /// Blind time: nobody can say that a service was up in it. Time that was already down stays
    /// down, because it was so before and after.
    pub holes: &'a [Hole],
}

impl Timeline<'_> {
    /// How `day` was until `now`. All zero before the service was created, and in the future.
    #[must_use]
    pub fn day(&self, day: Day, now: UnixMs) -> Uptime {
        let start = day.start().max(self.created);
        let end = day.next().start().min(now);
        let total_ms = end.since_ms(start).max(0);
        let mut off = self.days.get(&day).copied().unwrap_or_default();
        let mut open = Days::new();
        add_interval(&mut open, self.status, self.since.max(start), end);
        if let Some(more) = open.get(&day) {
            off.degraded_ms += more.degraded_ms;
            off.down_ms += more.down_ms;
            off.unknown_ms += more.unknown_ms;
        }
        let heard_ms = (total_ms - off.degraded_ms - off.down_ms - off.unknown_ms).max(0);
        let blind_ms: i64 =
            self.holes.iter().map(|hole| overlap_ms(start, end, hole.start, hole.end)).sum();
        let up_ms = (heard_ms - blind_ms).max(0);
        Uptime {
            up_ms,
            degraded_ms: off.degraded_ms,
            down_ms: off.down_ms,
            unknown_ms: off.unknown_ms + (heard_ms - up_ms),
        }
    }

    /// The days from `first` to `last`, both included, of which something was not up until `now`,
    /// oldest first. All others were wholly up, or lie before the creation. Costs no more than
    /// there is to tell, however long the time.
    #[must_use]
    pub fn uneven_days(&self, first: Day, last: Day, now: UnixMs) -> Vec<(Day, Uptime)> {
        let first = first.max(self.created.day());
        if first > last {
            return Vec::new();
        }
        let mut touched: Vec<i64> = self.days.range(first..=last).map(|(day, _)| day.0).collect();
        let within = |from: Day, to: Day| from.max(first).0..=to.min(last).0;
        for hole in self.holes {
            touched.extend(within(hole.start.day(), hole.end.day()));
        }
        if self.status != Status::Up {
            touched.extend(within(self.since.day(), last));
        }
        touched.sort_unstable();
        touched.dedup();
        let days = touched.into_iter().map(|day| (Day(day), self.day(Day(day), now)));
        days.filter(|(_, day)| day.degraded_ms + day.down_ms + day.unknown_ms > 0).collect()
    }

    /// All of the days from `first` to `last` together until `now`, where `uneven` are those of
    /// [`Timeline::uneven_days`].
    #[must_use]
    pub fn total(&self, first: Day, last: Day, now: UnixMs, uneven: &[(Day, Uptime)]) -> Uptime {
        let from = first.start().max(self.created);
        let whole_ms = last.next().start().min(now).since_ms(from).max(0);
        let mut sum = uneven.iter().fold(Uptime::default(), |sum, (_, day)| sum.plus(*day));
        sum.up_ms = whole_ms - sum.degraded_ms - sum.down_ms - sum.unknown_ms;
        sum
    }

    /// How the days from `first` to `last`, both included, were until `now`.
    pub fn days(
        &self,
        first: Day,
        last: Day,
        now: UnixMs,
    ) -> impl Iterator<Item = (Day, Uptime)> + '_ {
        (first.0..=last.0).map(move |day| (Day(day), self.day(Day(day), now)))
    }
}
