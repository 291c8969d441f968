//! Telegram: sendMessage of the bot API.
//!
//! Source: core.telegram.org/bots/api, sendMessage, HTML style, Making requests.

use serde_json::{Value, json};

use super::limits::Unit;
use super::{Refusal, Ruling, is_typed, path};
use crate::receiver::{Received, Reply};

const TOKEN: &str = "110201543:AAH-telegram-token-nobody-may-read";
const CHAT: &str = "-1001234567890";

pub(super) const CREDENTIALS: [(&str, &str); 2] = [("BOTTOKEN", TOKEN), ("CHATID", CHAT)];

/// Tags that may stand in a message.
const TAGS: [&str; 15] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "a",
    "code",
    "pre",
    "blockquote",
    "span",
    "tg-spoiler",
];

fn refuse(status: u16, description: &str, rule: impl Into<String>) -> Refusal {
    let body = json!({"ok": false, "error_code": status, "description": description});
    Refusal::new(status, body.to_string(), rule)
}

pub(super) fn rule(request: &Received) -> Ruling {
    let bot = path(request).strip_prefix("/bot").unwrap_or_default();
    match bot.split_once('/') {
        Some((TOKEN, "sendMessage")) => {}
        Some((TOKEN, _)) | None => return Err(refuse(404, "Not Found", "the method")),
        Some(_) => return Err(refuse(401, "Unauthorized", "the token")),
    }
    if !is_typed(request, "application/json") {
        return Err(refuse(400, "Bad Request: chat_id is empty", "JSON"));
    }
    let message = &request.json;
    let chat = message["chat_id"].as_str().map(str::to_owned);
    if chat.unwrap_or_else(|| message["chat_id"].to_string()) != CHAT {
        return Err(refuse(400, "Bad Request: chat not found", "chat_id"));
    }
    let topic = &message["message_thread_id"];
    if !topic.is_null() && topic.as_i64().is_none() {
        return Err(refuse(400, "Bad Request: message thread not found", "message_thread_id"));
    }
    checked(message).map_err(|(description, rule)| refuse(400, description, rule))?;
    let result = json!({"message_id": 1, "chat": {"id": -1_001_234_567_890_i64}});
    Ok(Reply::status(200).body(json!({"ok": true, "result": result}).to_string()))
}

type Broken = (&'static str, String);

fn checked(message: &Value) -> Result<(), Broken> {
    let text = message["text"].as_str().unwrap_or_default();
    let shown = match message["parse_mode"].as_str() {
        Some("HTML") => shown(text).map_err(|rule| ("Bad Request: can't parse entities", rule))?,
        None => text.to_owned(),
        Some(mode) => return Err(("Bad Request: unsupported parse_mode", mode.to_owned())),
    };
    match Unit::Utf16.length(shown.trim()) {
        0 => Err(("Bad Request: message text is empty", "text is required".to_owned())),
        length @ 4_097.. => {
            Err(("Bad Request: message is too long", format!("{length} of at most 4096 UTF-16")))
        }
        _ => Ok(()),
    }
}

/// What people see of a text in HTML style.
fn shown(html: &str) -> Result<String, String> {
    let (mut shown, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(next) = rest.find(['<', '&', '>']) {
        shown.push_str(&rest[..next]);
        rest = &rest[next..];
        if let Some(tail) = rest.strip_prefix('<') {
            let (tag, after) = tail.split_once('>').ok_or("a tag has no end")?;
            turn(&mut open, tag)?;
            rest = after;
        } else if let Some((entity, after)) =
            rest[1..].split_once(';').filter(|_| rest.starts_with('&'))
        {
            shown.push(character(entity)?);
            rest = after;
        } else {
            return Err(format!("not escaped: {rest:.20}"));
        }
    }
    shown.push_str(rest);
    if open.is_empty() { Ok(shown) } else { Err(format!("not closed: {open:?}")) }
}

/// Opens or closes a tag.
fn turn<'h>(open: &mut Vec<&'h str>, tag: &'h str) -> Result<(), String> {
    if let Some(name) = tag.strip_prefix('/') {
        return match open.pop() {
            Some(last) if last == name => Ok(()),
            last => Err(format!("</{name}> closes {last:?}")),
        };
    }
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    if !TAGS.contains(&name) {
        return Err(format!("no tag <{name}>"));
    }
    let is_link = attributes.starts_with("href=\"") && attributes.matches('"').count() == 2;
    if (name == "a") != is_link {
        return Err(format!("attributes of <{tag}>"));
    }
    open.push(name);
    Ok(())
}

fn character(entity: &str) -> Result<char, String> {
    match entity {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        _ => {
            let number = entity.strip_prefix('#').and_then(|number| number.parse().ok());
            number.and_then(char::from_u32).ok_or_else(|| format!("no entity &{entity};"))
        }
    }
}
