use std::collections::BTreeMap;

use flatline_domain::{ChannelRoute, Event, EventFilter, QueuedNotice, Status, UnixMs};
use serde_json::json;

use super::*;
use crate::config::{ChannelKind, Config, Env, Secret};
use crate::store::{Delivery, Lane, Notice, OutboxRow};

mod roads;

const DOWN_AT: UnixMs = UnixMs(1_795_344_741_683); // 2026-11-22T10:52:21.683Z

fn channel(options: Value, secrets: &[(&str, &str)]) -> Channel {
    let Value::Object(options) = options else { panic!("options are an object") };
    Channel {
        route: ChannelRoute {
            name: "Custom Webhook".to_owned(),
            enabled: true,
            events: EventFilter::ALL,
            tracks_incidents: false,
        },
        kind: ChannelKind::of(&TYPE),
        enabled: true,
        fallback: false,
        external_alerts: true,
        fold_above: None,
        options,
        secrets: secrets
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Secret::new(*value)))
            .collect(),
    }
}

fn plain_channel() -> Channel {
    channel(json!({}), &[("URL", "https://hook.example/in?k=url-secret")])
}

fn down() -> OutboxRow {
    let queued = QueuedNotice {
        version: 7,
        n: 0,
        event: Event::Down,
        status: Status::Down,
        committed_at: DOWN_AT.plus_ms(700),
        next_at: None,
        closing: false,
    };
    let notice = Notice {
        id: "api".to_owned(),
        name: "Production API".to_owned(),
        status: Status::Down,
        previous: Status::Up,
        at: DOWN_AT,
        since: DOWN_AT.plus_ms(-86_400_000),
        last_seen: Some(DOWN_AT.plus_ms(-300_000)),
        window_ms: 300_000,
        reason: "silence".to_owned(),
        message: None,
        severity: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        channels: Vec::new(),
        phase: None,
        link: None,
    };
    OutboxRow {
        channel: "Custom Webhook".to_owned(),
        key: "s#api#00000000000000000007#0000".to_owned(),
        delivery: Delivery { lane: Lane::Service("api".to_owned()), queued, notice },
        attempts: 0,
        last_error: None,
        copied_at: None,
        undelivered: None,
    }
}

/// `down()` with another event, status and status before.
fn turned(event: Event, status: Status, previous: Status, reason: &str) -> OutboxRow {
    let mut row = down();
    row.delivery.queued.event = event;
    row.delivery.queued.status = status;
    row.delivery.notice.status = status;
    row.delivery.notice.previous = previous;
    row.delivery.notice.reason = reason.to_owned();
    row
}

