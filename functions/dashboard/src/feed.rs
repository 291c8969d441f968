//! The alerts as a page: what changed and what other tools sent, newest first.

use flatline_domain::UnixMs;
use flatline_shared::store::FeedEntry;
use serde::Serialize;

use crate::page::{Moment, Piece, Switches, address, pieces};

/// Alerts on one page, but for those of one instant.
const SHOWN: usize = 50;

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
    /// The page of these entries, of which older ones than `before` are shown.
    pub fn of(
        feed: &[FeedEntry],
        asked: &str,
        before: UnixMs,
        now: UnixMs,
        switches: Switches,
    ) -> Self {
        let asked = KINDS.iter().find(|(kind, _)| *kind == asked).map_or("", |(kind, _)| kind);
        let wanted = feed.iter().filter(|entry| is_of(entry, asked));
        let lines = wanted.map(|entry| (entry.at, AlertLine::of(entry, now)));
        Self::with(lines, asked, before, now, switches)
    }

    /// Nothing of this kind, for who may not see it.
    pub fn closed(asked: &'static str, now: UnixMs, switches: Switches) -> Self {
        let nothing = std::iter::empty();
        Self { closed: true, ..Self::with(nothing, asked, UnixMs::NEVER, now, switches) }
    }

    /// The page of these lines, newest first, of which older ones than `before` are shown.
    pub fn with(
        lines: impl Iterator<Item = (UnixMs, AlertLine)>,
        asked: &str,
        before: UnixMs,
        now: UnixMs,
        switches: Switches,
    ) -> Self {
        let mut lines = lines.filter(|(at, _)| *at < before).peekable();
        let mut shown: Vec<(UnixMs, AlertLine)> = lines.by_ref().take(SHOWN).collect();
        let oldest = shown.last().map(|(at, _)| *at);
        // What came in one instant stays together: the next page begins with what is older.
        while let Some(line) = lines.next_if(|(at, _)| Some(*at) == oldest) {
            shown.push(line);
        }
        let oldest = oldest.filter(|_| lines.peek().is_some());
        Self {
            brief: "Alerts",
            kinds: KINDS
                .iter()
                .map(|&(kind, word)| Kind {
                    word,
                    href: if kind.is_empty() {
                        "alerts".to_owned()
                    } else {
                        format!("?kind={kind}")
                    },
                    current: kind == asked,
                })
                .collect(),
            older: oldest.map(|at| format!("?kind={asked}&before={}", at.0)),
            alerts: shown.into_iter().map(|(_, line)| line).collect(),
            closed: false,
            read: Moment::of(now, now),
            switches,
        }
    }
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
mod tests {
    use super::*;
    use crate::fixture::{MINUTE_MS, NOW, config};

    fn entry(minutes_ago: i64, severity: &str, source: &str) -> FeedEntry {
        FeedEntry {
            id: minutes_ago.to_string(),
            at: NOW.plus_ms(-minutes_ago * MINUTE_MS),
            title: format!("{severity} {minutes_ago}"),
            message: String::new(),
            severity: severity.to_owned(),
            source: source.to_owned(),
            service_id: None,
            status: None,
            muted: false,
            ..FeedEntry::default()
        }
    }

    fn page(feed: &[FeedEntry], kind: &str, before: UnixMs) -> FeedPage {
        let switches = Switches::of(&config(Vec::new(), &[]).settings);
        FeedPage::of(feed, kind, before, NOW, switches)
    }

    #[test]
    fn a_kind_leaves_the_others_out() {
        let rows = [
            ("", 5),
            ("critical", 2),
            ("warning", 2),
            ("info", 1),
            ("services", 1),
            ("external", 4),
            ("nonsense", 5),
        ];
        for (kind, expected) in rows {
            let feed = vec![
                entry(1, "critical", OURSELVES),
                entry(2, "Error", "grafana"),
                entry(3, "warning", "grafana"),
                entry(4, "info", "grafana"),
                entry(5, "odd", "grafana"),
            ];
            assert_eq!(page(&feed, kind, UnixMs::NEVER).alerts.len(), expected, "{kind}");
        }
    }

    #[test]
    fn what_is_over_is_no_trouble_and_what_was_not_told_is_shown() {
        let mut over = entry(1, "critical", "grafana");
        over.status = Some("resolved".to_owned());
        let mut firing = entry(2, "critical", "grafana");
        firing.status = Some("firing".to_owned());
        firing.undelivered = vec!["Channel 'x' is disabled".to_owned()];
        let feed = [over, firing];
        let all = page(&feed, "", UnixMs::NEVER).alerts;
        let shown: Vec<_> = all.iter().map(|line| (line.class, line.severity.as_str())).collect();
        assert_eq!(shown, [("up", "resolved"), ("down", "critical")]);
        assert_eq!(all[1].undelivered, ["Channel 'x' is disabled"]);
        assert_eq!(page(&feed, "critical", UnixMs::NEVER).alerts.len(), 1);
        assert_eq!(page(&feed, "info", UnixMs::NEVER).alerts.len(), 1);
    }

    #[test]
    fn older_alerts_are_on_further_pages() {
        let feed = || (1..=70).map(|minute| entry(minute, "info", "x")).collect::<Vec<_>>();
        let first = page(&feed(), "info", UnixMs::NEVER);
        assert_eq!(first.alerts.len(), 50);
        let before = NOW.plus_ms(-50 * MINUTE_MS);
        assert_eq!(first.older, Some(format!("?kind=info&before={}", before.0)));
        let second = page(&feed(), "info", before);
        assert_eq!((second.alerts.len(), second.older), (20, None));
    }

    #[test]
    fn alerts_of_one_instant_are_on_one_page() {
        let minute = |n: i64| if n <= 10 { n } else { 11 + (n / 80) };
        let feed: Vec<_> = (1..=90).map(|n| entry(minute(n), "info", "x")).collect();
        let first = page(&feed, "", UnixMs::NEVER);
        assert_eq!(first.alerts.len(), 79);
        let before = NOW.plus_ms(-11 * MINUTE_MS);
        assert_eq!(first.older, Some(format!("?kind=&before={}", before.0)));
        let second = page(&feed, "", before);
        assert_eq!((second.alerts.len(), second.older), (11, None));
    }
}
