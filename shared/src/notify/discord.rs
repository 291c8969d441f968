//! Discord: one embed per message, by the webhook of a channel.
//!
//! Source: discord.com/developers/docs, Webhook and Message resources, Rate limits.

use std::borrow::Cow;
use std::io::{self, Write};

use flatline_domain::UnixMs;
use serde_json::{Value, json};

use super::fit::{Limit, Text, Unit, one_line, plain};
use super::verdict::{by_status, unconfirmed, with_wait_s};
use super::{Answer, Format, Message, Outgoing, RequestError, Story, Verdict, base};
use crate::config::{Channel, ChannelOptions, ChannelType, Part, TemplateShape};
use crate::render::time::rfc3339;

/// Discord, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, ahead: base::nothing, request, judge };

static TYPE: ChannelType = ChannelType {
    word: "discord",
    credentials: &["webhookUrl"],
    tracks_incidents: false,
    is_for_programs: false,
    template: TemplateShape {
        parts: &[
            Part::Text("title"),
            Part::Text("description"),
            Part::Fields("fields", ["name", "value"], "inline"),
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

const TITLE: Limit = Limit::utf16(256);
const DESCRIPTION: Limit = Limit::utf16(4_096);
const FIELDS_MAX: usize = 25;
const FIELD_NAME: Limit = Limit::utf16(256);
const FIELD_VALUE: Limit = Limit::utf16(1_024);
const FOOTER: Limit = Limit::utf16(2_048);
/// Of all texts of an embed together.
const EMBED_MAX: usize = 6_000;

/// Whatever begins a mention, a link, a list, a heading, a timestamp or any other mark.
fn escape(c: char) -> Cow<'static, str> {
    if r"\*_~`|<>#[]()@:-+.".contains(c) { format!("\\{c}").into() } else { plain(c) }
}

fn write_escaped(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut escaped = Text::new(Limit::utf16(usize::MAX), escape);
    out.write_all(escaped.theirs(text).clone().finish().as_bytes())
}

/// One embed, counting what its texts take together.
struct Embed {
    left: usize,
}

impl Embed {
    fn text(&mut self, limit: Limit, write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::new(Limit { max: limit.max.min(self.left), ..limit }, escape);
        write(&mut text);
        let text = text.finish();
        self.left -= Unit::Utf16.count(&text);
        text
    }

    /// A field, unless it has no room; Discord refuses empty ones.
    fn field(
        &mut self,
        name: impl FnOnce(&mut Text),
        value: impl FnOnce(&mut Text),
        inline: bool,
    ) -> Option<Value> {
        if self.left < 16 {
            return None;
        }
        let (name, value) = (self.text(FIELD_NAME, name), self.text(FIELD_VALUE, value));
        let are_seen = !name.trim().is_empty() && !value.trim().is_empty();
        are_seen.then(|| json!({"name": name, "value": value, "inline": inline}))
    }

    fn of_story(&mut self, story: &Story) -> Value {
        let title = self.text(TITLE, |text| {
            text.ours(story.tone.emoji()).ours(" ").ours(&story.title);
            if let Some(name) = &story.name {
                text.ours(": ").theirs(&one_line(name));
            }
        });
        let mut embed = json!({"title": title});
        let is_list = story.name.is_none();
        embed["description"] = self.text(DESCRIPTION, |text| describe(text, story, is_list)).into();
        if !is_list {
            let facts = story.facts.iter().take(FIELDS_MAX);
            let fields = facts.filter_map(|fact| {
                let name = |text: &mut Text| {
                    text.theirs(&one_line(&fact.label));
                };
                let value = |text: &mut Text| {
                    text.theirs(&fact.value);
                };
                self.field(name, value, fact.value.len() <= 40)
            });
            embed["fields"] = fields.collect();
        }
        embed
    }

    fn of_template(&mut self, parts: &Value) -> Value {
        let part = |key: &str| parts[key].as_str().unwrap_or_default();
        let mut embed = json!({
            "title": self.text(TITLE, |text| { text.written(&one_line(part("title"))); }),
            "description": self.text(DESCRIPTION, |text| { text.written(part("description")); }),
        });
        if let Some(fields) = parts["fields"].as_array() {
            let fields = fields.iter().take(FIELDS_MAX).filter_map(|field| {
                let text = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
                let (name, value) = (text("name"), text("value"));
                self.field(
                    |text| {
                        text.written(&name);
                    },
                    |text| {
                        text.written(&value);
                    },
                    field["inline"].as_bool().unwrap_or_default(),
                )
            });
            embed["fields"] = fields.collect();
        }
        if !part("footer").is_empty() {
            let footer = self.text(FOOTER, |text| {
                text.written(&unescaped(part("footer")));
            });
            // An empty one would be refused.
            if !footer.trim().is_empty() {
                embed["footer"] = json!({"text": footer});
            }
        }
        embed
    }
}

/// A footer knows no marks, and so no escapes.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next)) if next.is_ascii_punctuation() => plain.extend(chars.next()),
            _ => plain.push(c),
        }
    }
    plain
}

/// Whether there is anything to see: Discord refuses an embed without.
fn says_something(embed: &Value) -> bool {
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let has_fields = embed["fields"].as_array().is_some_and(|fields| !fields.is_empty());
    has_fields || is_text(&embed["title"]) || is_text(&embed["description"])
}

/// The sentence and the text of an alert; of many messages, their names.
fn describe(text: &mut Text, story: &Story, is_list: bool) {
    super::story::lead(text, story);
    if is_list {
        super::story::list(text, story, |text, word, name| {
            text.ours(word).ours(" ").theirs(name);
        });
    }
}

/// The request that tells Discord of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let mut url = base::secret_url(channel, "WEBHOOKURL")?;
    if !url.query_pairs().any(|(name, _)| name == "wait") {
        url.query_pairs_mut().append_pair("wait", "true");
    }
    let story = message.story();
    let of_template = |parts: Value| Embed { left: EMBED_MAX }.of_template(&parts);
    let mut embed = message
        .template(channel)
        .map(of_template)
        .filter(says_something)
        .unwrap_or_else(|| Embed { left: EMBED_MAX }.of_story(&story));
    embed["color"] = story.tone.colour().into();
    embed["timestamp"] = rfc3339(message.row.delivery.queued.committed_at).into();
    if let Some(link) = story.link {
        embed["url"] = link.into();
    }
    Ok(base::post_json(url, &json!({"embeds": [embed], "allowed_mentions": {"parse": []}})))
}

/// 429 says in its body how long to wait, in seconds with a fraction.
pub fn judge(answer: &Answer, now: UnixMs) -> Verdict {
    let body = base::json(answer);
    let verdict = with_wait_s(by_status(answer, now), body["retry_after"].as_f64());
    // A message is answered as it is stored; that it was stored without a word is said by an empty 204.
    let is_stored = body["id"].is_string() || answer.body.is_empty();
    match (answer.status, verdict) {
        (_, Verdict::Delivered) if !is_stored => unconfirmed(answer),
        (404, Verdict::Permanent { .. }) => {
            Verdict::Permanent { reason: "HTTP 404: the webhook was deleted".to_owned() }
        }
        (_, verdict) => verdict.because(body["message"].as_str()),
    }
}
