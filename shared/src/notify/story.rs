//! What a message says, before any vendor's form: words of ours, and words of others that each
//! channel escapes.

use flatline_domain::{AlertPhase, Event, Status, UnixMs};
use serde_json::{Map, Value, json};

use super::Message;
use super::fit::{Text, one_line};
use crate::render::duration::words;
use crate::render::time::{in_zone, rfc3339};
use crate::store::{Notice, OutboxRow};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Good news.
    Good,
    /// Neither.
    Neutral,
    /// Trouble.
    Warning,
    /// It is down.
    Bad,
}

impl Tone {
    const fn of(status: Status) -> Self {
        match status {
            Status::Down => Self::Bad,
            Status::Degraded => Self::Warning,
            Status::Up => Self::Good,
            _ => Self::Neutral,
        }
    }

    /// A coloured dot.
    #[must_use]
    pub const fn emoji(self) -> &'static str {
        match self {
            Self::Good => "🟢",
            Self::Neutral => "⚪",
            Self::Warning => "🟡",
            Self::Bad => "🔴",
        }
    }

    /// The same as 0xRRGGBB.
    #[must_use]
    pub const fn colour(self) -> u32 {
        match self {
            Self::Good => 0x2e_cc_71,
            Self::Neutral => 0x95_a5_a6,
            Self::Warning => 0xf1_c4_0f,
            Self::Bad => 0xe7_4c_3c,
        }
    }
}

/// One line: a label of ours and what others say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Of ours, or a label of the alert.
    pub label: String,
    /// Words of others, or of ours; to be escaped either way.
    pub value: String,
}

/// What a message says.
#[derive(Clone, Debug)]
pub struct Story {
    /// How bad it is.
    pub tone: Tone,
    /// `DOWN`, `UP`, `DEGRADED`, `STILL DOWN`, `NO LONGER WATCHED`, `TEST`.
    pub word: &'static str,
    /// The same for people: of alerts `ALERT`, `RESOLVED`, `NOTICE`.
    pub badge: &'static str,
    /// What the title begins with: `Service DOWN`.
    pub title: String,
    /// What the title ends with: the name of the service or the title of the alert; words of others.
    pub name: Option<String>,
    /// One sentence of ours.
    pub sentence: String,
    /// A text of others, such as that of an alert.
    pub text: Option<String>,
    /// Details, the most important first.
    pub facts: Vec<Fact>,
    /// Where to read more.
    pub link: Option<String>,
}

/// Writes instants as configured.
struct Zone<'a>(&'a str);

impl Zone<'_> {
    fn write(&self, at: UnixMs) -> String {
        in_zone(at, self.0)
    }
}

impl Story {
    pub(super) fn of(message: &Message<'_>) -> Self {
        if message.is_folded() {
            return folded(message);
        }
        match message.event() {
            Event::Alert => alert(message),
            _ => service(message),
        }
    }

    /// The values that templates may use.
    #[must_use]
    pub fn values(&self, message: &Message<'_>) -> Map<String, Value> {
        let (queued, notice) = (&message.row.delivery.queued, &message.row.delivery.notice);
        let zone = Zone(&message.config.notify.timezone);
        let details = &notice.labels;
        let mut values = Map::new();
        if message.is_about_alert() {
            let all = details.iter().chain(&notice.annotations);
            values.extend(all.map(|(name, value)| (name.clone(), json!(value))));
        }
        let ours = json!({
            "emoji": self.tone.emoji(),
            "eventType": self.word,
            "serviceName": notice.name,
            "serviceId": notice.id,
            "lastSeen": notice.last_seen.map_or_else(|| "never".to_owned(), |at| zone.write(at)),
            "timestamp": zone.write(queued.committed_at),
            "timestampISO": rfc3339(queued.committed_at),
            "message": notice.message.as_deref().unwrap_or_default(),
            "status": if message.is_about_alert() { alert_status(notice) } else { notice.status.as_str() },
            "reason": notice.reason,
            "since": zone.write(notice.at),
            "duration": words(duration_ms(message.row)),
            "link": self.link.as_deref().unwrap_or_default(),
            "metadata": details,
            "title": notice.name,
            "severity": notice.severity.as_deref().unwrap_or_default(),
            "source": notice.reason,
            "labels": details,
            "annotations": notice.annotations,
        });
        values.extend(ours.as_object().cloned().unwrap_or_default());
        values
    }
}

/// `firing` or `resolved`.
pub(super) const fn alert_status(notice: &Notice) -> &'static str {
    notice.alert_phase().as_str()
}