fn config(public_url: Option<&str>) -> Config {
    let url = public_url.map(|url| ("FLATLINE_PUBLIC_URL".to_owned(), url.to_owned()));
    Config::from_json([("services.json", r#"{"services": [{"id": "api"}]}"#)], &Env::of(url))
        .unwrap()
}

/// What `channel` is sent for `row`.
fn asked(row: &OutboxRow, channel: &Channel) -> Result<HttpRequest, RequestError> {
    match request(&Message::new(row, &config(None), DOWN_AT.plus_ms(1_000)), channel)? {
        Outgoing::Http(request) => Ok(request),
        Outgoing::Smtp(_) => panic!("a webhook speaks HTTP"),
    }
}

fn sent(row: &OutboxRow, public_url: Option<&str>) -> Value {
    let config = config(public_url);
    let outgoing = request(&Message::new(row, &config, DOWN_AT), &plain_channel()).unwrap();
    serde_json::from_slice(&outgoing.http().unwrap().body).unwrap()
}

#[test]
fn a_down_is_told() {
    insta::assert_json_snapshot!(sent(&down(), Some("https://status.example")));
}

#[test]
fn a_down_of_a_service_that_was_never_seen_is_told() {
    let mut row = turned(Event::Down, Status::Down, Status::Unknown, "never-reported");
    row.delivery.notice.last_seen = None;
    insta::assert_json_snapshot!(sent(&row, None));
}

#[test]
fn a_recovery_is_told_with_its_downtime() {
    let mut row = turned(Event::Up, Status::Up, Status::Down, "recovered");
    row.delivery.notice.since = DOWN_AT.plus_ms(-61_500);
    row.delivery.notice.message = Some("back again".to_owned());
    insta::assert_json_snapshot!(sent(&row, None));
}

#[test]
fn a_degradation_is_told() {
    let mut row = turned(Event::Degraded, Status::Degraded, Status::Up, "reported");
    row.delivery.notice.message = Some("disk at 91 %".to_owned());
    insta::assert_json_snapshot!(sent(&row, None));
}

#[test]
fn a_reminder_is_told() {
    let mut row = turned(Event::Reminder, Status::Down, Status::Up, "silence");
    row.delivery.queued.n = 2;
    insta::assert_json_snapshot!(sent(&row, None));
}

#[test]
fn a_closing_row_is_told() {
    let mut row = turned(Event::Up, Status::Closed, Status::Down, "removed");
    row.delivery.queued.closing = true;
    insta::assert_json_snapshot!(sent(&row, None));
}

#[test]
fn a_test_is_told() {
    insta::assert_json_snapshot!(sent(&turned(Event::Test, Status::Up, Status::Up, "test"), None));
}

fn critical_db() -> OutboxRow {
    let mut row = turned(Event::Alert, Status::Down, Status::Up, "custom-app");
    row.delivery.lane = Lane::Alert("0123456789abcdef0123456789abcdef".to_owned());
    let notice = &mut row.delivery.notice;
    notice.name = "Critical DB".to_owned();
    notice.message = Some("Primary down".to_owned());
    notice.severity = Some("critical".to_owned());
    notice.labels = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    notice.annotations = BTreeMap::from([("runbook".to_owned(), "https://r".to_owned())]);
    notice.channels = vec!["webhook".to_owned()];
    row
}

#[test]
fn an_external_alert_is_told() {
    insta::assert_json_snapshot!(sent(&critical_db(), Some("https://status.example")));
}

#[test]
fn the_id_is_the_deliverys_own() {
    let config = config(None);
    let id = |row: &OutboxRow| Message::new(row, &config, DOWN_AT).id();
    let first = down();
    let mut again = down();
    again.attempts = 3;
    again.last_error = Some("HTTP 503".to_owned());
    assert_eq!(id(&first), id(&again), "another attempt of the same delivery");
    let mut reminder = down();
    reminder.key = "s#api#00000000000000000007#0001".to_owned();
    assert_ne!(id(&first), id(&reminder), "its reminder");
    let mut elsewhere = down();
    elsewhere.channel = "Other".to_owned();
    assert_ne!(id(&first), id(&elsewhere), "the same transition on another channel");
    let mut reborn = down();
    reborn.delivery.queued.committed_at = DOWN_AT.plus_ms(900_000);
    assert_ne!(id(&first), id(&reborn), "the same version of a table that began anew");
}

#[test]
fn headers_are_sent_as_configured() {
    let url = ("URL", "https://hook.example/in");
    let token = ("AUTHTOKEN", "wh-token");
    let placeholder = json!({"Authorization": "Bearer YOUR_TOKEN"});
    let rows = [
        (json!({"X-Api-Key": "k"}), vec![url], "x-api-key", Some("k"), "any header"),
        (json!({"X-Number": 5}), vec![url], "x-number", Some("5"), "a number is text"),
        (json!({"Host": "evil"}), vec![url], "host", None, "Host is the sender's"),
        (json!({"Connection": "close"}), vec![url], "connection", None, "hop by hop"),
        (json!({"Content-Length": "1"}), vec![url], "content-length", None, "the sender's"),
        (json!({}), vec![url], "content-type", Some("application/json"), "the default"),
        (
            json!({"content-type": "application/cloudevents+json"}),
            vec![url],
            "content-type",
            Some("application/cloudevents+json"),
            "a configured type",
        ),
        (json!({}), vec![url], "authorization", None, "no token, no header"),
        (
            json!({}),
            vec![url, token],
            "authorization",
            Some("Bearer wh-token"),
            "a token alone is a bearer",
        ),
        (
            placeholder.clone(),
            vec![url, token],
            "authorization",
            Some("Bearer wh-token"),
            "the token replaces its placeholder",
        ),
        (
            json!({"authorization": "Token YOUR_TOKEN;v=1"}),
            vec![url, token],
            "authorization",
            Some("Token wh-token;v=1"),
            "in any scheme",
        ),
        (
            json!({"Authorization": "Basic abc"}),
            vec![url, token],
            "authorization",
            Some("Basic abc"),
            "a configured credential wins",
        ),
        (
            placeholder,
            vec![url],
            "authorization",
            None,
            "a placeholder without its token is no credential; the configuration warns of it",
        ),
    ];
    for (configured, secrets, header, expected, what) in rows {
        let channel = channel(json!({"headers": configured}), &secrets);
        let outgoing = asked(&down(), &channel).unwrap();
        let found = outgoing.headers.get(header).map(|value| value.to_str().unwrap());
        assert_eq!(found, expected, "{header}: {what}");
    }
}

#[test]
fn methods_are_as_configured() {
    let rows = [
        (json!({}), Ok(Method::POST), "the default"),
        (json!({"method": "put"}), Ok(Method::PUT), "any case"),
        (json!({"method": "PATCH"}), Ok(Method::PATCH), "PATCH"),
        (json!({"method": "DELETE"}), Ok(Method::DELETE), "DELETE"),
        (json!({"method": "GET"}), Ok(Method::GET), "GET"),
        (json!({"method": "HEAD"}), Err(RequestError::Method), "what carries no message"),
        (json!({"method": 5}), Err(RequestError::Method), "no text"),
    ];
    for (options, expected, what) in rows {
        let channel = channel(options, &[("URL", "https://hook.example/in")]);
        let method = asked(&down(), &channel).map(|outgoing| outgoing.method);
        match (method, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{what}"),
            (Err(found), Err(expected)) => assert_eq!(found, expected, "{what}"),
            (found, _) => panic!("{what}: {found:?}"),
        }
    }
}

#[test]
fn what_cannot_be_sent_says_why_without_secrets() {
    let rows = [
        (channel(json!({}), &[]), "the channel has no URL"),
        (channel(json!({}), &[("URL", "hook.example/secret")]), "the channel's URL cannot be read"),
        (
            channel(json!({"headers": {"X-Key": "line\nbreak"}}), &[("URL", "https://h.example")]),
            "config.headers: \"X-Key\" is not a header that can be sent",
        ),
        (
            channel(json!({"headers": {"no good": "v"}}), &[("URL", "https://h.example")]),
            "config.headers: \"no good\" is not a header that can be sent",
        ),
    ];
    for (channel, expected) in rows {
        let error = asked(&down(), &channel).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn debug_shows_no_secret() {
    let channel = channel(
        json!({}),
        &[("URL", "https://hook.example/path-secret?k=query-secret"), ("AUTHTOKEN", "wh-token")],
    );
    let outgoing = asked(&down(), &channel).unwrap();
    let shown = format!("{outgoing:?}");
    assert!(shown.contains("hook.example"), "{shown}");
    for secret in ["path-secret", "query-secret", "wh-token"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// The JSON samples of the documentation, in order: configuration, event, alert.
fn documented() -> Vec<Value> {
    let page = include_str!("../../../../docs/notifications.md");
    let (_, page) = page.split_once("## Webhook").unwrap();
    let samples = page.split("```json").skip(1).filter_map(|rest| rest.split("```").next());
    samples.map(|sample| serde_json::from_str(sample).unwrap()).collect()
}

#[test]
fn the_documentation_shows_what_is_sent() {
    let [configured, event, alert, ..] = &documented()[..] else { panic!("three samples") };
    let page = Some("https://status.example");
    assert_eq!(*event, sent(&down(), page));
    assert_eq!(*alert, sent(&critical_db(), page));
    let options = configured["channels"][0]["config"].clone();
    let channel = channel(options, &[("URL", "https://hook.example/in"), ("AUTHTOKEN", "t")]);
    let outgoing = asked(&down(), &channel).unwrap();
    assert_eq!(outgoing.headers["authorization"], "Bearer t");
    assert_eq!(outgoing.headers["x-team"], "operations");
}

#[test]
fn many_as_one_are_told_one_by_one_inside() {
    let mut up = turned(Event::Up, Status::Up, Status::Down, "recovered");
    up.delivery.queued.version = 8;
    up.delivery.queued.committed_at = DOWN_AT.plus_ms(60_000);
    let rows = [down(), up, critical_db()];
    let config = config(Some("https://status.example"));
    let message = Message::folded(&rows, &config, DOWN_AT).unwrap();
    let outgoing = request(&message, &plain_channel()).unwrap();
    let body: Value = serde_json::from_slice(&outgoing.http().unwrap().body).unwrap();
    insta::assert_json_snapshot!(body);
    for (part, row) in body["events"].as_array().unwrap().iter().zip(&rows) {
        assert_eq!(*part, sent(row, Some("https://status.example")), "as it would be alone");
    }
}

#[test]
fn the_documentation_shows_many_as_one() {
    let (rows, config) = ([down(), down()], config(Some("https://status.example")));
    let message = Message::folded(&rows, &config, DOWN_AT).unwrap();
    let outgoing = request(&message, &plain_channel()).unwrap();
    let body: Value = serde_json::from_slice(&outgoing.http().unwrap().body).unwrap();
    let shown = &documented()[3];
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(shown), keys(&body));
    assert_eq!((&shown["event"], &shown["count"]), (&body["event"], &body["count"]));
    // Each event is cut short on the page.
    for event in shown["events"].as_array().unwrap() {
        let left_out = |key: &String| body["events"][0].get(key).is_none();
        assert!(!keys(event).iter().any(left_out), "{event}");
    }
}

#[test]
fn many_more_than_there_is_room_for_are_counted() {
    let rows = vec![down(); 5_000];
    let config = config(None);
    let message = Message::folded(&rows, &config, DOWN_AT).unwrap();
    let outgoing = request(&message, &plain_channel()).unwrap();
    let sent = &outgoing.http().unwrap().body;
    assert!(sent.len() <= body::FOLDED_MAX_BYTES + 1_024, "{} bytes", sent.len());
    let body: Value = serde_json::from_slice(sent).unwrap();
    assert_eq!(body["count"], 5_000);
    assert!(body["events"].as_array().unwrap().len() > 500);
}

#[test]
fn a_copy_says_who_could_not_be_told() {
    let mut row = down();
    let of = Box::new(row.delivery.lane.clone());
    row.delivery.lane = Lane::Copy { channel: "Slack".to_owned(), of };
    row.undelivered = Some("HTTP 503".to_owned());
    let body = sent(&row, None);
    assert_eq!(body["undelivered"], json!({"channel": "Slack", "reason": "HTTP 503"}));
    assert_eq!(sent(&down(), None).get("undelivered"), None);
}
