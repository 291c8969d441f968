//! The generic webhook: one JSON object per event, for programs.
//!
//! The body keeps the fields of the system that Flatline replaces and adds ours;
//! docs/notifications.md describes it for receivers. Signatures follow Standard Webhooks.

mod body;
mod options;
mod signature;

use std::io::{self, Write};

use bytes::Bytes;
use flatline_domain::UnixMs;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use tracing::warn;
use url::Url;

use self::body::Body;
use super::verdict::by_status;
use super::{Answer, Format, HttpRequest, Message, Outgoing, RequestError, Verdict, base};
use crate::config::{Channel, ChannelType, Part, TemplateShape};

/// The webhook, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, ahead: base::nothing, request, judge };

static TYPE: ChannelType = ChannelType {
    word: "webhook",
    credentials: &["url", "authToken", "signingSecret"],
    tracks_incidents: false,
    is_for_programs: true,
    template: TemplateShape {
        parts: &[Part::Text("body")],
        escape: write_json,
        prepare: str::to_owned,
        check: options::check_template,
    },
    read: options::read,
};

/// Stands for AUTHTOKEN in a configured `Authorization` header.
const TOKEN_PLACEHOLDER: &str = "YOUR_TOKEN";

/// Headers that belong to the connection or to the sender, whatever the configuration says.
const NOT_CONFIGURABLE: [HeaderName; 11] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Writes a value as the inside of a JSON string.
fn write_json(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let quoted = Value::from(text).to_string();
    out.write_all(&quoted.as_bytes()[1..quoted.len() - 1])
}

/// The request that tells a webhook of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let method = method(channel)?;
    let mut url = base::secret_url(channel, "URL")?;
    let mut headers = headers(channel)?;
    let body = if method == Method::GET {
        headers.remove(CONTENT_TYPE);
        ask(&mut url, &Body::of(message));
        Bytes::new()
    } else {
        body(message, channel)
    };
    if let Some(secret) = channel.secret("SIGNINGSECRET") {
        signature::sign(&mut headers, secret, message, &body)?;
    }
    Ok(Outgoing::Http(HttpRequest { method, url, headers, body }))
}

/// The template's text; what is no JSON where JSON is announced is told in the default way.
fn body(message: &Message<'_>, channel: &Channel) -> Bytes {
    let template = message.template(channel).unwrap_or_default();
    let custom = template["body"].as_str().filter(|text| {
        let is_fine = options::sends_other_than_json(channel) || options::is_json(text);
        if !is_fine {
            let channel = channel.route.name.as_str();
            warn!(
                channel,
                "templates.webhook.body became no JSON: the default body is sent instead"
            );
        }
        is_fine
    });
    custom.map_or_else(|| Body::of(message).json(), str::to_owned).into()
}

/// A GET has no body: what matters goes into the query.
fn ask(url: &mut Url, body: &Body<'_>) {
    let body: Value = serde_json::from_str(&body.json()).unwrap_or_default();
    let mut query = url.query_pairs_mut();
    for (name, value) in [
        ("event", &body["event"]),
        ("service", &body["service"]["id"]),
        ("status", &body["service"]["status"]),
        ("title", &body["title"]),
        ("id", &body["id"]),
        ("timestamp", &body["timestamp"]),
    ] {
        if let Some(value) = value.as_str() {
            query.append_pair(name, value);
        }
    }
}

fn method(channel: &Channel) -> Result<Method, RequestError> {
    let Some(configured) = channel.options.get("method") else { return Ok(Method::POST) };
    match configured.as_str().map(str::to_ascii_uppercase).as_deref() {
        Some("POST") => Ok(Method::POST),
        Some("PUT") => Ok(Method::PUT),
        Some("PATCH") => Ok(Method::PATCH),
        Some("DELETE") => Ok(Method::DELETE),
        Some("GET") => Ok(Method::GET),
        _ => Err(RequestError::Method),
    }
}

fn headers(channel: &Channel) -> Result<HeaderMap, RequestError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let configured = channel.options.get("headers").and_then(Value::as_object);
    for (name, value) in configured.into_iter().flatten() {
        let unusable = || RequestError::Header(name.clone());
        let header: HeaderName = name.parse().map_err(|_| unusable())?;
        if NOT_CONFIGURABLE.contains(&header) {
            continue;
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        headers.insert(header, text.parse().map_err(|_| unusable())?);
    }
    authorize(&mut headers, channel)?;
    Ok(headers)
}

/// AUTHTOKEN takes its placeholder's place, or is the bearer if no `Authorization` is configured.
fn authorize(headers: &mut HeaderMap, channel: &Channel) -> Result<(), RequestError> {
    let token = channel.secrets.get("AUTHTOKEN");
    let configured = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let waits = configured.is_some_and(|text| text.contains(TOKEN_PLACEHOLDER));
    let filled = match (configured, token) {
        (None, Some(token)) => format!("Bearer {}", token.expose()),
        (Some(text), Some(token)) if waits => text.replace(TOKEN_PLACEHOLDER, token.expose()),
        // A placeholder is no credential: the receiver says better what is missing.
        (Some(_), None) if waits => {
            headers.remove(AUTHORIZATION);
            return Ok(());
        }
        _ => return Ok(()),
    };
    let mut value: HeaderValue =
        filled.parse().map_err(|_| RequestError::Header(AUTHORIZATION.to_string()))?;
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

/// By the status; programs often say in JSON what they did not like.
pub fn judge(answer: &Answer, now: UnixMs) -> Verdict {
    let body = base::json(answer);
    let why = ["error", "message", "detail"].into_iter().find_map(|key| body[key].as_str());
    by_status(answer, now).because(why)
}

#[cfg(test)]
mod tests;
