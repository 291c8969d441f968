//! What the configuration of a webhook may say.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::{NOT_CONFIGURABLE, TOKEN_PLACEHOLDER, signature};
use crate::config::{Channel, ChannelOptions, Place, Probe};

pub(super) fn read(options: &mut ChannelOptions<'_>) {
    options.choice("method", &["POST", "PUT", "PATCH", "DELETE", "GET"]);
    if let Some(headers) = options.entries("headers") {
        for (place, name, value) in &headers {
            judge_header(options, place, name, value);
        }
        let sent = headers.into_iter().map(|(_, name, value)| (name.to_owned(), value.clone()));
        options.set("headers", sent.collect::<Map<String, Value>>());
    }
    options.need_url("URL");
    options.sendable_credential("AUTHTOKEN");
    if let Some(secret) = options.credential("SIGNINGSECRET")
        && signature::key(secret).is_none()
    {
        let variable = options.variable("SIGNINGSECRET");
        let sentence = format!("{variable} must be a text, or whsec_ and base64");
        options.error("signingSecret", sentence);
    }
}

fn judge_header(options: &ChannelOptions<'_>, place: &Place, name: &str, value: &Value) {
    let Some(text) = value.as_str() else {
        options.refuse_at(place, "a text", value);
        return;
    };
    match name.parse::<HeaderName>() {
        Err(_) => options.error_at(place, format!("{name:?} is no name of a header")),
        Ok(name) if NOT_CONFIGURABLE.contains(&name) => {
            options.warn_at(place, "this header is not sent: it belongs to the connection");
        }
        Ok(_) => {}
    }
    if HeaderValue::from_str(text).is_err() {
        options.error_at(place, "must be a text without line breaks and control characters");
    }
    // An `Authorization` that still waits for its token is not sent.
    let is_waiting = name.eq_ignore_ascii_case("authorization") && text.contains(TOKEN_PLACEHOLDER);
    if is_waiting && options.credential("AUTHTOKEN").is_none() {
        let variable = options.variable("AUTHTOKEN");
        let sentence =
            format!("is not sent until {variable} says what {TOKEN_PLACEHOLDER} stands for");
        options.warn_at(place, sentence);
    }
}

/// A body that is never JSON can only be for webhooks that announce something else.
pub(super) fn check_template(probe: &Probe<'_>) -> Result<(), String> {
    let is_other = |channel: &Channel| {
        channel.kind.as_str() == super::TYPE.word && sends_other_than_json(channel)
    };
    if probe.texts.iter().any(|text| is_json(text)) || probe.channels.iter().any(is_other) {
        return Ok(());
    }
    let example = r#"{"text": "{{message}}"}"#;
    Err(format!("becomes no JSON, which webhooks announce: write it such as {example}"))
}

/// Whether a receiver could read it as JSON.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Whether the configured `Content-Type` announces anything but JSON.
pub(super) fn sends_other_than_json(channel: &Channel) -> bool {
    let headers = channel.options.get("headers").and_then(Value::as_object);
    let of_type = headers
        .into_iter()
        .flatten()
        .find(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
    of_type.is_some_and(|(_, value)| !value.as_str().unwrap_or_default().contains("json"))
}