/// How long an alert had fired before this message, in ms. `None`: this is the first of it.
pub(super) fn fired_ms(notice: &Notice) -> Option<i64> {
    let is_first = match notice.alert_phase() {
        AlertPhase::Firing => !notice.previous.is_incident(),
        AlertPhase::Resolved => notice.previous == Status::Unknown,
    };
    (!is_first).then(|| notice.at.since_ms(notice.since))
}

/// How long the trouble lasted (a recovery), or lasts until this message.
fn duration_ms(row: &OutboxRow) -> i64 {
    let notice = &row.delivery.notice;
    match row.delivery.queued.event {
        Event::Alert => fired_ms(notice).unwrap_or(0),
        Event::Up => notice.at.since_ms(notice.since),
        _ => row.delivery.queued.committed_at.since_ms(notice.at),
    }
}

fn service(message: &Message<'_>) -> Story {
    let notice = &message.row.delivery.notice;
    let (word, title) = headline(message);
    let tone = match message.event() {
        Event::Test if notice.status == Status::Unknown => Tone::Neutral,
        _ => Tone::of(notice.status),
    };
    Story {
        tone,
        word,
        badge: word,
        title: title.to_owned(),
        name: Some(notice.name.clone()),
        sentence: sentence(message),
        text: None,
        facts: service_facts(message),
        link: message.link(),
    }
}

fn headline(message: &Message<'_>) -> (&'static str, &'static str) {
    let queued = &message.row.delivery.queued;
    match queued.event {
        Event::Test => trial(message),
        Event::Reminder => ("STILL DOWN", "Service STILL DOWN"),
        _ if queued.closing => ("NO LONGER WATCHED", "Service NO LONGER WATCHED"),
        Event::Up => ("UP", "Service UP"),
        Event::Degraded => ("DEGRADED", "Service DEGRADED"),
        _ => ("DOWN", "Service DOWN"),
    }
}

/// What a message that tries a channel out looks like.
fn trial(message: &Message<'_>) -> (&'static str, &'static str) {
    let n = message.row.delivery.queued.n;
    match message.row.delivery.notice.status {
        _ if message.is_about_alert() => ("ALERT", "Test: Alert"),
        Status::Down if n > 0 => ("STILL DOWN", "Test: Service STILL DOWN"),
        Status::Down => ("DOWN", "Test: Service DOWN"),
        Status::Degraded => ("DEGRADED", "Test: Service DEGRADED"),
        Status::Up => ("UP", "Test: Service UP"),
        _ => ("TEST", "Test message"),
    }
}

/// What happened, in words of ours.
fn sentence(message: &Message<'_>) -> String {
    let queued = &message.row.delivery.queued;
    let notice = &message.row.delivery.notice;
    let lasting = words(duration_ms(message.row));
    let before = if notice.previous == Status::Degraded { "degraded" } else { "down" };
    match (queued.event, notice.reason.as_str()) {
        (Event::Test, _) => "Somebody tries out this channel; nothing has happened.".to_owned(),
        (_, "paused") if queued.closing => {
            "It was paused in the configuration and is not watched any more.".to_owned()
        }
        _ if queued.closing => {
            "It was removed from the configuration and is not watched any more.".to_owned()
        }
        (Event::Reminder, _) => format!("It has been down for {lasting}."),
        (Event::Up, _) => format!("It is up again after being {before} for {lasting}."),
        (Event::Degraded, _) => "It reports that it is degraded.".to_owned(),
        (_, "never-reported") => "It has never sent a heartbeat.".to_owned(),
        (_, "silence") => silence(message.row),
        _ => "It reports that it is down.".to_owned(),
    }
}

fn silence(row: &OutboxRow) -> String {
    let notice = &row.delivery.notice;
    let allowed = words(notice.window_ms);
    match notice.last_seen {
        Some(last_seen) => {
            let silent = words(row.delivery.queued.committed_at.since_ms(last_seen));
            format!("No heartbeat for {silent}; {allowed} are allowed.")
        }
        None => format!("No heartbeat; {allowed} are allowed."),
    }
}

fn service_facts(message: &Message<'_>) -> Vec<Fact> {
    if message.event() == Event::Test {
        return Vec::new();
    }
    let notice = &message.row.delivery.notice;
    let zone = Zone(&message.config.notify.timezone);
    let last_seen = notice.last_seen.map_or_else(|| "never".to_owned(), |at| zone.write(at));
    let mut facts = undelivered(message);
    facts.extend([
        fact("Service ID", &notice.id),
        fact("Since", &zone.write(notice.at)),
        fact("Last heartbeat", &last_seen),
    ]);
    facts.extend(notice.message.as_deref().map(|text| fact("Message", text)));
    if message.config.notify.include_metadata {
        facts.extend(notice.labels.iter().map(|(name, value)| fact(name, value)));
    }
    facts.retain(|fact| !fact.value.trim().is_empty());
    facts
}

