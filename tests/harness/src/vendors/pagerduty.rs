//! PagerDuty: Events API v2.
//!
//! Source: developer.pagerduty.com, Events API v2 Overview, Send an alert event.

use serde_json::{Value, json};

use super::limits::{Unit, link, list};
use super::{Refusal, Ruling, is_typed, path};
use crate::receiver::{Received, Reply};

const KEY: &str = "R0123456789ABCDEF0123456789ABCDE";

pub(super) const CREDENTIALS: [(&str, &str); 1] = [("ROUTINGKEY", KEY)];

fn refuse(rule: impl Into<String>) -> Refusal {
    let rule = rule.into();
    let body = json!({
        "status": "invalid event", "message": "Event object is invalid", "errors": [rule],
    });
    Refusal::new(400, body.to_string(), rule)
}

pub(super) fn rule(request: &Received) -> Ruling {
    if request.method != "POST" || path(request) != "/v2/enqueue" {
        return Err(Refusal::new(404, "Not Found", "the path"));
    }
    if !is_typed(request, "application/json") || request.body.len() > 512_000 {
        return Err(refuse("JSON of at most 512 KB"));
    }
    let event = &request.json;
    if event["routing_key"] != KEY {
        return Err(refuse("Length of 'routing_key' is incorrect (should be 32 characters)"));
    }
    let key = Unit::Chars.allowed(&event["dedup_key"], "dedup_key", 255).map_err(refuse)?;
    match event["event_action"].as_str() {
        Some("trigger") => triggered(event).map_err(refuse)?,
        Some("acknowledge" | "resolve") if !key.is_empty() => {}
        Some("acknowledge" | "resolve") => return Err(refuse("'dedup_key' is required")),
        _ => return Err(refuse("'event_action' is invalid")),
    }
    let answer = json!({"status": "success", "message": "Event processed", "dedup_key": key});
    Ok(Reply::status(202).body(answer.to_string()))
}

fn triggered(event: &Value) -> Result<(), String> {
    let payload = &event["payload"];
    Unit::Chars.needed(&payload["summary"], "payload.summary", 1_024)?;
    Unit::Chars.needed(&payload["source"], "payload.source", 1_024)?;
    if !["critical", "error", "warning", "info"].iter().any(|word| payload["severity"] == *word) {
        return Err(format!("'payload.severity' is {}", payload["severity"]));
    }
    let timestamp = &payload["timestamp"];
    if !timestamp.is_null() && timestamp.as_str().is_none_or(|it| !it.contains('T')) {
        return Err(format!("'payload.timestamp' is {timestamp}, not ISO 8601"));
    }
    if !payload["custom_details"].is_null() && !payload["custom_details"].is_object() {
        return Err("'payload.custom_details' is no object".to_owned());
    }
    link(&event["client_url"], "client_url", 2_048)?;
    for entry in list(&event["links"], "links", 100)? {
        Unit::Chars.needed(&entry["href"], "links.href", 2_048)?;
        link(&entry["href"], "links.href", 2_048)?;
    }
    Ok(())
}
