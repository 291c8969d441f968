//! Pushover: one notification to a user or group.
//!
//! Source: pushover.net/api.

use std::io::{self, Write};

use flatline_domain::{AlertPhase, Event, Status, UnixMs};
use serde_json::json;

use super::fit::{Limit, Text, one_line, plain};
use super::message::half_hash;
use super::verdict::{by_status, unconfirmed, with_wait_s};
use super::{Ahead, Answer, Format, Message, Outgoing, RequestError, Story, Verdict, base};
use crate::config::{Channel, ChannelOptions, ChannelType, Part, TemplateShape};

/// Pushover, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, ahead, request, judge };

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

const HOST: &str = "https://api.pushover.net";
const MESSAGE: Limit = Limit::chars(1_024);
const TITLE: Limit = Limit::chars(250);
const URL_MAX: usize = 512;
/// What an emergency repeats itself by, in s: each minute for an hour.
const RETRY_S: i64 = 60;
const EXPIRE_S: i64 = 3_600;
/// Emergencies that one message ends at most: each takes a request within the time of one attempt.
const ENDED_MAX: usize = 5;

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

/// How urgent it is; 2 repeats until somebody confirms it. Of many as one the most urgent counts, but
/// nothing rings for what the same message says is over.
fn priority(message: &Message<'_>, channel: &Channel, tags: &Tags) -> i8 {
    let urgent = message.parts().map(|part| priority_alone(&part, channel)).max();
    let most = if tags.opened.is_empty() { 1 } else { 2 };
    urgent.unwrap_or_default().min(most)
}

/// Tags of the emergencies that a message opens, and of those that it ends, each once.
#[derive(Default)]
struct Tags {
    opened: Vec<String>,
    ended: Vec<String>,
}

impl Tags {
    fn of(message: &Message<'_>, channel: &Channel) -> Self {
        let mut tags = Self::default();
        for part in message.parts() {
            let opens = priority_alone(&part, channel) == 2;
            let ends = is_end(&part) && has_emergencies(channel);
            if !opens && !ends {
                continue;
            }
            let tag = tag(&part, channel);
            tags.opened.retain(|opened| *opened != tag);
            if opens {
                tags.opened.push(tag);
            } else if !tags.ended.contains(&tag) {
                tags.ended.push(tag);
            }
        }
        tags
    }
}

/// Whether it says that what rang is over, be it that nobody watches it any more.
fn is_end(message: &Message<'_>) -> bool {
    let is_over = message.row.delivery.notice.alert_phase() == AlertPhase::Resolved;
    message.event() == Event::Up || (message.event() == Event::Alert && is_over)
}

fn has_emergencies(channel: &Channel) -> bool {
    channel.options.get("emergency").and_then(serde_json::Value::as_bool) == Some(true)
}

/// Marks the emergencies of a lane. An application may serve several channels and installations, and
/// none of them may end what another one rings for.
fn tag(message: &Message<'_>, channel: &Channel) -> String {
    let page = message.config.public_url.as_deref().unwrap_or_default();
    let lane = format!("{page}\n{}\n{}", channel.route.name, message.thread());
    format!("flatline-{:032x}", half_hash(&lane))
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
    // What is over is no alarm, whatever it was.
    let urgent = if is_end(message) { urgent.min(0) } else { urgent };
    // A reminder would ring beside the emergency that its outage opened.
    let rings = has_emergencies(channel) && message.event() != Event::Reminder;
    if urgent == 1 && rings { 2 } else { urgent }
}

fn token(channel: &Channel) -> Result<&str, RequestError> {
    channel.secret("APITOKEN").ok_or(RequestError::Missing("APITOKEN"))
}

/// The requests that end the emergencies of what is over.
fn ahead(message: &Message<'_>, channel: &Channel) -> Result<Vec<Ahead>, RequestError> {
    let ended = Tags::of(message, channel).ended;
    let end = |tag: &String| {
        let path = format!("/1/receipts/cancel_by_tag/{tag}.json");
        let url = base::at(channel, HOST, &path)?;
        let outgoing = base::post_json(url, &json!({ "token": token(channel)? }));
        Ok(Ahead { doing: "ending the emergency", outgoing })
    };
    ended.iter().take(ENDED_MAX).map(end).collect()
}

/// The request that tells Pushover of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let url = base::at(channel, HOST, "/1/messages.json")?;
    let story = message.story();
    let template = message.template(channel).unwrap_or_default();
    let custom = |part: &str| template[part].as_str().filter(|text| !text.trim().is_empty());
    let tags = Tags::of(message, channel);
    let priority = priority(message, channel, &tags);
    let mut body = json!({
        "token": token(channel)?,
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
        // Who rings for several rings on while one of them is over.
        if let [tag] = &tags.opened[..] {
            body["tags"] = tag.as_str().into();
        }
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
