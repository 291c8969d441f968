//! Channels that somebody tries out; the notifier is played.

use flatline_domain::{Event, Status};
use flatline_harness::clock::VirtualClock;
use flatline_shared::store::{Ended, Ending, Lane, OutboxRow};
use serde_json::{Value, json};

use super::fixture::{CHANNELS, Fixture, answer_of};

const PATH: &str = "/api/test-notification";
const ON: &str = r#"{"api": {"enableTestNotificationEndpoint": true}}"#;

async fn fixture(notifications: &str) -> Fixture {
    let fixture = Fixture::made_of(notifications, ON, Some("alert-secret")).await;
    fixture.at(VirtualClock::starting(flatline_domain::UnixMs(1_795_000_000_000)))
}

/// Posts, and ends the row that comes so, if it is to end.
async fn post(
    fixture: &Fixture,
    body: Value,
    ending: Option<(Ending, &str)>,
) -> (u16, Value, Option<OutboxRow>) {
    let notifier = async {
        fixture.app.doorbell.notified().await;
        let row = fixture.rows().await.remove(0);
        if let Some((ending, answer)) = ending {
            let (at, answer) = (fixture.app.clock.now(), answer.to_owned());
            let ended = Ended { row: row.clone(), ending, at, answer, copy_to: None };
            fixture.app.store.mark(&[ended]).await.unwrap();
        }
        row
    };
    let request = fixture.post_to(PATH, body);
    tokio::pin!(request, notifier);
    tokio::select! {
        biased;
        (status, body) = &mut request => (status, body, None),
        row = &mut notifier => {
            let (status, body) = request.await;
            (status, body, Some(row))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_says_what_the_channel_said() {
    for (sentence, ending, status, expected) in [
        (
            "accepted",
            Some((Ending::Delivered, "HTTP 204")),
            200,
            json!({
                "success": true, "message": "'Custom Webhook' accepted the test message",
                "channel": "Custom Webhook", "type": "webhook", "event": "down",
                "answer": "HTTP 204",
            }),
        ),
        (
            "refused",
            Some((Ending::Dead, "HTTP 403: invalid_token")),
            502,
            json!({
                "success": false, "code": "not-accepted", "answer": "HTTP 403: invalid_token",
                "error": "'Custom Webhook' did not accept the test message: HTTP 403: invalid_token",
                "message": "'Custom Webhook' did not accept the test message: HTTP 403: invalid_token",
                "channel": "Custom Webhook", "type": "webhook", "event": "down",
            }),
        ),
        (
            "not known in time",
            None,
            202,
            json!({
                "success": true, "queued": true,
                "message": "The test for 'Custom Webhook' is queued, and nothing is known of it \
                    after 20 seconds: GET /api/deliveries will tell",
                "channel": "Custom Webhook", "type": "webhook", "event": "down",
            }),
        ),
    ] {
        let fixture = fixture(CHANNELS).await;
        let began_ms = fixture.app.clock.monotonic_ms();
        let body = json!({"channelType": "Custom Webhook"});
        let (got, answer, _) = post(&fixture, body, ending).await;
        assert_eq!((got, answer), (status, expected), "{sentence}");
        let took_ms = fixture.app.clock.monotonic_ms() - began_ms;
        assert!(took_ms <= if ending.is_some() { 250 } else { 20_000 }, "{sentence}: {took_ms} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn each_event_can_be_tried_out() {
    for (event, status, n, severity) in [
        ("down", Status::Down, 0, None),
        ("UP", Status::Up, 0, None),
        ("degraded", Status::Degraded, 0, None),
        ("reminder", Status::Down, 1, None),
        ("alert", Status::Down, 0, Some("critical")),
        ("test", Status::Unknown, 0, None),
    ] {
        let fixture = fixture(CHANNELS).await;
        let body = json!({"channelType": "discord", "eventType": event});
        let delivered = Some((Ending::Delivered, "HTTP 204"));
        let (got, answer, row) = post(&fixture, body, delivered).await;
        assert_eq!(got, 200, "{event}: {answer}");
        assert_eq!(answer["event"], event.to_lowercase());
        let row = row.unwrap();
        let queued = &row.delivery.queued;
        assert_eq!((queued.event, queued.status, queued.n), (Event::Test, status, n), "{event}");
        assert_eq!(row.delivery.notice.severity.as_deref(), severity, "{event}");
        let lane = matches!(row.delivery.lane, Lane::Test(_)) && row.key.starts_with("t#2026-");
        assert!(lane, "a lane of its own: {}", row.key);
        assert!(fixture.shown().await.is_empty(), "it is no news");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_found_by_name_or_type() {
    let two = r#"{"channels": [
        {"type": "discord", "name": "Off", "enabled": false, "config": {}},
        {"type": "discord", "name": "Discord Webhook", "config": {}},
        {"type": "slack", "name": "Slack Webhook", "config": {}},
        {"type": "webhook", "name": "Slack", "enabled": false, "config": {}},
        {"type": "webhook", "name": "Custom Webhook", "config": {}},
        {"type": "webhook", "name": "Internal Only", "config": {}}
    ]}"#;
    for (named, chosen, warnings) in [
        ("CUSTOM webhook", "Custom Webhook", Value::Null),
        ("discord", "Discord Webhook", Value::Null),
        (
            "webhook",
            "Custom Webhook",
            json!(["several channels are of this type: 'Custom Webhook' was tried out"]),
        ),
    ] {
        let fixture = fixture(two).await;
        let body = json!({"channelType": named});
        let (_, answer, _) = post(&fixture, body, Some((Ending::Delivered, "HTTP 200"))).await;
        assert_eq!((&answer["channel"], &answer["warnings"]), (&json!(chosen), &warnings));
    }
    let (status, answer, _) =
        post(&fixture(two).await, json!({"channelType": "slack"}), None).await;
    assert_eq!((status, &answer["error"]), (400, &json!("Channel 'slack' is disabled")), "a name");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_stored() {
    let muted = CHANNELS.replacen("true", "false", 1);
    for (body, channels, sentence) in [
        (json!([]), CHANNELS, "The body must be a JSON object"),
        (json!({}), CHANNELS, "channelType is missing: it is the name or the type of a channel"),
        (json!({"channelType": 5}), CHANNELS, "channelType must be a string"),
        (json!({"channelType": "teams"}), CHANNELS, "Channel 'teams' not found in configuration"),
        (
            json!({"channelType": "PagerDuty", "eventType": ""}),
            CHANNELS,
            "Channel 'PagerDuty' is disabled",
        ),
        (
            json!({"channelType": "slack", "eventType": "explosion"}),
            CHANNELS,
            "eventType must be one of down, up, degraded, reminder, alert, test, not 'explosion'",
        ),
        (
            json!({"channelType": "slack"}),
            muted.as_str(),
            "Notifications are switched off: set enabled to true in notifications.json",
        ),
    ] {
        let fixture = fixture(channels).await;
        let (status, answer, _) = post(&fixture, body, None).await;
        assert_eq!((status, &answer["error"]), (400, &json!(sentence)));
        assert!(fixture.rows().await.is_empty() && !fixture.rang(), "{sentence}");
    }
    let (_, answer, _) = post(&fixture(CHANNELS).await, json!({"channelType": "x"}), None).await;
    assert_eq!(
        answer["availableChannels"][0],
        json!({"type": "discord", "name": "Discord Webhook"})
    );
}

#[tokio::test(start_paused = true)]
async fn the_key_and_the_switch_are_asked_for_first() {
    let body = json!({"channelType": "teams"});
    let request = |key: &str| {
        http::Request::post(PATH)
            .header("authorization", format!("Bearer {key}"))
            .body(axum::body::Body::from(body.to_string()))
            .unwrap()
    };
    let (status, _) = answer_of(&fixture(CHANNELS).await.app, request("guess")).await;
    assert_eq!(status, 401, "who has no key learns no channels");
    let no_key = Fixture::made_of(CHANNELS, ON, None).await;
    assert_eq!(answer_of(&no_key.app, request("alert-secret")).await.0, 503);
    let off = Fixture::new().await;
    let (status, answer) = answer_of(&off.app, request("alert-secret")).await;
    assert_eq!((status, &answer["error"]), (403, &json!("Test notification API is disabled")));
}
