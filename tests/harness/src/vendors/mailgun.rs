//! Mailgun: POST /v3/{domain}/messages.
//!
//! Source: documentation.mailgun.com, Messages, Regions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use url::form_urlencoded;

use super::{Refusal, Ruling, is_typed, path};
use crate::receiver::{Received, Reply};

const KEY: &str = "key-mailgun-nobody-may-read";
const DOMAIN: &str = "mg.example.com";

pub(super) const CREDENTIALS: [(&str, &str); 2] = [("APIKEY", KEY), ("DOMAIN", DOMAIN)];

fn refuse(status: u16, message: &str, rule: &str) -> Refusal {
    Refusal::new(status, json!({"message": message}).to_string(), rule)
}

pub(super) fn rule(request: &Received) -> Ruling {
    let basic = format!("Basic {}", STANDARD.encode(format!("api:{KEY}")));
    if request.headers.get("authorization").is_none_or(|value| value.as_bytes() != basic.as_bytes())
    {
        return Err(Refusal::new(401, "Forbidden", "Basic credentials"));
    }
    let domain = path(request).strip_prefix("/v3/").and_then(|it| it.strip_suffix("/messages"));
    match domain {
        Some(DOMAIN) => {}
        Some(other) => {
            return Err(refuse(404, &format!("Domain not found: {other}"), "the domain"));
        }
        None => return Err(refuse(404, "Not Found", "the path")),
    }
    if request.method != "POST" || !is_typed(request, "application/x-www-form-urlencoded") {
        return Err(refuse(400, "Need at least one of 'text' or 'html'", "POST of a form"));
    }
    if request.body.len() > 25_000_000 {
        return Err(refuse(413, "Request Entity Too Large", "25 MB"));
    }
    let form: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
    checked(&form).map_err(|(message, rule)| refuse(400, message, rule))?;
    let answer = json!({"id": "<20261122.1@mg.example.com>", "message": "Queued. Thank you."});
    Ok(Reply::status(200).header("content-type", "application/json").body(answer.to_string()))
}

fn checked(form: &[(String, String)]) -> Result<(), (&'static str, &'static str)> {
    let values = |name: &'static str| {
        form.iter().filter(move |(key, value)| key == name && !value.trim().is_empty())
    };
    let is_mailbox = |(_, value): &(String, String)| value.contains('@') && !value.contains('\n');
    if values("from").count() != 1 || !values("from").all(is_mailbox) {
        return Err(("from parameter is not a valid address", "one sender"));
    }
    if !(1..=1_000).contains(&values("to").count()) || !values("to").all(is_mailbox) {
        return Err(("to parameter is not a valid address", "1 to 1000 recipients"));
    }
    if values("text").chain(values("html")).count() == 0 {
        return Err(("Need at least one of 'text' or 'html'", "a text"));
    }
    let is_one_line = |(_, value): &(String, String)| !value.contains(['\r', '\n']);
    if values("subject").count() != 1 || !values("subject").all(is_one_line) {
        return Err(("subject is not valid", "one subject of one line"));
    }
    let mut headers = form.iter().filter(|(key, _)| key.starts_with("h:"));
    match headers.find(|header| !is_one_line(header)) {
        Some(_) => Err(("header is not valid", "headers of one line")),
        None => Ok(()),
    }
}
