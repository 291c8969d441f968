//! One service on the page.

use flatline_domain::uptime::Timeline;
use flatline_domain::{Day, Days, Reason, ServiceRecord, UnixMs, Uptime};
use flatline_shared::render::duration::words;
use flatline_shared::render::percent::percent;
use flatline_shared::render::time::utc;
use serde::Serialize;

use super::Moment;
use crate::board::{Standing, Watched};
use crate::reading::Past;

/// One service.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Where links to it lead.
    pub anchor: String,
    /// What people call it.
    pub name: String,
    /// Its identity, where that is not its name.
    pub id: Option<String>,
    /// What was written about it in the configuration.
    pub description: Option<String>,
    /// How it is.
    #[serde(skip)]
    pub standing: Standing,
    /// The class of its standing.
    pub class: &'static str,
    /// The word of its standing.
    pub word: &'static str,
    /// Since when, where that is known.
    pub since: Option<Moment>,
    /// The newest heartbeat.
    pub last_beat: Option<Moment>,
    /// What is said where there is none.
    pub unheard: &'static str,
    /// Why it is down or degraded, where that is known.
    pub reason: Option<String>,
    /// What else is to be known.
    pub note: Option<String>,
    /// Its uptime, where something is known.
    pub uptime: Option<String>,
}

/// What uptime is computed from, besides the record.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// Bad days and blind time.
    pub past: &'a Past,
    /// The first day that counts.
    pub first: Day,
    /// Where knowledge ends: now, or the last tick if the checker stands.
    pub until: UnixMs,
}

impl Row {
    /// The row of this service.
    pub fn of(watched: &Watched<'_>, anchor: String, span: Option<&Span<'_>>, now: UnixMs) -> Self {
        let spec = &watched.service.spec;
        let record = watched.record;
        Self {
            anchor,
            name: spec.name.clone(),
            id: (spec.id != spec.name).then(|| spec.id.clone()),
            description: watched.service.description.clone(),
            standing: watched.standing,
            class: watched.standing.class(),
            word: watched.standing.word(),
            since: since(watched).map(|at| Moment::of(at, now)),
            unheard: unheard(watched.standing),
            reason: reason(watched),
            note: note(watched),
            last_beat: record.and_then(|record| record.last_beat).map(|at| Moment::of(at, now)),
            uptime: record.zip(span).and_then(|(record, span)| uptime(record, span)),
        }
    }
}

/// Since when a service is how it is. `None`: nobody knows.
fn since(watched: &Watched<'_>) -> Option<UnixMs> {
    let record = watched.record?;
    match watched.standing {
        Standing::Late => Some(record.due(&watched.service.spec)),
        Standing::Unreadable | Standing::Unknown => None,
        Standing::Paused if !record.status.is_out() => None,
        Standing::Paused | Standing::Down | Standing::Degraded | Standing::Up => {
            Some(record.status_since)
        }
    }
}

/// What is said where no heartbeat was ever heard.
const fn unheard(standing: Standing) -> &'static str {
    match standing {
        Standing::Unknown => "Waiting for the first heartbeat",
        Standing::Down => "Never reported",
        Standing::Unreadable => "Its record cannot be read; the log says why",
        Standing::Late | Standing::Degraded | Standing::Up | Standing::Paused => "No heartbeat yet",
    }
}

/// Why a service is in trouble. Of one that never reported [`unheard`] says so.
fn reason(watched: &Watched<'_>) -> Option<String> {
    if !matches!(watched.standing, Standing::Down | Standing::Degraded) {
        return None;
    }
    match watched.reason()? {
        Reason::Reported => Some("Reported by the service".to_owned()),
        Reason::Silence => Some(format!("Silent since {}", utc(watched.record?.last_beat?))),
        _ => None,
    }
}

fn note(watched: &Watched<'_>) -> Option<String> {
    let allowed = |record: &ServiceRecord| {
        let allowed_ms = record.allowed_ms(&watched.service.spec)?;
        Some(format!("Allowed silence {}", words(allowed_ms)))
    };
    match watched.standing {
        Standing::Unreadable => None,
        Standing::Paused => Some("Nobody is told".to_owned()),
        Standing::Down | Standing::Degraded | Standing::Late | Standing::Unknown | Standing::Up => {
            watched.record.and_then(allowed)
        }
    }
}

/// The share of the known time that was up.
fn uptime(record: &ServiceRecord, span: &Span<'_>) -> Option<String> {
    let none = Days::new();
    let timeline = Timeline {
        days: span.past.days.get(&record.id).unwrap_or(&none),
        created: record.configured_at,
        status: record.status,
        since: record.status_since,
        holes: &span.past.holes,
    };
    let first = span.first.max(record.configured_at.day());
    timeline
        .days(first, span.until.day(), span.until)
        .fold(Uptime::default(), |sum, (_, day)| sum.plus(day))
        .percentage()
        .map(percent)
}
