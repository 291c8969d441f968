//! The JSON that a webhook is sent.

use std::collections::BTreeMap;

use flatline_domain::{Event, Status, UnixMs};
use serde::Serialize;

use crate::notify::story::{alert_status, fired_ms};
use crate::notify::{Message, Undelivered};
use crate::render::time::rfc3339;
use crate::store::{Lane, Notice};

/// Bytes of JSON that the events of a folded message may have; the rest is counted.
pub(super) const FOLDED_MAX_BYTES: usize = 256 * 1_024;

/// The channel that could not be told.
#[derive(Serialize)]
struct UndeliveredBody<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

fn undelivered<'a>(message: &Message<'a>) -> Option<UndeliveredBody<'a>> {
    let Undelivered { channel, reason } = message.undelivered()?;
    Some(UndeliveredBody { channel, reason })
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
pub(super) struct EventBody<'a> {
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
    metadata: Option<&'a BTreeMap<String, String>>,
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
#[serde(rename_all = "camelCase")]
pub(super) struct AlertBody<'a> {
    event: Event,
    alert_key: &'a str,
    title: &'a str,
    message: &'a str,
    severity: &'a str,
    source: &'a str,
    status: &'static str,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    channels: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    firing_seconds: Option<i64>,
    timestamp: String,
    id: String,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    undelivered: Option<UndeliveredBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// The body for several deliveries at once: those of all of them.
#[derive(Serialize)]
pub(super) struct FoldedBody<'a> {
    event: &'static str,
    timestamp: String,
    id: String,
    count: usize,
    events: Vec<Body<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Any of them.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Body<'a> {
    /// Of a service.
    Event(Box<EventBody<'a>>),
    /// Of another tool.
    Alert(Box<AlertBody<'a>>),
    /// Several.
    Folded(FoldedBody<'a>),
}

impl<'a> Body<'a> {
    pub(super) fn of(message: &Message<'a>) -> Self {
        if !message.is_folded() {
            return match message.event() {
                Event::Alert => Self::Alert(Box::new(alert_body(message))),
                _ => Self::Event(Box::new(event_body(message))),
            };
        }
        // Whole events, each as it would be alone, as many as there is room for.
        let mut left_bytes = FOLDED_MAX_BYTES;
        let mut fits = |event: &Self| {
            let bytes = event.json().len() + 1;
            let fits = bytes <= left_bytes;
            left_bytes = left_bytes.saturating_sub(bytes);
            fits
        };
        let events = message.parts().map(|part| Self::of(&part)).take_while(|event| fits(event));
        let newest = message.rows.iter().map(|row| row.delivery.queued.committed_at).max();
        Self::Folded(FoldedBody {
            event: "folded",
            timestamp: rfc3339(newest.unwrap_or_default()),
            id: message.id(),
            count: message.rows.len(),
            events: events.collect(),
            url: message.link(),
        })
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("text, numbers and maps of text always have a JSON form")
    }
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
        metadata: Some(&notice.labels)
            .filter(|all| message.config.notify.include_metadata && !all.is_empty()),
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
        alert_key: match delivery.lane.subject() {
            Lane::Alert(key) => key,
            _ => &notice.id,
        },
        title: &notice.name,
        message: notice.message.as_deref().unwrap_or_default(),
        severity: notice.severity.as_deref().unwrap_or_default(),
        source: &notice.reason,
        status: alert_status(notice),
        labels: &notice.labels,
        annotations: &notice.annotations,
        channels: &notice.channels,
        link: notice.link.as_deref(),
        since: rfc3339(began(notice)),
        firing_seconds: fired_ms(notice).map(seconds),
        timestamp: rfc3339(queued.committed_at),
        id: message.id(),
        version: queued.version,
        undelivered: undelivered(message),
        url: message.link(),
    }
}

/// When an alert began to fire.
fn began(notice: &Notice) -> UnixMs {
    fired_ms(notice).map_or(notice.at, |fired_ms| notice.at.plus_ms(-fired_ms))
}

/// Milliseconds as whole seconds.
const fn seconds(ms: i64) -> i64 {
    ms / 1_000
}
