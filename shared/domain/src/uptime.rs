//! Uptime as exact intervals in milliseconds, never as counted samples.
//!
//! Stored are only the days that were not wholly up, with the milliseconds of each status. What is
//! missing to the full day was up, or blind: holes are everybody's and are subtracted when read. So
//! that they are subtracted from nothing but time that was up, a day also says how much of what was
//! not up lay in holes. The values are assigned, never added to what is stored, so that writing them
//! twice changes nothing and history can recompute them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::{DAY_MS, overlap_ms};
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
    /// What of these three lay in holes.
    #[serde(default)]
    pub blind_ms: i64,
    /// Another monitor recorded this day: it counts whole, also before the service was created here,
    /// and nothing of ours changes it.
    #[serde(default)]
    pub imported: bool,
}

impl DayTotals {
    /// The whole day, without regard to what happened before, after, or to us.
    const fn as_recorded(self) -> Uptime {
        let Self { degraded_ms, down_ms, unknown_ms, .. } = self;
        let up_ms = DAY_MS - degraded_ms - down_ms - unknown_ms;
        Uptime { up_ms, degraded_ms, down_ms, unknown_ms }
    }
}

/// The days that were not wholly up, and those that were imported.
pub type Days = BTreeMap<Day, DayTotals>;

/// Adds the closed interval of one status to the days that it touches; `up` adds nothing. `holes` are
/// those in it, [`merged`](crate::sight::merged). Returns the days that changed.
pub fn add_interval(
    days: &mut Days,
    status: Status,
    from: UnixMs,
    to: UnixMs,
    holes: &[Hole],
) -> Vec<Day> {
    if status == Status::Up || to <= from {
        return Vec::new();
    }
    let mut changed = Vec::new();
    let mut day = from.day();
    while day.start() < to {
        let (start, end) = (from.max(day.start()), to.min(day.next().start()));
        let ms = end.since_ms(start);
        let totals = days.entry(day).or_default();
        match status {
            _ if totals.imported => {}
            Status::Degraded => totals.degraded_ms += ms,
            Status::Down => totals.down_ms += ms,
            _ => totals.unknown_ms += ms,
        }
        if !totals.imported {
            totals.blind_ms += blind_ms(start, end, holes);
        }
        changed.push(day);
        day = day.next();
    }
    changed
}

/// Milliseconds of `[from, to)` that lie in holes.
fn blind_ms(from: UnixMs, to: UnixMs, holes: &[Hole]) -> i64 {
    holes.iter().map(|hole| overlap_ms(from, to, hole.start, hole.end)).sum()
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

    /// Time in which it was not up, as far as anybody knows, in ms.
    const fn off_ms(&self) -> i64 {
        self.degraded_ms + self.down_ms + self.unknown_ms
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
    /// Blind time, [`merged`](crate::sight::merged): nobody can say that a service was up in it. Time
    /// that was already down stays down, because it was so before and after.
    pub holes: &'a [Hole],
}

impl Timeline<'_> {
    /// The first day of which anything is known.
    #[must_use]
    pub fn first_day(&self) -> Day {
        let mut imported = self.days.iter().filter(|(_, totals)| totals.imported);
        imported.next().map_or(self.created.day(), |(day, _)| self.created.day().min(*day))
    }

    /// How `day` was until `now`. All zero before the service was created, unless it was imported, and
    /// in the future.
    #[must_use]
    pub fn day(&self, day: Day, now: UnixMs) -> Uptime {
        if let Some(whole) = self.days.get(&day).filter(|totals| totals.imported) {
            return whole.as_recorded();
        }
        let start = day.start().max(self.created);
        let end = day.next().start().min(now);
        let total_ms = end.since_ms(start).max(0);
        let mut off = self.days.get(&day).copied().unwrap_or_default();
        let mut open = Days::new();
        add_interval(&mut open, self.status, self.since.max(start), end, self.holes);
        if let Some(more) = open.get(&day) {
            off.degraded_ms += more.degraded_ms;
            off.down_ms += more.down_ms;
            off.unknown_ms += more.unknown_ms;
            off.blind_ms += more.blind_ms;
        }
        let heard_ms = (total_ms - off.degraded_ms - off.down_ms - off.unknown_ms).max(0);
        let blind_ms = (blind_ms(start, end, self.holes) - off.blind_ms).max(0);
        let up_ms = (heard_ms - blind_ms).max(0);
        Uptime {
            up_ms,
            degraded_ms: off.degraded_ms,
            down_ms: off.down_ms,
            unknown_ms: off.unknown_ms + (heard_ms - up_ms),
        }
    }

    /// The days from `first` to `last`, both included, of which something was not up until `now`, or
    /// nothing is known between those that were imported and the creation, oldest first. All others
    /// were wholly up, or lie before the first day. Costs no more than there is to tell, however long
    /// the time.
    #[must_use]
    pub fn uneven_days(&self, first: Day, last: Day, now: UnixMs) -> Vec<(Day, Uptime)> {
        let first = first.max(self.first_day());
        if first > last {
            return Vec::new();
        }
        let mut touched: Vec<i64> = self.days.range(first..=last).map(|(day, _)| day.0).collect();
        let within = |from: Day, to: Day| from.max(first).0..=to.min(last).0;
        for hole in self.holes {
            touched.extend(within(hole.start.day(), hole.end.day()));
        }
        touched.extend(first.0..self.created.day().0.min(last.0 + 1));
        if self.status != Status::Up {
            touched.extend(within(self.since.day(), last));
        }
        touched.sort_unstable();
        touched.dedup();
        let days = touched.into_iter().map(|day| (Day(day), self.day(Day(day), now)));
        let is_blank = |day: Day, uptime| day < self.created.day() && uptime == Uptime::default();
        days.filter(|(day, uptime)| uptime.off_ms() > 0 || is_blank(*day, *uptime)).collect()
    }

    /// All of the days from `first` to `last` together until `now`, where `uneven` are those of
    /// [`Timeline::uneven_days`].
    #[must_use]
    pub fn total(&self, first: Day, last: Day, now: UnixMs, uneven: &[(Day, Uptime)]) -> Uptime {
        if first > last {
            return Uptime::default();
        }
        let from = first.start().max(self.created);
        let until = last.next().start().min(now);
        let imported = self.days.range(first..=last).filter(|(_, totals)| totals.imported);
        // Those count whole, whatever else of them we saw.
        let more_ms: i64 = imported
            .map(|(day, _)| {
                DAY_MS - overlap_ms(day.start(), day.next().start(), from, until).max(0)
            })
            .sum();
        let whole_ms = until.since_ms(from).max(0) + more_ms;
        let mut sum = uneven.iter().fold(Uptime::default(), |sum, (_, day)| sum.plus(*day));
        sum.up_ms = whole_ms - sum.off_ms();
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
