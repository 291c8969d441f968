//! Who is told, and what becomes of names that cannot be told.

use flatline_shared::store::{FeedEntry, OWN_SOURCE, alert_key};
use serde_json::{Value, json};

use super::fixture::{CHANNELS, Fixture, answer_of, request};
use super::generic;

/// The feed, oldest first.
async fn feed(fixture: &Fixture) -> Vec<FeedEntry> {
    let now = fixture.app.clock.now();
    let mut feed = fixture.app.store.feed(now.plus_ms(-60_000), now, 1_000).await.unwrap();
    feed.reverse();
    feed
}

/// Names of the channels with a row, by title.
async fn told(fixture: &Fixture, title: &str) -> Vec<String> {
    let rows = fixture.rows().await.into_iter();
    rows.filter(|row| row.delivery.notice.name == title).map(|row| row.channel).collect()
}

#[tokio::test]
async fn an_unusable_channel_is_refused_but_the_alert_is_stored_shown_and_told_to_the_others() {
    for (sentence, named, error, sent, told) in [
        (
            "unknown",
            json!(["teams"]),
            "Channel 'teams' not found in configuration",
            json!([]),
            &[][..],
        ),
        (
            "a list in a string",
            json!("slack,discord"),
            "Channel 'slack,discord' not found in configuration",
            json!([]),
            &[],
        ),
        ("disabled", json!(["Discord Off"]), "Channel 'Discord Off' is disabled", json!([]), &[]),
        (
            "not for alerts",
            json!(["Internal Only"]),
            "Channel 'Internal Only' does not accept external alerts",
            json!([]),
            &[],
        ),
        (
            "one of two, and twice",
            json!(["webhook", "teams", "teams"]),
            "Channel 'teams' not found in configuration",
            json!(["webhook"]),
            &["Custom Webhook"],
        ),
    ] {
        let fixture = Fixture::new().await;
        let (status, answer) = fixture.post(generic(json!({"channels": named}))).await;
        assert_eq!(status, 400, "{sentence}");
        assert_eq!((&answer["success"], &answer["alerts"]), (&json!(false), &json!(1)));
        assert_eq!(answer["message"], "Alert validation failed", "{sentence}");
        assert_eq!(answer["errors"], json!([error]), "{sentence}");
        assert_eq!(answer["channelsSent"], sent, "{sentence}");
        assert_eq!(answer["alertTitle"], "t", "{sentence}");
        let available = answer["availableChannels"].as_array().unwrap();
        assert_eq!(available.len(), 5, "{sentence}: those that are enabled");
        assert_eq!(available[0], json!({"type": "discord", "name": "Discord Webhook"}));
        assert_eq!(feed(&fixture).await[0].undelivered, [error], "{sentence}");
        assert_eq!(self::told(&fixture, "t").await, told, "{sentence}");
        assert_eq!(fixture.rang(), !told.is_empty(), "{sentence}");
    }
}

#[tokio::test]
async fn what_was_named_wrongly_ends_where_it_was_told() {
    let fixture = Fixture::new().await;
    let body = |status: &str| {
        generic(json!({"channels": ["webhook", "teams"], "status": status, "dedup_key": "k"}))
    };
    fixture.post(body("firing")).await;
    let (status, answer) = fixture.post(body("resolved")).await;
    assert_eq!((status, &answer["channelsSent"]), (400, &json!(["webhook"])), "{answer}");
    let undelivered: Vec<_> =
        feed(&fixture).await.iter().map(|entry| entry.undelivered.len()).collect();
    assert_eq!(undelivered, [1, 0], "who was told hears the end; nobody misses it");
}

const NAMES: &str =
    r#"{"all": "k1", "cron": {"key": ["k2", "k3"], "channels": ["slack", "pagerduty"]}}"#;

#[tokio::test]
async fn a_key_for_some_channels_tells_no_others() {
    for (sentence, key, fields, expected, sent, errors) in [
        (
            "all",
            "k1",
            json!({"severity": "critical"}),
            200,
            json!(["discord", "slack", "webhook", "pagerduty"]),
            Value::Null,
        ),
        (
            "some of those of its severity",
            "k2",
            json!({"severity": "critical"}),
            200,
            json!(["slack", "pagerduty"]),
            Value::Null,
        ),
        (
            "its other key",
            "k3",
            json!({"severity": "warning"}),
            200,
            json!(["pagerduty"]),
            Value::Null,
        ),
        ("one by name", "k2", json!({"channel": "slack"}), 200, json!(["slack"]), Value::Null),
        (
            "another by name",
            "k2",
            json!({"channels": ["slack", "discord"]}),
            400,
            json!(["slack"]),
            json!(["Channel 'discord' is not open to this key"]),
        ),
        (
            "whether it is there is not said",
            "k2",
            json!({"channels": ["teams"]}),
            400,
            json!([]),
            json!(["Channel 'teams' is not open to this key"]),
        ),
    ] {
        let fixture = Fixture::with(CHANNELS, Some(NAMES)).await;
        let request = request("authorization", key, generic(fields).to_string());
        let (status, answer) = answer_of(&fixture.app, request).await;
        assert_eq!((status, &answer["channelsSent"]), (expected, &sent), "{sentence}: {answer}");
        assert_eq!(answer["errors"], errors, "{sentence}");
        if expected == 400 {
            assert_eq!(answer["availableChannels"].as_array().unwrap().len(), 2, "{sentence}");
        }
        let sender = feed(&fixture).await.remove(0).sender;
        assert_eq!(sender.as_deref(), Some(if key == "k1" { "all" } else { "cron" }));
    }
}

