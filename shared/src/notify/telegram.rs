//! Telegram: one message to a chat, by a bot, in its HTML mode.
//!
//! Source: core.telegram.org/bots/api, sendMessage, Formatting options, ResponseParameters. Telegram
//! makes mentions, links, tags and commands of plain text by itself, but never inside `<code>`: that
//! is where words of others stand.

mod markdown;

use std::borrow::Cow;
use std::io::{self, Write};

use flatline_domain::UnixMs;
use serde_json::{Value, json};

use super::fit::{Limit, Text, Unit, entities, one_line};
use super::verdict::{by_status, unconfirmed, with_wait_s};
use super::{Answer, Format, Message, Outgoing, RequestError, Story, Verdict, base};
use crate::config::{Channel, ChannelOptions, ChannelType, Part, TemplateShape};

/// Telegram, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, ahead: base::nothing, request, judge };

static TYPE: ChannelType = ChannelType {
    word: "telegram",
    credentials: &["botToken", "chatId"],
    tracks_incidents: false,
    is_for_programs: false,
    template: TemplateShape {
        parts: &[Part::Text("message")],
        escape: write_escaped,
        prepare: markdown::to_html,
        check: |_| Ok(()),
    },
    read,
};

/// After entities are parsed.
const TEXT: Limit = Limit::utf16(4_096).shown();
const NAME_MAX: usize = 256;
const VALUE_MAX: usize = 1_024;
/// Telegram formats at most 100 stretches of a message, and in what comes after those words of
/// others would become links and mentions. Each fact has two.
const FACTS_MAX: usize = 45;
/// Room for the link at the end.
const LINK_RESERVE: usize = 20;

fn read(options: &mut ChannelOptions<'_>) {
    if options.need_credential("BOTTOKEN", "bot token")
        && !options.credential("BOTTOKEN").is_some_and(is_token)
    {
        let variable = options.variable("BOTTOKEN");
        options.error(
            "botToken",
            format!("{variable} must be a token as @BotFather gives it, such as 123456:ABC-def"),
        );
    }
    options.need_credential("CHATID", "chat id");
    if options.value("topicId").is_some() {
        options.whole("topicId", "a topic's id", &(1..=i64::from(i32::MAX)));
    }
    options.flag("silent");
}

/// It becomes a part of the address.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ":_-".contains(c))
}

/// Entities, and a joiner that cannot be seen where Telegram would begin a mention, a tag, a command
/// or a link.
fn escape(c: char) -> Cow<'static, str> {
    match c {
        '@' | '#' | '$' | '/' | ':' | '.' => format!("{c}\u{2060}").into(),
        other => entities(other),
    }
}

fn write_escaped(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut escaped = Text::new(Limit::utf16(usize::MAX), escape);
    out.write_all(escaped.theirs(text).clone().finish().as_bytes())
}

fn html(story: &Story) -> String {
    let reserve = story.link.as_ref().map_or(0, |_| LINK_RESERVE);
    let mut text = Text::new(Limit { max: TEXT.max - reserve, ..TEXT }, entities);
    text.ours(story.tone.emoji()).ours(" ").markup("<b>").ours(&story.title).markup("</b>");
    if let Some(name) = &story.name {
        code(text.ours(": "), &one_line(name), NAME_MAX);
    }
    if !story.sentence.is_empty() {
        text.ours("\n").ours(&story.sentence);
    }
    if let Some(theirs) = &story.text {
        code(text.ours("\n"), theirs, VALUE_MAX * 2);
    }
    if story.name.is_some() {
        facts(&mut text, story);
    }
    let names = if story.name.is_none() { names(story, text.left()) } else { String::new() };
    let mut html = text.finish() + &names;
    if let Some(link) = &story.link {
        let mut href = Text::new(Limit::utf16(usize::MAX), entities);
        href.theirs(link);
        let href = href.finish().replace('"', "&quot;");
        html = format!("{html}\n<a href=\"{href}\">Open Flatline</a>");
    }
    html
}

/// The names of a folded message, all in one stretch of their own.
fn names(story: &Story, max: usize) -> String {
    let mut names = Text::new(Limit { max: max.saturating_sub(1), ..TEXT }, entities);
    super::story::list(&mut names, story, |text, word, name| {
        text.ours(word).ours(" ").theirs(&cut(name, NAME_MAX));
    });
    format!("\n<pre>{}</pre>", names.finish())
}

fn facts(text: &mut Text, story: &Story) {
    for fact in story.facts.iter().take(FACTS_MAX) {
        let label = one_line(&fact.label);
        // A label without its value says nothing.
        if text.left() < Unit::Utf16.count(&label) + 8 {
            return;
        }
        code(text.ours("\n"), &label, NAME_MAX);
        code(text.ours(": "), &fact.value, VALUE_MAX);
    }
}

/// Words of others; at most `max` units of them.
fn code<'t>(text: &'t mut Text, theirs: &str, max: usize) -> &'t mut Text {
    let cut = cut(theirs, max.min(text.left()));
    text.marked("<code>", &cut, "</code>", 0)
}

fn cut(theirs: &str, max: usize) -> String {
    let mut cut = Text::new(Limit { max, ..TEXT }, super::fit::plain);
    cut.theirs(theirs);
    cut.finish()
}

/// The request that tells Telegram of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let token = channel.secret("BOTTOKEN").ok_or(RequestError::Missing("BOTTOKEN"))?;
    let chat = channel.secret("CHATID").ok_or(RequestError::Missing("CHATID"))?;
    let url = base::at(channel, "https://api.telegram.org", &format!("/bot{token}/sendMessage"))?;
    let template = message.template(channel);
    let custom = template.as_ref().and_then(|parts| parts["message"].as_str());
    // Cut markup would be refused, so what is too long is told in the default way.
    let custom =
        custom.filter(|text| !text.trim().is_empty() && markdown::shown_units(text) <= TEXT.max);
    let text = custom.map_or_else(|| html(&message.story()), str::to_owned);
    let mut body = json!({
        "chat_id": chat,
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": true},
    });
    if let Some(topic) = channel.options.get("topicId") {
        body["message_thread_id"] = topic.clone();
    }
    if channel.options.get("silent") == Some(&Value::Bool(true)) {
        body["disable_notification"] = true.into();
    }
    Ok(base::post_json(url, &body))
}

/// A 2xx is an acceptance only with `"ok": true`. A group that became a supergroup has a new id.
pub fn judge(answer: &Answer, now: UnixMs) -> Verdict {
    let body = base::json(answer);
    let parameters = &body["parameters"];
    let status = match (answer.status, body["error_code"].as_u64()) {
        (200..=299, Some(code)) if body["ok"] == false => code as u16,
        (status, _) => status,
    };
    if let (400, Some(chat)) = (status, parameters["migrate_to_chat_id"].as_i64()) {
        return Verdict::Moved { key: "CHATID", value: chat.to_string() };
    }
    let said = body["description"].as_str();
    match by_status(&Answer { status, ..answer.clone() }, now) {
        Verdict::Delivered if body["ok"] == true => Verdict::Delivered,
        Verdict::Delivered => unconfirmed(answer).because(said),
        verdict => with_wait_s(verdict, parameters["retry_after"].as_f64()).because(said),
    }
}
