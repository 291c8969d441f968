//! One service on the page.

use flatline_domain::uptime::Timeline;
use flatline_domain::{Day, Days, Reason, ServiceRecord, UnixMs, Uptime};
use flatline_shared::render::duration::words;
use flatline_shared::render::percent::percent;
use serde::Serialize;

use super::strip::{Spell, Strip};
use super::{Moment, address, first_day};
use crate::banner::Checker;
use crate::board::{Standing, Watched};
use crate::look::Set;
use crate::reading::Past;

/// One service.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its own page.
    pub href: String,
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
    pub reason: Option<&'static str>,
    /// Since when it is silent, where that is why.
    pub silent_since: Option<Moment>,
    /// What else is to be known.
    pub note: Option<String>,
    /// Its uptime, where something is known.
    pub uptime: Option<Share>,
    /// Its days, where they can be read.
    pub strip: Option<Strip>,
    /// The class of the levels of its days.
    pub set_class: String,
    /// Not wanted now.
    pub hidden: bool,
}

/// A share of the known time.
#[derive(Debug, PartialEq, Serialize)]
pub struct Share {
    /// `99.95 %`.
    pub text: String,
    /// The classes of its level.
    pub class: String,
    /// What its level is called.
    pub label: String,
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
    /// The last day that is shown.
    pub today: Day,
}

impl Row {
    /// The row of this service.
    pub fn of(watched: &Watched<'_>, span: Option<&Span<'_>>, set: &Set, now: UnixMs) -> Self {
        let spec = &watched.service.spec;
        let record = watched.record;
        let readable = record.filter(|record| span.is_none_or(|span| span.knows(record)));
        let (uptime, strip) = match readable.zip(span) {
            Some((record, span)) => {
                let (uptime, strip) = past(record, span, set);
                (uptime, Some(strip))
            }
            None => (None, None),
        };
        let reason = reason(watched);
        let silent = reason == Some(Reason::Silence);
        Self {
            href: address::service(&spec.id),
            name: spec.name.clone(),
            id: (spec.id != spec.name).then(|| spec.id.clone()),
            description: watched.service.description.clone(),
            standing: watched.standing,
            class: watched.standing.class(),
            word: watched.standing.word(),
            since: since(watched).map(|at| Moment::of(at, now)),
            unheard: unheard(watched.standing),
            reason: (reason == Some(Reason::Reported)).then_some("Reported by the service"),
            silent_since: record
                .filter(|_| silent)
                .and_then(|record| record.last_beat)
                .map(|at| Moment::of(at, now)),
            note: if readable.is_none() && record.is_some() {
                Some("Its days cannot be read; the log says why".to_owned())
            } else {
                note(watched)
            },
            last_beat: record.and_then(|record| record.last_beat).map(|at| Moment::of(at, now)),
            uptime,
            strip,
            set_class: set.class.clone(),
            hidden: false,
        }
    }
}

/// Since when a service is how it is. `None`: nobody knows.
pub fn since(watched: &Watched<'_>) -> Option<UnixMs> {
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
fn reason(watched: &Watched<'_>) -> Option<Reason> {
    let told = matches!(watched.standing, Standing::Down | Standing::Degraded);
    watched.reason().filter(|_| told)
}

fn note(watched: &Watched<'_>) -> Option<String> {
    let allowed = |record: &ServiceRecord| {
        let allowed_ms = record.allowed_ms(&watched.service.spec)?;
        Some(format!("Allowed silence {}", words(allowed_ms)))
    };
    match watched.standing {
        Standing::Unreadable | Standing::Up => None,
        Standing::Paused => Some("Nobody is told".to_owned()),
        Standing::Down | Standing::Degraded | Standing::Late | Standing::Unknown => {
            watched.record.and_then(allowed)
        }
    }
}

/// The share of the known time that was up, and the days.
fn past(record: &ServiceRecord, span: &Span<'_>, set: &Set) -> (Option<Share>, Strip) {
    let (created, uneven, total) = span.of(record);
    let strip =
        Strip::of(&Spell { first: span.first, last: span.today, created, uneven: &uneven, set });
    (share(&total, set), strip)
}

impl<'a> Span<'a> {
    /// The last so many days, today included.
    pub fn of_days(past: &'a Past, days: u32, checker: Checker, now: UnixMs) -> Self {
        Self {
            past,
            first: first_day(now, days),
            until: checker.known_until(now),
            today: now.day(),
        }
    }

    /// The uptime of the service with this record. `None`: its days cannot be read.
    pub fn total(&self, record: &ServiceRecord) -> Option<Uptime> {
        self.knows(record).then(|| self.of(record).2)
    }

    /// Whether its days can be read.
    fn knows(&self, record: &ServiceRecord) -> bool {
        !self.past.broken.contains(&record.id)
    }

    /// The first day of which anything is known, the days that were not wholly up, and all together.
    fn of(&self, record: &ServiceRecord) -> (Day, Vec<(Day, Uptime)>, Uptime) {
        let none = Days::new();
        let timeline = Timeline {
            days: self.past.days.get(&record.id).unwrap_or(&none),
            created: record.configured_at,
            status: record.status,
            since: record.status_since,
            holes: &self.past.holes,
        };
        let last = self.until.day();
        let uneven = timeline.uneven_days(self.first, last, self.until);
        let total = timeline.total(self.first, last, self.until, &uneven);
        (timeline.first_day(), uneven, total)
    }
}

/// The share of the known time that was up, in words and colour.
pub fn share(total: &Uptime, set: &Set) -> Option<Share> {
    let percentage = total.percentage()?;
    let level = set.level(percentage);
    Some(Share {
        text: percent(percentage),
        class: level
            .map(|level| format!("{} {}", level.class, level.name_class))
            .unwrap_or_default(),
        label: level.map(|level| level.label.clone()).unwrap_or_default(),
    })
}
