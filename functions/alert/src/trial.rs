//! `POST /api/test-notification`: a message that tries a channel out. It goes the way of all messages,
//! is tried once, and the answer says what the channel said.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flatline_domain::{Event, QueuedNotice, Status, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::Channel;
use flatline_shared::http::{ApiError, JsonBody, keys};
use flatline_shared::render::time::rfc3339;
use flatline_shared::store::{
    Delivery, DeliveryLogEntry, Ending, Lane, NewDelivery, Notice, StoreError,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::{intake, routing};

/// How long the answer waits for the outcome, in ms.
const WAIT_MS: i64 = 20_000;
/// How often it looks, in ms.
const LOOK_MS: i64 = 250;
/// How long the outage lasts that a test tells of, in ms.
const OUTAGE_MS: i64 = 600_000;
/// What it says it is about.
const NAME: &str = "Test of Flatline";
/// What is to be tried out.
struct Asked {
    /// Name or type of the channel.
    channel: String,
    event: Event,
}

/// Handles the request.
pub(crate) async fn test(
    State(app): State<App>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let asked = Asked::read(&body)?;
    keys::require_alert_key(&app.config, &headers)?;
    let (channel, warnings) = routing::one(&app.config, &asked.channel)?;
    let outcome = send(&app, channel, asked.event).await?;
    Ok(answer(channel, asked.event, outcome, warnings))
}

impl Asked {
    fn read(body: &Value) -> Result<Self, ApiError> {
        let invalid = |sentence: String| ApiError::invalid("invalid-test", sentence);
        let text = |key: &str| match &body[key] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            _ => Err(invalid(format!("{key} must be a string"))),
        };
        if !body.is_object() {
            return Err(invalid("The body must be a JSON object".to_owned()));
        }
        let channel = text("channelType")?.ok_or_else(|| {
            invalid("channelType is missing: it is the name or the type of a channel".to_owned())
        })?;
        let word = text("eventType")?.unwrap_or("down");
        let event = Event::parse(&word.to_ascii_lowercase()).ok_or_else(|| {
            let words = Event::ALL.map(Event::as_str).join(", ");
            invalid(format!("eventType must be one of {words}, not '{word}'"))
        })?;
        Ok(Self { channel: channel.to_owned(), event })
    }
}

/// Queues the message and waits for what becomes of it. `None`: it is not known yet.
async fn send(
    app: &App,
    channel: &Channel,
    event: Event,
) -> Result<Option<DeliveryLogEntry>, ApiError> {
    let now = app.clock.now();
    let lane = Lane::Test(format!("{}#{}", rfc3339(now), intake::new_id()?));
    let name = channel.route.name.clone();
    let test = NewDelivery { channel: name, delivery: delivery(lane.clone(), event, now) };
    app.store.queue_test(&test).await?;
    app.doorbell.notify_one();
    let until_ms = app.clock.monotonic_ms() + WAIT_MS;
    while app.clock.monotonic_ms() < until_ms {
        app.clock.sleep(LOOK_MS).await;
        match app.store.deliveries(&lane, 1).await {
            Ok(ended) if ended.is_empty() => {}
            Ok(ended) => return Ok(ended.into_iter().next()),
            // It is queued; to say that it failed would not be true.
            Err(StoreError::Unavailable(why)) => {
                tracing::warn!(why, "what became of a test cannot be read yet");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// What is sent: it looks like the event, and says that nothing has happened.
fn delivery(lane: Lane, event: Event, now: UnixMs) -> Delivery {
    let (status, previous) = match event {
        Event::Up => (Status::Up, Status::Down),
        Event::Degraded => (Status::Degraded, Status::Up),
        Event::Test => (Status::Unknown, Status::Unknown),
        Event::Down | Event::Reminder | Event::Alert => (Status::Down, Status::Up),
    };
    let is_alert = event == Event::Alert;
    let queued = QueuedNotice {
        version: 1,
        n: u32::from(event == Event::Reminder),
        event: Event::Test,
        status,
        committed_at: now,
        next_at: None,
        closing: false,
    };
    let notice = Notice {
        id: "flatline-test".to_owned(),
        name: NAME.to_owned(),
        status,
        previous,
        at: now,
        since: now.plus_ms(-OUTAGE_MS),
        last_seen: None,
        window_ms: 0,
        reason: "test".to_owned(),
        message: None,
        // Only alerts have one.
        severity: is_alert.then(|| "critical".to_owned()),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        channels: Vec::new(),
        phase: None,
        link: None,
    };
    Delivery { lane, queued, notice }
}

fn answer(
    channel: &Channel,
    event: Event,
    outcome: Option<DeliveryLogEntry>,
    warnings: Vec<String>,
) -> Response {
    let name = channel.route.name.as_str();
    let mut body = Map::new();
    let (status, sentence) = match outcome {
        None => {
            body.insert("queued".to_owned(), true.into());
            let sentence = format!(
                "The test for '{name}' is queued, and nothing is known of it after {} seconds: \
                 GET /api/deliveries will tell",
                WAIT_MS / 1_000
            );
            (StatusCode::ACCEPTED, sentence)
        }
        Some(DeliveryLogEntry { ending: Ending::Delivered, answer, .. }) => {
            body.insert("answer".to_owned(), answer.into());
            (StatusCode::OK, format!("'{name}' accepted the test message"))
        }
        Some(DeliveryLogEntry { answer, .. }) => {
            let sentence = format!("'{name}' did not accept the test message: {answer}");
            body.insert("answer".to_owned(), answer.into());
            body.insert("error".to_owned(), sentence.clone().into());
            body.insert("code".to_owned(), "not-accepted".into());
            (StatusCode::BAD_GATEWAY, sentence)
        }
    };
    for (key, value) in [
        ("success", json!(status.is_success())),
        ("message", json!(sentence)),
        ("channel", json!(name)),
        ("type", json!(channel.kind.as_str())),
        ("event", json!(event.as_str())),
    ] {
        body.insert(key.to_owned(), value);
    }
    if !warnings.is_empty() {
        body.insert("warnings".to_owned(), warnings.into());
    }
    (status, Json(body)).into_response()
}
