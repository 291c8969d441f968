//! Pushover: POST /1/messages.json.
//!
//! Source: pushover.net/api.

use serde_json::{Value, json};

use super::limits::{Unit, link};
use super::{Refusal, Ruling, is_typed, path};
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
    if request.method != "POST" || path(request) != "/1/messages.json" {
        return Err(Refusal::new(404, "", "the path"));
    }
    if !is_typed(request, "application/json") || !request.json.is_object() {
        return Err(refuse("a JSON object or a form"));
    }
    let message = &request.json;
    if message["token"] != TOKEN {
        return Err(refuse("application token is invalid"));
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
    if priority == 2 && whole("retry", 0)? < 30 {
        return Err("retry must be supplied with priority=2, at least 30".to_owned());
    }
    if priority == 2 && !(1..=10_800).contains(&whole("expire", 0)?) {
        return Err("expire must be supplied with priority=2, at most 10800".to_owned());
    }
    Ok(())
}
