//! Pushover: one notification to a user or group.
//!
//! Source: pushover.net/api.

use std::io::{self, Write};

use flatline_domain::{Event, Status, UnixMs};
use serde_json::json;

use super::fit::{Limit, Text, one_line, plain};
use super::verdict::{by_status, unconfirmed, with_wait_s};
use super::{Answer, Format, Message, Outgoing, RequestError, Story, Verdict, base};
use crate::config::{Channel, ChannelOptions, ChannelType, Part, TemplateShape};

/// Pushover, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, request, judge };

static TYPE: ChannelType = ChannelType {
    word: "pushover",
    credentials: &["userKey", "apiToken"],
    tracks_incidents: false,
    is_for_programs: false,
    template: TemplateShape {
        parts: &[Part::Text("title"), Part::Text("message")],
        escape: write_plain,
        prepare: str::to_owned,
        check: |_| Ok(()),
    },
    read,
};

const MESSAGE: Limit = Limit::chars(1_024);
const TITLE: Limit = Limit::chars(250);
const URL_MAX: usize = 512;
/// What an emergency repeats itself by, in s: each minute for an hour.
const RETRY_S: i64 = 60;
const EXPIRE_S: i64 = 3_600;

fn read(options: &mut ChannelOptions<'_>) {
    options.need_credential("USERKEY", "user key");
    options.need_credential("APITOKEN", "API token");
    options.flag("emergency");
    options.whole("retrySeconds", "seconds", &(30..=10_800));
    options.whole("expireSeconds", "seconds", &(30..=10_800));
    options.text("sound");
    options.text("device");
}

fn write_plain(text: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(super::fit::tidy(text).as_bytes())
}

fn cut(text: &str, limit: Limit) -> String {
    let mut cut = Text::new(limit, plain);
    cut.theirs(text);
    cut.finish()
}

fn title(story: &Story) -> String {
    let mut text = Text::new(TITLE, plain);
    text.ours(story.tone.emoji()).ours(" ").ours(&story.title);
    if let Some(name) = &story.name {
        text.ours(": ").theirs(&one_line(name));
    }
    text.finish()
}

fn text(story: &Story) -> String {
    let mut text = Text::new(MESSAGE, plain);
    super::story::lead(&mut text, story);
    if story.name.is_none() {
        super::story::list(&mut text, story, |text, word, name| {
            text.ours(word).ours(" ").theirs(name);
        });
        return text.finish();
    }
    for fact in &story.facts {
        text.ours("\n").theirs(&one_line(&fact.label)).ours(": ").theirs(&fact.value);
    }
    text.finish().trim_start().to_owned()
}

/// How urgent it is; 2 repeats until somebody confirms it. Of many as one the most urgent counts.
fn priority(message: &Message<'_>, channel: &Channel) -> i8 {
    message.parts().map(|part| priority_alone(&part, channel)).max().unwrap_or_default()
}

fn priority_alone(message: &Message<'_>, channel: &Channel) -> i8 {
    let notice = &message.row.delivery.notice;
    let sent = notice.severity.as_deref().unwrap_or_default().to_lowercase();
    let urgent = match (message.event(), sent.as_str()) {
        (Event::Alert, "critical" | "error") => 1,
        (Event::Alert, "info" | "ok") => -1,
        (Event::Alert, "warning") | (Event::Test, _) => 0,
        _ => i8::from(notice.status == Status::Down),
    };
    // An alert that is over is no alarm, whatever it was.
    let urgent = if message.event() == Event::Alert && !notice.status.is_incident() {
        urgent.min(0)
    } else {
        urgent
    };
    let emergency = channel.options.get("emergency").and_then(serde_json::Value::as_bool);
    // A reminder would ring beside the emergency that its outage opened.
    let rings = emergency == Some(true) && message.event() != Event::Reminder;
    if urgent == 1 && rings { 2 } else { urgent }
}

/// The request that tells Pushover of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let url = base::at(channel, "https://api.pushover.net", "/1/messages.json")?;
    let story = message.story();
    let template = message.template(channel).unwrap_or_default();
    let custom = |part: &str| template[part].as_str().filter(|text| !text.trim().is_empty());
    let priority = priority(message, channel);
    let mut body = json!({
        "token": channel.secret("APITOKEN").ok_or(RequestError::Missing("APITOKEN"))?,
        "user": channel.secret("USERKEY").ok_or(RequestError::Missing("USERKEY"))?,
        "title": custom("title").map_or_else(|| title(&story), |text| cut(&one_line(text), TITLE)),
        "message": custom("message").map_or_else(|| text(&story), |text| cut(text, MESSAGE)),
        "priority": priority,
        "timestamp": message.row.delivery.queued.committed_at.0 / 1_000,
    });
    if priority == 2 {
        let seconds =
            |key: &str, standard| channel.options.get(key).cloned().unwrap_or(json!(standard));
        body["retry"] = seconds("retrySeconds", RETRY_S);
        body["expire"] = seconds("expireSeconds", EXPIRE_S);
    }
    for key in ["sound", "device"] {
        if let Some(text) = channel.option(key) {
            body[key] = text.into();
        }
    }
    if let Some(link) = story.link.filter(|link| link.len() <= URL_MAX) {
        body["url"] = link.into();
        body["url_title"] = "Open Flatline".into();
    }
    Ok(base::post_json(url, &body))
}

/// 2xx is an acceptance only with the status 1. 429 says when the month's quota is new.
pub fn judge(answer: &Answer, now: UnixMs) -> Verdict {
    let body = base::json(answer);
    let why = body["errors"][0].as_str();
    match by_status(answer, now) {
        Verdict::Delivered if body["status"] == 1 => Verdict::Delivered,
        Verdict::Delivered if body["status"] == 0 => {
            Verdict::Permanent { reason: "refused".to_owned() }.because(why)
        }
        Verdict::Delivered => unconfirmed(answer),
        limited @ Verdict::RateLimited { after_ms: None, .. } => {
            let reset = answer.headers.get("x-limit-app-reset");
            let reset_s = reset.and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
            let wait_s = reset_s.map(|reset_s| reset_s.saturating_sub(now.0 / 1_000) as f64);
            with_wait_s(limited, wait_s).because(why)
        }
        verdict => verdict.because(why),
    }
}

#[cfg(test)]
mod tests;
