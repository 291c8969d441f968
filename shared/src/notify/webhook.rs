//! The generic webhook: one JSON object per event, for programs.
//!
//! The body keeps the fields of the system that Flatline replaces and adds ours;
//! docs/notifications.md describes it for receivers.

use std::collections::BTreeMap;

use bytes::Bytes;
use flatline_domain::{Event, Status};
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde_json::Value;

use super::{Format, Message, Outgoing, RequestError, Undelivered, verdict};
use crate::config::{Channel, ChannelKind};
use crate::render::time::rfc3339;

/// The webhook, for the list of formats.
pub(super) const FORMAT: Format =
    Format { kind: ChannelKind::Webhook, request, judge: verdict::by_status };

/// Stands for AUTHTOKEN in a configured `Authorization` header.
const TOKEN_PLACEHOLDER: &str = "YOUR_TOKEN";

/// Why a body can always be written.
const JSON: &str = "text, numbers and maps of text always have a JSON form";

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

/// Bytes of JSON that the events of a folded message may have; the rest is counted.
const FOLDED_MAX_BYTES: usize = 256 * 1024;

/// The channel that could not be told.
#[derive(Serialize)]
struct UndeliveredBody<'a> {
    channel: &'a str,
    reason: &'a str,
}

/// The body for many events as one.
#[derive(Serialize)]
struct FoldedBody {
    event: &'static str,
    timestamp: String,
    id: String,
    count: usize,
    events: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// What the service is now.
#[derive(Serialize)]
struct ServiceBody<'a> {
    id: &'a str,
    name: &'a str,
    status: Status,
}

/// The body for an event of a service.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventBody<'a> {
    event: Event,
    service: ServiceBody<'a>,
    last_seen: Option<String>,
    timestamp: String,
    id: String,
    version: u64,
    previous_status: Status,
    since: String,
    reason: &'a str,
    window_seconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    down_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reminder: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undelivered: Option<UndeliveredBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// The body for an alert of another tool.
#[derive(Serialize)]
struct AlertBody<'a> {
    event: Event,
    title: &'a str,
    message: &'a str,
    severity: &'a str,
    source: &'a str,
    status: &'static str,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    channels: &'a [String],
    timestamp: String,
    id: String,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    undelivered: Option<UndeliveredBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// The request that tells a webhook of this message.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let url = channel.secrets.get("URL").ok_or(RequestError::Missing("URL"))?;
    Ok(Outgoing {
        method: method(channel)?,
        url: url.expose().parse().map_err(|_| RequestError::Url)?,
        headers: headers(channel)?,
        body: body(message),
    })
}

fn method(channel: &Channel) -> Result<Method, RequestError> {
    let Some(configured) = channel.options.get("method") else { return Ok(Method::POST) };
    match configured.as_str().map(str::to_ascii_uppercase).as_deref() {
        Some("POST") => Ok(Method::POST),
        Some("PUT") => Ok(Method::PUT),
        Some("PATCH") => Ok(Method::PATCH),
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

fn body(message: &Message<'_>) -> Bytes {
    let json = match message.row.delivery.queued.event {
        _ if message.is_folded() => serde_json::to_vec(&folded_body(message)),
        Event::Alert => serde_json::to_vec(&alert_body(message)),
        _ => serde_json::to_vec(&event_body(message)),
    };
    Bytes::from(json.expect(JSON))
}

/// Whole events, each as it would be alone, as many as there is room for; `count` says how many there
/// are.
fn folded_body(message: &Message<'_>) -> FoldedBody {
    let mut left_bytes = FOLDED_MAX_BYTES;
    let event = |part: Message<'_>| match part.row.delivery.queued.event {
        Event::Alert => serde_json::to_value(alert_body(&part)),
        _ => serde_json::to_value(event_body(&part)),
    };
    let mut fits = |event: &Value| {
        let bytes = event.to_string().len() + 1;
        let fits = bytes <= left_bytes;
        left_bytes = left_bytes.saturating_sub(bytes);
        fits
    };
    let events = message.parts().map(|part| event(part).expect(JSON)).take_while(|it| fits(it));
    let newest = message.rows.iter().map(|row| row.delivery.queued.committed_at).max();
    FoldedBody {
        event: "folded",
        timestamp: rfc3339(newest.unwrap_or_default()),
        id: message.id(),
        count: message.rows.len(),
        events: events.collect(),
        url: message.link(),
    }
}

fn undelivered<'a>(message: &Message<'a>) -> Option<UndeliveredBody<'a>> {
    let Undelivered { channel, reason } = message.undelivered()?;
    Some(UndeliveredBody { channel, reason })
}

fn event_body<'a>(message: &Message<'a>) -> EventBody<'a> {
    let delivery = &message.row.delivery;
    let (queued, notice) = (&delivery.queued, &delivery.notice);
    let recovered = queued.event == Event::Up && notice.previous == Status::Down;
    EventBody {
        event: queued.event,
        service: ServiceBody { id: &notice.id, name: &notice.name, status: notice.status },
        last_seen: notice.last_seen.map(rfc3339),
        timestamp: rfc3339(queued.committed_at),
        id: message.id(),
        version: queued.version,
        previous_status: notice.previous,
        since: rfc3339(notice.at),
        reason: &notice.reason,
        window_seconds: seconds(notice.window_ms),
        message: notice.message.as_deref(),
        down_seconds: recovered.then(|| seconds(notice.at.since_ms(notice.since))),
        reminder: (queued.n > 0).then_some(queued.n),
        undelivered: undelivered(message),
        url: message.link(),
    }
}

fn alert_body<'a>(message: &Message<'a>) -> AlertBody<'a> {
    let delivery = &message.row.delivery;
    let (queued, notice) = (&delivery.queued, &delivery.notice);
    AlertBody {
        event: queued.event,
        title: &notice.name,
        message: notice.message.as_deref().unwrap_or_default(),
        severity: notice.severity.as_deref().unwrap_or_default(),
        source: &notice.reason,
        status: if notice.status.is_incident() { "firing" } else { "resolved" },
        labels: &notice.labels,
        annotations: &notice.annotations,
        channels: &notice.channels,
        timestamp: rfc3339(queued.committed_at),
        id: message.id(),
        version: queued.version,
        undelivered: undelivered(message),
        url: message.link(),
    }
}

/// Milliseconds as whole seconds.
const fn seconds(ms: i64) -> i64 {
    ms / 1_000
}

#[cfg(test)]
mod tests;
