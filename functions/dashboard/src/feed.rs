//! The alerts as a page: what changed and what other tools sent, newest first.

mod search;

use flatline_domain::UnixMs;
use flatline_shared::store::{FeedEntry, FeedPlace};
use serde::Serialize;

pub use self::search::{Found, Search};
use crate::page::{Moment, Piece, Switches, address, pieces};
use crate::query::MAX_LIMIT;

/// Alerts on one page.
const SHOWN: usize = 50;

/// The longest id of an entry that a place may have, in bytes; a key of the table has at most 1,024.
const MAX_ID_BYTES: usize = 512;

/// Who writes the feed's entries about services.
pub const OURSELVES: &str = "heartbeat-monitor";

/// What nobody was told yet, or ever.
pub const UNDELIVERED: &str = "undelivered";

/// What can be asked for: the word in the query, and what people call it.
const KINDS: [(&str, &str); 7] = [
    ("", "All"),
    ("critical", "Critical"),
    ("warning", "Warning"),
    ("info", "Info"),
    ("services", "Service status"),
    ("external", "External"),
    (UNDELIVERED, "Undelivered"),
];

/// The page.
#[derive(Debug, Serialize)]
pub struct FeedPage {
    /// For the title of a window.
    pub brief: &'static str,
    /// What can be asked for.
    pub kinds: Vec<Kind>,
    /// The alerts, newest first.
    pub alerts: Vec<AlertLine>,
    /// Where older ones are.
    pub older: Option<String>,
    /// These are for those who signed in.
    pub closed: bool,
    /// When this was read.
    pub read: Moment,
    /// What is shown at all.
    pub switches: Switches,
}

/// One choice.
#[derive(Debug, Serialize)]
pub struct Kind {
    /// What people call it.
    pub word: &'static str,
    /// Shows only these.
    pub href: String,
    /// Only these are shown.
    pub current: bool,
}

/// One alert.
#[derive(Debug, Serialize)]
pub struct AlertLine {
    /// When.
    pub at: Moment,
    /// The class that gives it shape and colour.
    pub class: &'static str,
    /// Its severity in a word.
    pub severity: String,
    /// What it is about.
    pub title: String,
    /// The rest.
    pub message: Vec<Piece>,
    /// `from grafana`, if not from us; of what was not delivered `to On call`.
    pub origin: Option<String>,
    /// The page of its service.
    pub href: Option<String>,
    /// Nobody was told.
    pub muted: bool,
    /// Why channels that it names were not told.
    pub undelivered: Vec<String>,
}

impl FeedPage {
    /// The page of these entries, and of the place after which there may be more.
    pub fn of(found: &Found, asked: &str, now: UnixMs, switches: Switches) -> Self {
        let lines = found.entries.iter().map(|entry| AlertLine::of(entry, now)).collect();
        Self::with(lines, found.rest.as_ref(), known(asked), now, switches)
    }

    /// Nothing of this kind, for who may not see it.
    pub fn closed(asked: &'static str, now: UnixMs, switches: Switches) -> Self {
        Self { closed: true, ..Self::with(Vec::new(), None, asked, now, switches) }
    }

    /// The page of those of these lines, newest first, that come after `before`.
    pub fn part(
        lines: Vec<(FeedPlace, AlertLine)>,
        asked: &'static str,
        before: Option<&FeedPlace>,
        now: UnixMs,
        switches: Switches,
    ) -> Self {
        let older =
            |(place, _): &(FeedPlace, AlertLine)| before.is_none_or(|before| place < before);
        let mut shown: Vec<_> = lines.into_iter().filter(older).take(SHOWN + 1).collect();
        let has_more = shown.len() > SHOWN;
        shown.truncate(SHOWN);
        let rest = shown.last().filter(|_| has_more).map(|(place, _)| place.clone());
        let lines = shown.into_iter().map(|(_, line)| line).collect();
        Self::with(lines, rest.as_ref(), asked, now, switches)
    }

    fn with(
        alerts: Vec<AlertLine>,
        rest: Option<&FeedPlace>,
        asked: &'static str,
        now: UnixMs,
        switches: Switches,
    ) -> Self {
        let kinds = KINDS.iter().map(|&(kind, word)| Kind {
            word,
            href: if kind.is_empty() { "alerts".to_owned() } else { format!("?kind={kind}") },
            current: kind == asked,
        });
        Self {
            brief: "Alerts",
            kinds: kinds.collect(),
            older: rest.map(|place| {
                format!("?kind={asked}&before={}.{}", place.at.0, address::value(&place.id))
            }),
            alerts,
            closed: false,
            read: Moment::of(now, now),
            switches,
        }
    }
}

/// The place that `before` names: milliseconds since 1970, and a dot with the id of the last one seen.
pub fn place(before: &str) -> Option<FeedPlace> {
    let (at, id) = before.split_once('.').unwrap_or((before, ""));
    let id = if id.len() <= MAX_ID_BYTES { id } else { "" };
    Some(FeedPlace { at: UnixMs(at.parse().ok()?), id: id.to_owned() })
}

/// The kind that is asked for; what is none is as good as all.
fn known(asked: &str) -> &'static str {
    KINDS.iter().find(|(kind, _)| *kind == asked).map_or("", |(kind, _)| kind)
}

/// What is shown on a page of this kind.
pub fn search(kind: &str) -> Search<impl Fn(&FeedEntry) -> bool> {
    let kind = known(kind);
    let at_once = if kind.is_empty() { SHOWN + 1 } else { MAX_LIMIT };
    Search { enough: SHOWN, at_once, matches: move |entry: &FeedEntry| is_of(entry, kind) }
}

/// Whether an entry is of this kind. `error` is as bad as `critical`.
fn is_of(entry: &FeedEntry, kind: &str) -> bool {
    match kind {
        "critical" => tone(entry) == "down",
        "warning" => tone(entry) == "degraded",
        "info" => tone(entry) == "up",
        "services" => entry.source == OURSELVES,
        "external" => entry.source != OURSELVES,
        _ => true,
    }
}

/// Whether an alert of another tool is over.
fn is_resolved(entry: &FeedEntry) -> bool {
    entry.status.as_deref() == Some("resolved")
}

/// The class of its severity; what is over is good news, however bad it was.
pub(crate) fn tone(entry: &FeedEntry) -> &'static str {
    if is_resolved(entry) {
        return "up";
    }
    match entry.severity.to_lowercase().as_str() {
        "critical" | "error" => "down",
        "info" | "ok" => "up",
        _ => "degraded",
    }
}

impl AlertLine {
    fn of(entry: &FeedEntry, now: UnixMs) -> Self {
        Self {
            at: Moment::of(entry.at, now),
            class: tone(entry),
            severity: if is_resolved(entry) {
                "resolved".to_owned()
            } else {
                entry.severity.clone()
            },
            title: entry.title.clone(),
            message: pieces(&entry.message),
            origin: (entry.source != OURSELVES).then(|| format!("from {}", entry.source)),
            href: entry.service_id.as_deref().map(address::service),
            muted: entry.muted,
            undelivered: entry.undelivered.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
