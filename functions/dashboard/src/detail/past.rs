//! How a service was: periods, the strip of days, the last 24 hours, incidents.

use flatline_domain::uptime::Timeline;
use flatline_domain::{Day, Status, Transition, UnixMs, Uptime};
use flatline_shared::render::duration::words;
use flatline_shared::store::Incident;
use serde::Serialize;

use super::{Period, SHOWN};
use crate::banner::{Checker, Vigil};
use crate::dossier::Past;
use crate::look::Set;
use crate::page::{Moment, Spell, Strip, first_day, share};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Periods in days, today included.
const PERIODS: [u32; 3] = [7, 30, 90];

/// A part of the last 24 hours.
#[derive(Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// The class of the status.
    pub class: &'static str,
    /// Its beginning, in minutes from 24 hours ago.
    pub from: i64,
    /// How long, in minutes; at least one, or it would not be seen.
    pub minutes: i64,
    /// `Down for 12 min`.
    pub text: String,
}

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
    /// Incidents that are kept.
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
pub fn periods(past: &Past, history: &[Transition], set: &Set, until: UnixMs) -> Vec<Period> {
    let Some(timeline) = past.timeline() else { return Vec::new() };
    let of_days = |days: u32| {
        let (first, last) = (first_day(until, days), until.day());
        let uneven = timeline.uneven_days(first, last, until);
        let total = timeline.total(first, last, until, &uneven);
        Period { name: format!("{days} days"), share: share(&total, set) }
    };
    let recent = sum(&stretches(past, history, until.plus_ms(-DAY_MS), until));
    let day = Period { name: "24 hours".to_owned(), share: share(&recent, set) };
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

/// The last 24 hours, oldest first; what was wholly up is not drawn. After `until` nothing is known.
pub fn last_day(past: &Past, history: &[Transition], until: UnixMs, now: UnixMs) -> Vec<Stretch> {
    let begin = now.plus_ms(-DAY_MS);
    let stretch = |&(status, from, to): &(Status, UnixMs, UnixMs)| {
        let (class, word) = named(status)?;
        let minutes = to.since_ms(from).div_euclid(MINUTE_MS).max(1);
        Some(Stretch {
            class,
            from: from.since_ms(begin).div_euclid(MINUTE_MS).min(24 * 60 - 1),
            minutes,
            text: format!("{word} for {}", words(to.since_ms(from))),
        })
    };
    let blind = (Status::Unknown, until.max(begin), now);
    let blind = (until < now && past.record.is_some()).then_some(blind);
    stretches(past, history, begin, until).iter().chain(&blind).filter_map(stretch).collect()
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
    /// Of all incidents that are kept.
    pub fn of(past: &Past, now: UnixMs) -> Self {
        let ended: Vec<i64> = past
            .incidents
            .iter()
            .filter_map(|incident| Some(incident.end?.since_ms(incident.start)))
            .collect();
        let count = past.incidents.len() as i64;
        let observed_ms = past.record.as_ref().map(|record| now.since_ms(record.configured_at));
        Self {
            incidents: past.incidents.len(),
            mttr: (!ended.is_empty())
                .then(|| words(ended.iter().sum::<i64>() / ended.len() as i64)),
            mtbf: observed_ms.filter(|_| count > 0).map(|ms| words(ms / count)),
        }
    }
}

/// What the status was, from `begin` to `end`, oldest first.
fn stretches(
    past: &Past,
    history: &[Transition],
    begin: UnixMs,
    end: UnixMs,
) -> Vec<(Status, UnixMs, UnixMs)> {
    let Some(record) = &past.record else { return Vec::new() };
    let closed = history.iter().map(|one| (one.from, one.since, one.at));
    let open = (record.status, record.status_since, end);
    let mut found: Vec<_> = closed
        .chain([open])
        .map(|(status, from, to)| (status, from.max(begin), to.min(end)))
        .filter(|(_, from, to)| from < to)
        .collect();
    found.sort_by_key(|(_, from, _)| *from);
    found
}

fn sum(stretches: &[(Status, UnixMs, UnixMs)]) -> Uptime {
    let mut sum = Uptime::default();
    for (status, from, to) in stretches {
        let ms = to.since_ms(*from);
        match status {
            Status::Up => sum.up_ms += ms,
            Status::Degraded => sum.degraded_ms += ms,
            Status::Down => sum.down_ms += ms,
            Status::Unknown | Status::Paused | Status::Closed => sum.unknown_ms += ms,
        }
    }
    sum
}

/// Class and word of a status that is drawn.
const fn named(status: Status) -> Option<(&'static str, &'static str)> {
    match status {
        Status::Up => None,
        Status::Degraded => Some(("degraded", "Degraded")),
        Status::Down => Some(("down", "Down")),
        Status::Unknown | Status::Closed => Some(("unknown", "Unknown")),
        Status::Paused => Some(("paused", "Disabled")),
    }
}
