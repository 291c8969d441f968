//! PagerDuty: one incident per service, opened and resolved by its key.
//!
//! Source: developer.pagerduty.com, Events API v2: Overview, Send an alert event.

use std::io::{self, Write};

use flatline_domain::{AlertPhase, Event, UnixMs};
use serde_json::{Map, Value, json};
use tracing::warn;

use super::fit::{Limit, Text, one_line, plain};
use super::story::alert_status;
use super::verdict::{by_status, unconfirmed};
use super::{Answer, Format, Message, Outgoing, RequestError, Story, Tone, Verdict, base};
use crate::config::{Channel, ChannelOptions, ChannelType, Part, Probe, TemplateShape};
use crate::render::time::rfc3339;

/// PagerDuty, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, ahead: base::nothing, request, judge };

static TYPE: ChannelType = ChannelType {
    word: "pagerduty",
    credentials: &["routingKey"],
    tracks_incidents: true,
    is_for_programs: true,
    template: TemplateShape {
        parts: &[Part::Text("summary"), Part::Text("severity")],
        escape: write_plain,
        prepare: str::to_owned,
        check: check_template,
    },
    read: |options: &mut ChannelOptions<'_>| {
        options.need_credential("ROUTINGKEY", "routing key");
        options.choice("region", &["us", "eu"]);
    },
};

const SUMMARY: Limit = Limit::chars(1_024);
/// The API sets no limit for these but that of the whole event, 512 KB.
const DETAIL: Limit = Limit::chars(4_096);
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

fn write_plain(text: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(super::fit::tidy(text).as_bytes())
}

/// A severity that is the same for every message must be one of those that PagerDuty knows.
fn check_template(probe: &Probe<'_>) -> Result<(), String> {
    let Some(word) = probe.texts.first().filter(|_| probe.part == "severity" && probe.is_fixed)
    else {
        return Ok(());
    };
    if word.trim().is_empty() || known_severity(word).is_some() {
        return Ok(());
    }
    Err(format!("must be critical, error, warning or info, not {word:?}"))
}

fn known_severity(word: &str) -> Option<&'static str> {
    let word = word.trim();
    SEVERITIES.into_iter().find(|known| known.eq_ignore_ascii_case(word))
}

fn cut(text: &str, limit: Limit) -> String {
    let mut cut = Text::new(limit, plain);
    cut.theirs(text);
    cut.finish()
}

/// One of the four words that PagerDuty knows.
fn severity(message: &Message<'_>, story: &Story) -> &'static str {
    let sent = message.row.delivery.notice.severity.as_deref().unwrap_or_default().to_lowercase();
    let by_tone = match story.tone {
        Tone::Bad => "critical",
        Tone::Warning => "warning",
        Tone::Neutral | Tone::Good => "info",
    };
    match (message.event(), sent.as_str()) {
        (Event::Alert, "critical" | "fatal" | "emergency") => "critical",
        (Event::Alert, "error" | "high" | "major") => "error",
        (Event::Alert, "warning" | "warn" | "medium" | "minor") => "warning",
        (Event::Alert, "info" | "ok" | "low" | "notice" | "debug") | (Event::Test, _) => "info",
        _ => by_tone,
    }
}

fn details(message: &Message<'_>, story: &Story) -> Value {
    let notice = &message.row.delivery.notice;
    let mut details = Map::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            details.insert(cut(&one_line(name), SUMMARY), cut(value, DETAIL).into());
        }
    };
    for fact in &story.facts {
        add(&fact.label, &fact.value);
    }
    add("Summary", &story.sentence);
    add("Text", story.text.as_deref().unwrap_or_default());
    if message.event() == Event::Alert {
        add("Status", alert_status(notice));
    } else {
        add("Status", notice.status.as_str());
    }
    details.into()
}

fn summary(story: &Story) -> String {
    let mut text = Text::new(SUMMARY, plain);
    text.ours(&story.title);
    if let Some(name) = &story.name {
        text.ours(": ").theirs(&one_line(name));
    }
    if !story.sentence.is_empty() {
        text.ours(". ").ours(&story.sentence);
    }
    text.finish()
}

/// What is open at PagerDuty as long as this lane is not up.
fn key(message: &Message<'_>) -> String {
    match message.event() {
        Event::Test => format!("flatline-test/{}", message.id()),
        _ => message.thread(),
    }
}

/// Whether it ends what is open. An alert that fires never does, however mild it is.
fn resolves(message: &Message<'_>) -> bool {
    let notice = &message.row.delivery.notice;
    match message.event() {
        Event::Test => false,
        Event::Alert => notice.alert_phase() == AlertPhase::Resolved,
        _ => !notice.status.is_incident(),
    }
}

/// The request that tells PagerDuty of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let routing_key = channel.secret("ROUTINGKEY").ok_or(RequestError::Missing("ROUTINGKEY"))?;
    let host = match channel.option("region") {
        Some("eu") => "https://events.eu.pagerduty.com",
        _ => "https://events.pagerduty.com",
    };
    let url = base::at(channel, host, "/v2/enqueue")?;
    let notice = &message.row.delivery.notice;
    let story = message.story();
    let resolves = resolves(message);
    let mut body = json!({
        "routing_key": routing_key,
        "event_action": if resolves { "resolve" } else { "trigger" },
        "dedup_key": key(message),
    });
    if resolves {
        return Ok(base::post_json(url, &body));
    }
    let source = if message.event() == Event::Alert { &notice.reason } else { &notice.id };
    let template = message.template(channel).unwrap_or_default();
    let custom =
        |part: &str| template[part].as_str().map(str::trim).filter(|text| !text.is_empty());
    let wanted = custom("severity").and_then(|word| {
        known_severity(word).or_else(|| {
            let channel = channel.route.name.as_str();
            warn!(channel, word, "templates.pagerduty.severity became no severity");
            None
        })
    });
    body["payload"] = json!({
        "summary": custom("summary").map_or_else(|| summary(&story), |text| cut(&one_line(text), SUMMARY)),
        "severity": wanted.unwrap_or_else(|| severity(message, &story)),
        "source": cut(&one_line(source), SUMMARY),
        "timestamp": rfc3339(notice.at),
        "component": cut(&one_line(&notice.name), SUMMARY),
        "class": cut(&one_line(&notice.reason), SUMMARY),
        "custom_details": details(message, &story),
    });
    body["client"] = "Flatline".into();
    if let Some(link) = story.link {
        body["client_url"] = link.clone().into();
        body["links"] = json!([{"href": link, "text": "Open Flatline"}]);
    }
    Ok(base::post_json(url, &body))
}

/// 2xx is an acceptance only with the status `success`.
pub fn judge(answer: &Answer, now: UnixMs) -> Verdict {
    let body = base::json(answer);
    let status = body["status"].as_str();
    let why = body["errors"][0].as_str().or_else(|| body["message"].as_str());
    match by_status(answer, now) {
        Verdict::Delivered => match status {
            Some("success") => Verdict::Delivered,
            None if answer.body.is_empty() => Verdict::Delivered,
            None => unconfirmed(answer),
            Some(status) => {
                Verdict::Permanent { reason: one_line(status).chars().take(100).collect() }
                    .because(why)
            }
        },
        verdict => verdict.because(why.or(status)),
    }
}
