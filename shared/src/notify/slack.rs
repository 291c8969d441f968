//! Slack: one attachment per message, by an incoming webhook.
//!
//! Source: docs.slack.dev, Incoming webhooks, Block Kit, Formatting text, Rate limits.

use std::borrow::Cow;
use std::io::{self, Write};

use flatline_domain::UnixMs;
use serde_json::{Value, json};

use super::fit::{Escape, Limit, Text, entities, one_line};
use super::verdict::{by_status, unconfirmed};
use super::{Answer, Format, Message, Outgoing, RequestError, Story, Verdict, base};
use crate::config::{Channel, ChannelOptions, ChannelType, Part, TemplateShape};

/// Slack, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, ahead: base::nothing, request, judge };

static TYPE: ChannelType = ChannelType {
    word: "slack",
    credentials: &["webhookUrl"],
    tracks_incidents: false,
    is_for_programs: false,
    template: TemplateShape {
        parts: &[
            Part::Text("text"),
            Part::Fields("fields", ["title", "value"], "short"),
            Part::Text("footer"),
        ],
        escape: write_escaped,
        prepare: str::to_owned,
        check: |_| Ok(()),
    },
    read: |options: &mut ChannelOptions<'_>| {
        options.need_url("WEBHOOKURL");
    },
};

const TEXT: Limit = Limit::utf16(4_000);
const TITLE: Limit = Limit::utf16(300);
const LABEL: Limit = Limit::utf16(150);
const SECTION: Limit = Limit::utf16(3_000);
const FIELD: Limit = Limit::utf16(2_000);
const FIELDS_MAX: usize = 10;
/// What all texts of a message may have: a sum of about 13,200 is refused.
const FIELDS_SUM_MAX: usize = 6_000;
const FOOTER: Limit = Limit::utf16(300);

/// Entities, and look-alikes for the marks of mrkdwn, which knows no escape for them.
fn escape(c: char) -> Cow<'static, str> {
    match c {
        '*' => "∗".into(),
        '_' => "＿".into(),
        '~' => "∼".into(),
        '`' => "ˋ".into(),
        other => entities(other),
    }
}

fn write_escaped(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut escaped = Text::new(Limit::utf16(usize::MAX), escape);
    out.write_all(escaped.theirs(text).clone().finish().as_bytes())
}

/// Text that shows as it is: no marks, no links, no emoji names.
fn plain_text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// The same, and no names of emoji.
fn escape_all(c: char) -> Cow<'static, str> {
    if c == ':' { "∶".into() } else { escape(c) }
}

/// One line; phones show it alone.
fn title(story: &Story, escape: Escape) -> String {
    let mut text = Text::new(TITLE, escape);
    text.ours(story.tone.emoji()).ours(" ").ours(&story.title);
    if let Some(name) = &story.name {
        text.ours(": ").theirs(&one_line(name));
    }
    text.finish()
}

fn blocks(story: &Story) -> Vec<Value> {
    let mut blocks = Vec::new();
    let mut text = Text::new(SECTION, entities);
    super::story::lead(&mut text, story);
    let is_list = story.name.is_none();
    if is_list {
        super::story::list(&mut text, story, |text, word, name| {
            text.ours(word).ours(" ").theirs(name);
        });
    }
    let body = text.finish();
    if !body.is_empty() {
        blocks.push(json!({"type": "section", "text": plain_text(&body)}));
    }
    let fields = if is_list { Vec::new() } else { fields(story) };
    if !fields.is_empty() {
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if let Some(link) = &story.link {
        let mut escaped = Text::new(SECTION, entities);
        escaped.theirs(link);
        let link = format!("<{}|Open Flatline>", escaped.finish().replace('|', "%7C"));
        let text = json!({"type": "mrkdwn", "text": link, "verbatim": true});
        blocks.push(json!({"type": "context", "elements": [text]}));
    }
    blocks
}

fn fields(story: &Story) -> Vec<Value> {
    let mut left = FIELDS_SUM_MAX;
    let mut fields = Vec::new();
    for fact in story.facts.iter().take(FIELDS_MAX) {
        let limit = Limit { max: FIELD.max.min(left), ..FIELD };
        let mut text = Text::new(limit, entities);
        text.theirs(&one_line(&fact.label)).ours(": ").theirs(&fact.value);
        left = left.saturating_sub(limit.max - text.left());
        let text = text.finish();
        if !text.is_empty() {
            fields.push(plain_text(&text));
        }
    }
    fields
}

fn from_template(parts: &Value, colour: &str, at: UnixMs) -> Value {
    let cut = |text: &str, limit| {
        let mut cut = Text::new(limit, entities);
        cut.written(text);
        cut.finish()
    };
    let part = |value: &Value, limit| cut(value.as_str().unwrap_or_default(), limit);
    let fields = parts["fields"].as_array().into_iter().flatten().take(FIELDS_MAX).map(|field| {
        json!({
            "title": part(&field["title"], LABEL),
            "value": part(&field["value"], FIELD),
            "short": field["short"],
        })
    });
    let mut attachment = json!({
        "color": colour,
        "fallback": part(&parts["text"], SECTION),
        "fields": fields.collect::<Vec<_>>(),
        "mrkdwn_in": [],
        "ts": at.0 / 1_000,
    });
    if let Some(footer) = parts["footer"].as_str().filter(|footer| !footer.is_empty()) {
        attachment["footer"] = cut(footer, FOOTER).into();
    }
    json!({"text": part(&parts["text"], TEXT), "attachments": [attachment]})
}

/// The request that tells Slack of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let url = base::secret_url(channel, "WEBHOOKURL")?;
    let story = message.story();
    let colour = format!("#{:06x}", story.tone.colour());
    let mut body = match message.template(channel) {
        Some(mut parts) => {
            // Without a text Slack would refuse it.
            if parts["text"].as_str().is_none_or(|text| text.trim().is_empty()) {
                parts["text"] = title(&story, escape_all).into();
            }
            from_template(&parts, &colour, message.row.delivery.queued.committed_at)
        }
        None => json!({
            "text": title(&story, escape_all),
            "attachments": [{
                "color": colour,
                "fallback": title(&story, entities),
                "blocks": blocks(&story),
            }],
        }),
    };
    body["link_names"] = false.into();
    body["parse"] = "none".into();
    body["unfurl_links"] = false.into();
    body["unfurl_media"] = false.into();
    Ok(base::post_json(url, &body))
}

/// A 2xx is an acceptance only with the word `ok`.
pub fn judge(answer: &Answer, now: UnixMs) -> Verdict {
    let body = String::from_utf8_lossy(&answer.body);
    let word = body.trim();
    let is_word = !word.is_empty() && word.len() <= 100 && !word.contains(['<', '{', '\n']);
    let said = is_word.then_some(word);
    match by_status(answer, now) {
        Verdict::Delivered if matches!(word, "ok" | "") => Verdict::Delivered,
        Verdict::Delivered if base::json(answer)["ok"] == true => Verdict::Delivered,
        // An error under the status of success, as proxies and workflows make it.
        Verdict::Delivered => {
            unconfirmed(answer).because(base::json(answer)["error"].as_str().or(said))
        }
        verdict => verdict.because(said),
    }
}
