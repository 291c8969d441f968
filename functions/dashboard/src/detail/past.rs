//! How a service was: periods, the strip of days, the last 24 hours, incidents.

use flatline_domain::uptime::Timeline;
use flatline_domain::{Day, Status, UnixMs, Uptime};
use flatline_shared::render::duration::words;
use flatline_shared::store::Incident;
use serde::Serialize;

use super::{Period, SHOWN};
use crate::banner::{Checker, Vigil};
use crate::dossier::Past;
use crate::look::Set;
use crate::page::{Moment, Spell, Strip, first_day, share};

/// Periods in days, today included.
const PERIODS: [u32; 3] = [7, 30, 90];

/// One incident.
#[derive(Debug, Serialize)]
pub struct IncidentLine {
    /// When it began.
    pub start: Moment,
    /// How long it lasted, or lasts.
    pub lasted: String,
    /// It lasts.
    pub open: bool,
    /// The class of the worst status in it.
    pub class: &'static str,
    /// The word of the worst status in it.
    pub word: &'static str,
    /// Why it began.
    pub reason: &'static str,
}

/// How long trouble lasts, and how seldom it is.
#[derive(Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// Incidents of the days that are shown.
    pub incidents: usize,
    /// Mean time to recovery, of the incidents that ended.
    pub mttr: Option<String>,
    /// Mean time between two beginnings.
    pub mtbf: Option<String>,
}

impl Past {
    /// Where knowledge ends: now, or the last tick or proof if the checker stands or is deaf; but what was committed
    /// since is known all the same.
    pub fn known_until(&self, vigil: &Vigil, now: UnixMs) -> UnixMs {
        let judged = Checker::of(vigil, now).known_until(now);
        let committed = self.record.as_ref().map(|record| record.status_since);
        committed.map_or(judged, |at| judged.max(at.min(now)))
    }

    fn timeline(&self) -> Option<Timeline<'_>> {
        let record = self.record.as_ref()?;
        Some(Timeline {
            days: &self.days,
            created: record.configured_at,
            status: record.status,
            since: record.status_since,
            holes: &self.holes,
        })
    }
}

/// Uptime of the last 24 hours and of some days.
pub fn periods(past: &Past, recent: &Uptime, set: &Set, until: UnixMs) -> Vec<Period> {
    let Some(timeline) = past.timeline() else { return Vec::new() };
    let of_days = |days: u32| {
        let (first, last) = (first_day(until, days), until.day());
        let uneven = timeline.uneven_days(first, last, until);
        let total = timeline.total(first, last, until, &uneven);
        Period { name: format!("{days} days"), share: share(&total, set) }
    };
    let day = Period { name: "24 hours".to_owned(), share: share(recent, set) };
    std::iter::once(day).chain(PERIODS.map(of_days)).collect()
}

/// The days of the retention.
pub fn strip(
    past: &Past,
    set: &Set,
    retention_days: u32,
    until: UnixMs,
    now: UnixMs,
) -> Option<Strip> {
    let timeline = past.timeline()?;
    let first = first_day(now, retention_days);
    let uneven = timeline.uneven_days(first, until.day(), until);
    let created: Day = timeline.created.day();
    Some(Strip::of(&Spell { first, last: now.day(), created, uneven: &uneven, set }))
}

/// The newest incidents.
pub fn incidents(past: &Past, now: UnixMs) -> Vec<IncidentLine> {
    let line = |incident: &Incident| {
        let (class, word) = named(incident.kind).unwrap_or(("unknown", "Unknown"));
        IncidentLine {
            start: Moment::of(incident.start, now),
            lasted: words(incident.end.unwrap_or(now).since_ms(incident.start)),
            open: incident.end.is_none(),
            class,
            word,
            reason: match incident.reason.as_str() {
                "silence" => "no heartbeat within its window",
                "reported" => "reported by the service",
                "never-reported" => "never reported",
                _ => "",
            },
        }
    };
    past.incidents.iter().take(SHOWN).map(line).collect()
}

impl Reliability {
    /// Of the incidents since `first`.
    pub fn of(past: &Past, first: UnixMs, now: UnixMs) -> Self {
        // Older ones are being deleted, one after the other.
        let of_span = || past.incidents.iter().filter(|incident| incident.start >= first);
        let ended: Vec<i64> =
            of_span().filter_map(|incident| Some(incident.end?.since_ms(incident.start))).collect();
        let count = of_span().count();
        let observed_ms =
            past.record.as_ref().map(|record| now.since_ms(record.configured_at.max(first)));
        Self {
            incidents: count,
            mttr: (!ended.is_empty())
                .then(|| words(ended.iter().sum::<i64>() / ended.len() as i64)),
            mtbf: observed_ms.filter(|_| count > 0).map(|ms| words(ms / count as i64)),
        }
    }
}

/// Class and word of a status that is drawn.
pub const fn named(status: Status) -> Option<(&'static str, &'static str)> {
    match status {
        Status::Up => None,
        Status::Degraded => Some(("degraded", "Degraded")),
        Status::Down => Some(("down", "Down")),
        Status::Unknown | Status::Closed => Some(("unknown", "Unknown")),
        Status::Paused => Some(("paused", "Disabled")),
    }
}
