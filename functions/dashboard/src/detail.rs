//! What the page of one service shows, in words: a pure function of what was read.

mod hours;
mod pace;
mod past;
mod recipes;

use flatline_domain::{Membership, Transition, UnixMs};
use flatline_shared::config::Service;
use flatline_shared::http::Reader;
use flatline_shared::render::duration::words;
use flatline_shared::store::{DeliveryLogEntry, LogEntry};
use serde::Serialize;

use self::hours::Hours;
pub use self::hours::SPAN_MS;
use self::pace::Pace;
use self::past::{IncidentLine, Reliability};
use self::recipes::Recipe;
use crate::banner::{Checker, Trouble};
use crate::board::{Standing, Watched};
use crate::dossier::{Dossier, Past};
use crate::logs::{Heard, LogsAnswer};
use crate::look::{Level, Set};
use crate::page::{Moment, Share, Strip, Switches, first_day};

/// At most so many incidents, heartbeats and deliveries are shown.
pub const SHOWN: usize = 20;

/// Everything that the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The service.
    pub watched: &'a Watched<'a>,
    /// What its group is called.
    pub group: Option<&'a str>,
    /// Record, days, holes and incidents.
    pub dossier: &'a Dossier,
    /// Its transitions of the last 24 hours, oldest first.
    pub history: &'a [Transition],
    /// Its newest heartbeats with content, newest first.
    pub rows: &'a [LogEntry],
    /// Its newest deliveries, newest first; none for who may not see them.
    pub deliveries: &'a [DeliveryLogEntry],
    /// How much may be shown.
    pub reader: Reader,
    /// The levels of its uptime.
    pub set: &'a Set,
    /// Days that the strip goes back.
    pub retention_days: u32,
    /// Where heartbeats go, without a trailing slash.
    pub base_url: &'a str,
    /// When the database was read.
    pub read_at: UnixMs,
    /// Now.
    pub now: UnixMs,
}

/// The page of one service.
#[derive(Debug, Serialize)]
pub struct Detail {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its id as a segment of a path.
    pub segment: String,
    /// Its id as a value in a query.
    pub value: String,
    /// What was written about it.
    pub description: Option<String>,
    /// Its group.
    pub group: Option<String>,
    /// The class of its standing.
    pub class: &'static str,
    /// The word of its standing.
    pub word: &'static str,
    /// `API: Down`, for the title of a window.
    pub brief: String,
    /// Why nobody judges that, if nobody does.
    pub blind: Option<Trouble>,
    /// Since when it is so.
    pub since: Option<Moment>,
    /// The newest heartbeat.
    pub last_beat: Option<Moment>,
    /// When silence becomes too long.
    pub deadline: Option<Deadline>,
    /// Silence that is allowed.
    pub window: String,
    /// Uptime of some periods.
    pub shares: Vec<Period>,
    /// Its days.
    pub strip: Option<Strip>,
    /// The class of the levels of its days.
    pub set_class: String,
    /// What their colours mean.
    pub legend: Vec<Level>,
    /// Days that the strip goes back.
    pub retention_days: u32,
    /// The last 24 hours.
    pub day: Hours,
    /// How often heartbeats come.
    pub pace: Option<Pace>,
    /// How long trouble lasts, and how seldom it is.
    pub reliability: Reliability,
    /// The newest incidents.
    pub incidents: Vec<IncidentLine>,
    /// The newest heartbeats.
    pub beats: Vec<Beat>,
    /// Messages are left out.
    pub content_hidden: bool,
    /// The newest deliveries. `None`: may not be seen.
    pub deliveries: Option<Vec<DeliveryLine>>,
    /// How to send a heartbeat.
    pub recipes: Vec<Recipe>,
    /// A key is needed.
    pub needs_key: bool,
    /// When this was read.
    pub read: Moment,
    /// What is shown at all.
    pub switches: Switches,
}

/// When silence becomes too long.
#[derive(Debug, Serialize)]
pub struct Deadline {
    /// When.
    pub at: Moment,
    /// `in 2 min`, or how long ago.
    pub text: String,
}

/// Uptime of a period that ends now.
#[derive(Debug, Serialize)]
pub struct Period {
    /// `24 hours`, `7 days`.
    pub name: String,
    /// `None`: nothing is known of it.
    pub share: Option<Share>,
}

/// One heartbeat.
#[derive(Debug, Serialize)]
pub struct Beat {
    /// When.
    pub at: Moment,
    /// `up`, `degraded` or `down`.
    pub status: &'static str,
    /// What it said.
    pub message: Option<String>,
    /// How long its job took.
    pub took: Option<String>,
}