#[tokio::test]
async fn a_wrong_key_stores_nothing_and_the_name_of_a_key_is_none() {
    let fixture = Fixture::with(CHANNELS, Some(NAMES)).await;
    for key in ["all", "k", "", NAMES] {
        let request = request("authorization", key, generic(json!({})).to_string());
        let (status, answer) = answer_of(&fixture.app, request).await;
        assert_eq!(status, 401, "{key}: {answer}");
    }
    assert!(feed(&fixture).await.is_empty());
}

#[tokio::test]
async fn a_key_for_some_channels_neither_ends_nor_stands_for_what_others_sent() {
    let fixture = Fixture::with(CHANNELS, Some(NAMES)).await;
    for (sentence, key, status, expected) in [
        ("some are told", "Bearer k2", "firing", json!(["slack", "pagerduty"])),
        (
            "all are told",
            "Bearer k1",
            "firing",
            json!(["discord", "slack", "webhook", "pagerduty"]),
        ),
        ("its end is its own", "Bearer k3", "resolved", json!(["slack", "pagerduty"])),
        ("the other still fires", "Bearer k1", "firing", json!([])),
    ] {
        let body = generic(json!({"severity": "critical", "status": status, "dedup_key": "k"}));
        let request = request("authorization", key, body.to_string());
        let (_, answer) = answer_of(&fixture.app, request).await;
        assert_eq!(answer["channelsSent"], expected, "{sentence}: {answer}");
    }
}

#[tokio::test]
async fn nobody_speaks_for_flatline() {
    let fixture = Fixture::new().await;
    let body = generic(json!({"source": "Flatline ", "dedup_key": "flatline/blind"}));
    let (status, answer) = fixture.post(body).await;
    let sentence = "source flatline is Flatline's own: external is kept in its place";
    assert_eq!((status, &answer["warnings"]), (200, &json!([sentence])));
    assert_eq!(feed(&fixture).await[0].source, "external");
    let ours = alert_key(OWN_SOURCE, "flatline/blind");
    assert!(!fixture.app.store.is_alert_open(&ours).await.unwrap());
}

#[tokio::test]
async fn who_was_named_wrongly_is_told_when_the_name_is_right() {
    let fixture = Fixture::new().await;
    let named = |name: &str| generic(json!({"channel": name, "dedup_key": "k"}));
    assert_eq!(fixture.post(named("webbook")).await.0, 400);
    let (status, answer) = fixture.post(named("webhook")).await;
    assert_eq!((status, &answer["channelsSent"]), (200, &json!(["webhook"])));
    assert_eq!(told(&fixture, "t").await, ["Custom Webhook"]);
}

#[tokio::test]
async fn news_of_apprise_end_no_trouble_and_each_text_is_told() {
    let fixture = Fixture::new().await;
    for (sentence, kind, message, expected) in [
        ("trouble", "failure", "disk full", json!(["webhook"])),
        ("news", "info", "it begins", json!(["webhook"])),
        ("other trouble of that title", "failure", "no network", json!(["webhook"])),
        ("the very same", "failure", "no network", json!([])),
        ("all is well", "success", "done", json!(["webhook"])),
        ("as the night after", "success", "done, 3 files", json!(["webhook"])),
    ] {
        let (_, answer) = fixture
            .post(json!({
                "version": "1.0", "title": "Backup", "message": message, "type": kind,
                "channel": "webhook",
            }))
            .await;
        assert_eq!(answer["channelsSent"], expected, "{sentence}: {answer}");
    }
    let open = alert_key("apprise", "news of Backup");
    assert!(
        fixture.app.store.is_alert_open(&open).await.unwrap(),
        "news are an alert of their own"
    );
}

#[tokio::test]
async fn blanks_are_no_title() {
    let fixture = Fixture::new().await;
    let (status, answer) = fixture.post(generic(json!({"title": " "}))).await;
    assert_eq!((status, &answer["error"]), (400, &json!("title and message must not be empty")));
    assert!(feed(&fixture).await.is_empty(), "nothing is stored");
}