/// Of a copy: which channel could not be told, and why.
fn undelivered(message: &Message<'_>) -> Vec<Fact> {
    let undelivered = message.undelivered().filter(|it| !it.reason.is_empty());
    let told = undelivered.map(|undelivered| {
        fact("Not delivered to", &format!("{} ({})", undelivered.channel, undelivered.reason))
    });
    told.into_iter().collect()
}

fn alert(message: &Message<'_>) -> Story {
    let notice = &message.row.delivery.notice;
    let severity = notice.severity.as_deref().unwrap_or_default();
    let mut facts = undelivered(message);
    facts.extend([
        fact("Severity", severity),
        fact("Source", &notice.reason),
        fact("At", &Zone(&message.config.notify.timezone).write(notice.at)),
        fact("Link", notice.link.as_deref().unwrap_or_default()),
    ]);
    if message.config.notify.include_metadata {
        let all = notice.labels.iter().chain(&notice.annotations);
        facts.extend(all.map(|(name, value)| fact(name, value)));
    }
    facts.retain(|fact| !fact.value.trim().is_empty());
    let word = match notice.status {
        Status::Down => "DOWN",
        Status::Degraded => "DEGRADED",
        _ => "UP",
    };
    let (badge, title) = match (notice.alert_phase(), notice.status.is_incident()) {
        (AlertPhase::Resolved, _) => ("RESOLVED", "Resolved"),
        (AlertPhase::Firing, true) => ("ALERT", "Alert"),
        // Good news that end nothing.
        (AlertPhase::Firing, false) => ("NOTICE", "Notice"),
    };
    let sentence = match (notice.alert_phase(), fired_ms(notice)) {
        (_, None) => String::new(),
        (AlertPhase::Firing, Some(fired_ms)) => format!("It has fired for {}.", words(fired_ms)),
        (AlertPhase::Resolved, Some(fired_ms)) => format!("It is over after {}.", words(fired_ms)),
    };
    Story {
        tone: Tone::of(notice.status),
        word,
        badge,
        title: title.to_owned(),
        name: Some(notice.name.clone()),
        sentence,
        text: notice.message.clone().filter(|text| !text.trim().is_empty()),
        facts,
        link: message.link(),
    }
}

/// Several deliveries at once: the worst first, each with its name.
fn folded(message: &Message<'_>) -> Story {
    let mut rows: Vec<&OutboxRow> = message.rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(Tone::of(row.delivery.notice.status)));
    let single = |row| Story::of(&Message { row, rows: std::slice::from_ref(row), ..*message });
    let facts: Vec<Fact> =
        rows.iter().map(|row| fact(single(row).badge, &row.delivery.notice.name)).collect();
    let tone = rows.first().map_or(Tone::Neutral, |row| Tone::of(row.delivery.notice.status));
    let mut counts: Vec<(String, usize)> = Vec::new();
    for fact in &facts {
        match counts.last_mut() {
            Some((word, count)) if *word == fact.label => *count += 1,
            _ => counts.push((fact.label.clone(), 1)),
        }
    }
    let counts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    Story {
        tone,
        word: "MANY",
        badge: "MANY",
        title: format!("{} messages: {}", facts.len(), counts.join(", ")),
        name: None,
        sentence: String::new(),
        text: None,
        facts,
        link: message.link(),
    }
}

fn fact(label: &str, value: &str) -> Fact {
    Fact { label: label.to_owned(), value: value.to_owned() }
}

/// Writes the sentence of ours and, on a line of its own, the text of others.
pub(super) fn lead(text: &mut Text, story: &Story) {
    text.ours(&story.sentence);
    if let Some(theirs) = &story.text {
        text.ours(if story.sentence.is_empty() { "" } else { "\n" }).theirs(theirs);
    }
}

/// Writes the names of a folded message, one per line, as many as fit; the rest is counted.
pub(super) fn list(text: &mut Text, story: &Story, write: impl Fn(&mut Text, &str, &str)) {
    /// Room for the line that counts.
    const RESERVE: usize = 30;
    for (index, fact) in story.facts.iter().enumerate() {
        let name = one_line(&fact.value);
        let rest = story.facts.len() - index;
        let mut line = text.clone();
        if index > 0 {
            line.ours("\n");
        }
        write(&mut line, &fact.label, &name);
        let reserve = if rest == 1 { 0 } else { RESERVE };
        if line.is_full() || line.left() < reserve {
            let break_ = if index > 0 { "\n" } else { "" };
            text.ours(&format!("{break_}and {rest} more"));
            return;
        }
        *text = line;
    }
}
