//! Pushover: POST /1/messages.json, POST /1/receipts/cancel_by_tag/{tag}.json.
//!
//! Source: pushover.net/api, pushover.net/api/receipts.

use serde_json::{Value, json};

use super::limits::{Unit, link};
use super::{Refusal, Ruling, Visit, is_typed, path};
use crate::receiver::{Received, Reply};

const TOKEN: &str = "azGDORePK8gMaC0QOYAMyEEuzJnyUi";
const USER: &str = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG";

pub(super) const CREDENTIALS: [(&str, &str); 2] = [("APITOKEN", TOKEN), ("USERKEY", USER)];

fn refuse(rule: impl Into<String>) -> Refusal {
    let rule = rule.into();
    let body = json!({"status": 0, "errors": [rule], "request": "647d2300-702c-4b38"});
    Refusal::new(400, body.to_string(), rule)
}

pub(super) fn rule(request: &Received) -> Ruling {
    let is_message = path(request) == "/1/messages.json";
    if request.method != "POST" || !(is_message || cancelled(request).is_some()) {
        return Err(Refusal::new(404, "", "the path"));
    }
    if !is_typed(request, "application/json") || !request.json.is_object() {
        return Err(refuse("a JSON object or a form"));
    }
    let message = &request.json;
    if message["token"] != TOKEN {
        return Err(refuse("application token is invalid"));
    }
    if !is_message {
        return Ok(Reply::status(200).body(json!({"status": 1}).to_string()));
    }
    if message["user"] != USER {
        return Err(refuse("user identifier is not a valid user, group, or subscribed user key"));
    }
    checked(message).map_err(refuse)?;
    let mut answer = json!({"status": 1, "request": "647d2300-702c-4b38"});
    if message["priority"] == 2 {
        answer["receipt"] = "rLqVuqTRh62UzxtmqiaLzQmVcPgiCy".into();
    }
    let limits = [("limit", "10000"), ("remaining", "7496"), ("reset", "1798761600")];
    let reply = limits.into_iter().fold(Reply::status(200), |reply, (name, value)| {
        reply.header(&format!("x-limit-app-{name}"), value)
    });
    Ok(reply.body(answer.to_string()))
}

/// The tag whose emergencies a request ends; none if it is another request.
fn cancelled(request: &Received) -> Option<&str> {
    let rest = path(request).strip_prefix("/1/receipts/cancel_by_tag/")?;
    rest.strip_suffix(".json").filter(|tag| !tag.is_empty() && !tag.contains('/'))
}

/// The emergencies that ring after these visits of a desk: each that was accepted and that no tag of
/// its own ended later.
pub fn ringing(visits: &[Visit]) -> Vec<&Visit> {
    let mut ringing: Vec<&Visit> = Vec::new();
    for visit in visits.iter().filter(|visit| visit.broken.is_none()) {
        match cancelled(&visit.request) {
            Some(ended) => ringing.retain(|emergency| {
                let tags = emergency.request.json["tags"].as_str().unwrap_or_default();
                tags.split(',').all(|tag| tag.trim() != ended)
            }),
            None if visit.request.json["priority"] == 2 => ringing.push(visit),
            None => {}
        }
    }
    ringing
}

fn checked(message: &Value) -> Result<(), String> {
    Unit::Chars.needed(&message["message"], "message", 1_024)?;
    Unit::Chars.allowed(&message["title"], "title", 250)?;
    Unit::Chars.allowed(&message["url_title"], "url_title", 100)?;
    link(&message["url"], "url", 512)?;
    let whole = |key: &str, standard: i64| match &message[key] {
        Value::Null => Ok(standard),
        value => value.as_i64().ok_or_else(|| format!("{key} is invalid")),
    };
    let priority = whole("priority", 0)?;
    if !(-2..=2).contains(&priority) {
        return Err("priority is invalid".to_owned());
    }
    whole("timestamp", 0)?;
    match &message["tags"] {
        Value::Null => {}
        Value::String(_) if priority != 2 => return Err("tags are of emergencies".to_owned()),
        Value::String(tags) if tags.split(',').all(|tag| !tag.trim().is_empty()) => {}
        tags => return Err(format!("tags is {tags}, no list with commas")),
    }
    if priority == 2 && whole("retry", 0)? < 30 {
        return Err("retry must be supplied with priority=2, at least 30".to_owned());
    }
    if priority == 2 && !(1..=10_800).contains(&whole("expire", 0)?) {
        return Err("expire must be supplied with priority=2, at most 10800".to_owned());
    }
    Ok(())
}
