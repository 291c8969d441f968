//! Discord: Execute Webhook.
//!
//! Source: discord.com/developers/docs, Webhook resource, Message resource (embed limits).

use serde_json::{Value, json};

use super::limits::{Unit, link, list};
use super::{Refusal, Ruling, is_typed, path};
use crate::receiver::{Received, Reply};

const ID: &str = "1180000000000000001";
const TOKEN: &str = "discord-token-nobody-may-read";

pub(super) const CREDENTIALS: [(&str, &str); 1] = [(
    "WEBHOOKURL",
    "https://discord.com/api/webhooks/1180000000000000001/discord-token-nobody-may-read",
)];

fn refuse(status: u16, code: u32, message: &str, rule: impl Into<String>) -> Refusal {
    Refusal::new(status, json!({"message": message, "code": code}).to_string(), rule)
}

pub(super) fn rule(request: &Received) -> Ruling {
    if request.method != "POST" {
        return Err(refuse(405, 0, "405: Method Not Allowed", "POST only"));
    }
    let webhook = path(request).strip_prefix("/api/webhooks/").unwrap_or_default();
    match webhook.split_once('/') {
        Some((ID, TOKEN)) => {}
        Some((ID, _)) => return Err(refuse(401, 50027, "Invalid Webhook Token", "the token")),
        _ => return Err(refuse(404, 10015, "Unknown Webhook", "the webhook's id")),
    }
    if !is_typed(request, "application/json") || !request.json.is_object() {
        let message = "The request body contains invalid JSON.";
        return Err(refuse(400, 50109, message, "a JSON object"));
    }
    checked(&request.json).map_err(|rule| refuse(400, 50035, "Invalid Form Body", rule))?;
    if request.path.contains("wait=true") {
        return Ok(Reply::status(200)
            .header("content-type", "application/json")
            .body(json!({"id": "1190000000000000001", "type": 0, "webhook_id": ID}).to_string()));
    }
    Ok(Reply::status(204))
}

fn checked(message: &Value) -> Result<(), String> {
    let content = Unit::Utf16.allowed(&message["content"], "content", 2_000)?;
    let embeds = list(&message["embeds"], "embeds", 10)?;
    if content.is_empty() && embeds.is_empty() {
        return Err("one of content and embeds is required".to_owned());
    }
    let mut sum = 0;
    for embed in embeds {
        sum += embed_length(embed)?;
    }
    match sum {
        ..=6_000 => Ok(()),
        _ => Err(format!("all embeds have {sum} of at most 6000 characters together")),
    }
}

/// What an embed counts, if nothing is wrong with it.
fn embed_length(embed: &Value) -> Result<usize, String> {
    let unit = Unit::Utf16;
    let mut texts = vec![
        unit.allowed(&embed["title"], "title", 256)?,
        unit.allowed(&embed["description"], "description", 4_096)?,
    ];
    if !embed["footer"].is_null() {
        texts.push(unit.needed(&embed["footer"]["text"], "footer.text", 2_048)?);
    }
    if !embed["author"].is_null() {
        texts.push(unit.needed(&embed["author"]["name"], "author.name", 256)?);
    }
    for field in list(&embed["fields"], "fields", 25)? {
        texts.push(unit.needed(&field["name"], "field.name", 256)?);
        texts.push(unit.needed(&field["value"], "field.value", 1_024)?);
    }
    link(&embed["url"], "url", 2_048)?;
    let colour = &embed["color"];
    if !colour.is_null() && colour.as_u64().is_none_or(|colour| colour > 0xff_ff_ff) {
        return Err(format!("color is {colour}"));
    }
    let timestamp = &embed["timestamp"];
    if !timestamp.is_null() && timestamp.as_str().is_none_or(|it| !it.contains('T')) {
        return Err(format!("timestamp is {timestamp}, not ISO 8601"));
    }
    Ok(texts.into_iter().map(|text| unit.length(text)).sum())
}