/// One delivery.
#[derive(Debug, Serialize)]
pub struct DeliveryLine {
    /// When it ended.
    pub at: Moment,
    /// What was told.
    pub event: &'static str,
    /// Whom.
    pub channel: String,
    /// How it ended.
    pub ending: String,
    /// The receiver's answer.
    pub answer: String,
}

impl Detail {
    /// The page of these sources.
    pub fn of(sources: &Sources<'_>, switches: Switches) -> Self {
        let Sources { watched, now, set, .. } = *sources;
        let (service, standing) = (watched.service, watched.standing);
        let none = Past::default();
        let past = sources.dossier.past.as_ref().unwrap_or(&none);
        let until = past.known_until(&sources.dossier.vigil, now);
        let stretches =
            hours::stretches(past, sources.history, now.plus_ms(-SPAN_MS), (until, now));
        let first = first_day(now, sources.retention_days).start();
        let blind = Checker::of(&sources.dossier.vigil, now).trouble();
        let spec = &service.spec;
        let moment = |at: UnixMs| Moment::of(at, now);
        let last_beat = watched.record.and_then(|record| record.last_beat);
        Self {
            name: spec.name.clone(),
            id: spec.id.clone(),
            segment: crate::page::address::segment(&spec.id),
            value: crate::page::address::value(&spec.id),
            description: service.description.clone(),
            group: sources.group.map(str::to_owned),
            class: standing.class(),
            word: standing.word(),
            brief: {
                let state = blind.as_ref().map_or(standing.word(), |blind| blind.brief);
                format!("{}: {state}", spec.name)
            },
            since: crate::page::since(watched).filter(|_| blind.is_none()).map(moment),
            blind,
            last_beat: last_beat.map(moment),
            deadline: deadline(watched, now),
            window: words(spec.window_ms),
            shares: past::periods(past, &hours::sum(&stretches, until), set, until),
            strip: past::strip(past, set, sources.retention_days, until, now),
            set_class: set.class.clone(),
            legend: set.levels.clone(),
            retention_days: sources.retention_days,
            day: Hours::of(&stretches, now),
            pace: Pace::of(past, sources.rows, spec.window_ms),
            reliability: Reliability::of(past, first, now),
            incidents: past::incidents(past, now),
            beats: beats(sources, now),
            content_hidden: sources.reader == Reader::Public
                && sources.rows.iter().any(|row| row.message.is_some()),
            deliveries: (sources.reader == Reader::Full).then(|| {
                sources.deliveries.iter().map(|entry| DeliveryLine::of(entry, now)).collect()
            }),
            recipes: recipes::of(service, sources.base_url),
            needs_key: service.auth_required,
            read: moment(sources.read_at),
            switches,
        }
    }
}

fn deadline(watched: &Watched<'_>, now: UnixMs) -> Option<Deadline> {
    let record = watched.record?;
    let spec = &watched.service.spec;
    if spec.membership != Membership::Active || watched.standing == Standing::Unreadable {
        return None;
    }
    let due = record.due(spec);
    (due < UnixMs::NEVER).then(|| Deadline {
        at: Moment::of(due, now),
        text: if due > now {
            format!("in {}", words(due.since_ms(now)))
        } else {
            format!("{} ago", words(now.since_ms(due)))
        },
    })
}

fn beats(sources: &Sources<'_>, now: UnixMs) -> Vec<Beat> {
    let heard = Heard { record: sources.watched.record, rows: sources.rows, since: None };
    let lines = LogsAnswer::of("", &heard, SHOWN, sources.reader).logs;
    let beat = |line: crate::logs::LogLine| {
        let at = flatline_shared::render::time::parse_rfc3339(&line.timestamp)?;
        Some(Beat {
            at: Moment::of(at, now),
            status: line.status,
            message: line.message,
            took: line.duration_ms.map(words),
        })
    };
    lines.into_iter().filter_map(beat).collect()
}

impl DeliveryLine {
    fn of(entry: &DeliveryLogEntry, now: UnixMs) -> Self {
        Self {
            at: Moment::of(entry.at, now),
            event: entry.event.as_str(),
            channel: entry.channel.clone(),
            ending: format!("{:?}", entry.ending).to_lowercase(),
            answer: entry.answer.clone(),
        }
    }
}

/// The service with this id, as it is shown.
pub fn shown<'a>(services: &'a [Service], id: &str) -> Option<&'a Service> {
    let is_it = |service: &&Service| service.spec.id == id;
    services.iter().find(is_it).filter(|service| service.spec.membership != Membership::Closed)
}
