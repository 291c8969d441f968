//! The story of an alert, against the real engine, with the channels of the recorded cases.

mod fixture;
mod keys;
mod lifecycle;
mod many;
mod recorded;
mod replays;
mod routes;
mod senders;
mod trials;

use flatline_domain::Status;
use serde_json::{Value, json};

use fixture::{CHANNELS, Fixture, answer_of};

/// The body with these keys more.
fn generic(more: Value) -> Value {
    let Value::Object(mut fields) = more else { panic!("{more} has no keys") };
    for (name, value) in [("title", "t"), ("message", "m")] {
        fields.entry(name).or_insert(value.into());
    }
    fields.into()
}

#[tokio::test]
async fn severity_decides_the_event() {
    for (sentence, severity, expected) in [
        ("critical is down", json!("critical"), Status::Down),
        ("so is error, in any case", json!("ERROR"), Status::Down),
        ("info is up", json!("info"), Status::Up),
        ("so is ok", json!("Ok"), Status::Up),
        ("warning is degraded", json!("warning"), Status::Degraded),
        ("so is any other word", json!("page"), Status::Degraded),
        ("an empty one is a warning", json!(""), Status::Degraded),
        ("so is null", Value::Null, Status::Degraded),
    ] {
        let fixture = Fixture::new().await;
        let (status, body) = fixture.post(generic(json!({"severity": severity}))).await;
        assert_eq!((status, &body["success"]), (200, &json!(true)), "{sentence}: {body}");
        assert_eq!(body["alertTitle"], "t", "{sentence}");
        // Slack takes down and up only.
        let types = ["discord", "slack", "webhook", "pagerduty"];
        let takes = |kind: &&&str| **kind != "slack" || expected != Status::Degraded;
        let told: Vec<_> = types.iter().filter(takes).collect();
        assert_eq!(body["channelsSent"], json!(told), "{sentence}");
        let rows = fixture.rows().await;
        assert_eq!(rows[0].delivery.queued.status, expected, "{sentence}");
        assert_eq!(fixture.shown().await, ["t"], "{sentence}");
        assert!(fixture.rang(), "{sentence}");
    }
}

#[tokio::test]
async fn what_is_refused_is_neither_stored_nor_told() {
    let unsupported = "Unsupported alert format. Use Alertmanager, Grafana, or generic format.";
    for (sentence, body, expected) in [
        ("severity is no string", generic(json!({"severity": 5})), "severity must be a string"),
        ("no message", json!({"title": "t"}), unsupported),
        ("no title", json!({"message": "m"}), unsupported),
        ("an empty title", json!({"title": "", "message": "m"}), unsupported),
        (
            "title and message of other types",
            json!({"title": {"a": 1}, "message": ["m"]}),
            "title and message must be strings",
        ),
        (
            "a channel that is no name",
            generic(json!({"channels": [5]})),
            "channels must be names of channels",
        ),
        ("labels of another type", generic(json!({"labels": "a"})), "labels must be an object"),
        (
            "a group of no alerts",
            json!({"alerts": []}),
            "alerts is empty: there is nothing to tell",
        ),
        ("null", Value::Null, "The body must be a JSON object"),
    ] {
        let fixture = Fixture::new().await;
        let (status, answer) = fixture.post(body).await;
        assert_eq!((status, &answer["success"]), (400, &json!(false)), "{sentence}: {answer}");
        assert_eq!(answer["message"], expected, "{sentence}");
        assert!(fixture.shown().await.is_empty(), "{sentence}");
        assert!(fixture.rows().await.is_empty() && !fixture.rang(), "{sentence}");
    }
}

#[tokio::test]
async fn channels_are_named_by_type_or_name_in_any_case() {
    for (sentence, named, expected) in [
        ("by type", json!({"channels": ["webhook"]}), &["Custom Webhook"][..]),
        ("by name", json!({"channels": ["custom webhook"]}), &["Custom Webhook"]),
        ("one, as a string", json!({"channel": "WEBHOOK"}), &["Custom Webhook"]),
        (
            "an empty list is no list",
            json!({"channels": []}),
            &["Discord Webhook", "Custom Webhook", "Pager Two"],
        ),
        ("whatever its events", json!({"channel": "slack"}), &["Slack Webhook"]),
        (
            "it and another",
            json!({"channels": ["webhook", "pagerduty"]}),
            &["Custom Webhook", "Pager Two"],
        ),
        (
            "a type of which one channel is disabled",
            json!({"channel": "discord"}),
            &["Discord Webhook"],
        ),
    ] {
        let fixture = Fixture::new().await;
        let (status, answer) = fixture.post(generic(named)).await;
        assert_eq!(status, 200, "{sentence}: {answer}");
        let rows = fixture.rows().await;
        let channels: Vec<_> = rows.iter().map(|row| row.channel.as_str()).collect();
        assert_eq!(channels, expected, "{sentence}");
        assert_eq!(fixture.shown().await, ["t"], "{sentence}");
    }
}

#[tokio::test]
async fn without_a_channel_for_it_an_alert_is_stored_only() {
    let off = CHANNELS.replace(r#""enabled": true, "channels""#, r#""enabled": false, "channels""#);
    for (sentence, notifications) in [
        ("no channel at all", r#"{"channels": []}"#),
        ("notifications are switched off, and names are not looked at", off.as_str()),
    ] {
        let fixture = Fixture::with(notifications, Some("alert-secret")).await;
        let body = generic(json!({"severity": "critical"}));
        let (status, answer) = fixture.post(body).await;
        assert_eq!((status, &answer["channelsSent"]), (200, &json!([])), "{sentence}: {answer}");
        assert_eq!(answer["message"], "Alert stored, no channel is told", "{sentence}");
        assert_eq!(fixture.shown().await, ["t"], "{sentence}");
        assert!(!fixture.rang(), "{sentence}");
    }
    let fixture = Fixture::with(&off, Some("alert-secret")).await;
    let (status, _) = fixture.post(generic(json!({"channels": ["nope"]}))).await;
    assert_eq!(status, 200, "names are not looked at while notifications are off");
}

#[tokio::test]
async fn a_key_is_needed_and_its_scheme_is_not() {
    let with_key = Fixture::new().await;
    let without_key = Fixture::with(CHANNELS, None).await;
    for (sentence, fixture, header, key, expected) in [
        ("with the scheme", &with_key, "authorization", "Bearer alert-secret", 200),
        ("without it", &with_key, "authorization", "alert-secret", 200),
        ("as a password", &with_key, "authorization", "Basic eDphbGVydC1zZWNyZXQ=", 200),
        ("a wrong password", &with_key, "authorization", "Basic eDp5", 401),
        ("a wrong key", &with_key, "authorization", "Bearer nope", 401),
        ("in another header", &with_key, "x-api-key", "alert-secret", 401),
        ("none is set on the server", &without_key, "authorization", "Bearer alert-secret", 503),
    ] {
        let shown = fixture.shown().await.len();
        let body = generic(json!({"message": sentence})).to_string();
        let request = fixture::request(header, key, body);
        let (status, answer) = answer_of(&fixture.app, request).await;
        assert_eq!(status, expected, "{sentence}: {answer}");
        let stored = usize::from(expected == 200);
        assert_eq!(fixture.shown().await.len(), shown + stored, "{sentence}");
        if expected == 401 {
            assert_eq!(
                answer["message"], "Unauthorized - Invalid or missing API key",
                "{sentence}"
            );
        }
    }
}

/// An alert with a label of so many arrays.
fn nested(depth: usize) -> String {
    let label = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    generic(json!({"label": null})).to_string().replace("null", &label)
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    for (sentence, body, expected) in [
        ("no JSON", "{".to_owned(), 400),
        ("nothing", String::new(), 400),
        ("cut off", generic(json!({})).to_string().replace('}', ""), 400),
        ("nested 65 deep", nested(64), 400),
        ("too large", generic(json!({"message": "z".repeat(2 << 20)})).to_string(), 413),
    ] {
        let fixture = Fixture::new().await;
        let request = fixture::request("authorization", "Bearer alert-secret", body);
        let (status, answer) = answer_of(&fixture.app, request).await;
        assert_eq!((status, &answer["success"]), (expected, &json!(false)), "{sentence}");
        assert!(fixture.shown().await.is_empty(), "{sentence}");
    }
    let fixture = Fixture::new().await;
    let request = fixture::request("authorization", "Bearer alert-secret", nested(63));
    assert_eq!(answer_of(&fixture.app, request).await.0, 200, "64 deep");
}

#[tokio::test]
async fn an_alert_is_known_by_its_source_and_key_and_ends_where_it_began() {
    let fixture = Fixture::new().await;
    let firing = json!({"severity": "critical", "dedup_key": "disk", "source": "cron",
        "channel": "webhook"});
    fixture.post(generic(firing)).await;
    let resolved = json!({"status": "Resolved", "severity": "critical", "dedup_key": "disk",
        "source": "cron", "channels": ["slack"]});
    let (_, answer) = fixture.post(generic(resolved)).await;
    assert_eq!(answer["channelsSent"], json!(["webhook"]), "whoever was told hears the end");
    let rows = fixture.rows().await;
    let told: Vec<_> = rows.iter().map(|row| row.delivery.queued).collect();
    assert_eq!(rows[0].delivery.lane, rows[1].delivery.lane);
    assert_eq!((told[0].version, told[0].status), (1, Status::Down));
    assert_eq!((told[1].version, told[1].status), (2, Status::Up));
    assert_eq!(rows[1].delivery.notice.previous, Status::Down);
}

#[tokio::test]
async fn everything_it_says_is_passed_on_and_what_is_too_long_is_cut() {
    let fixture = Fixture::new().await;
    let (_, answer) = fixture
        .post(json!({
            "title": "t".repeat(2_000), "message": "m".repeat(10_000), "severity": "Page",
            "source": "custom-app", "labels": {"env": "prod", "cpu": 93, "none": null},
            "annotations": {"runbook": "https://r"}, "channel": "webhook",
        }))
        .await;
    assert_eq!(answer["warnings"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(answer["alertTitle"].as_str().unwrap().len(), 2_000, "as sent");
    assert_eq!(fixture.shown().await[0].len(), 1_024);
    let fixture = Fixture::new().await;
    let body = json!({"severity": "Page", "source": "custom-app", "channel": "webhook",
        "labels": {"env": "prod", "cpu": 93, "none": null}, "annotations": {"runbook": "https://r"}});
    fixture.post(generic(body)).await;
    let notice = fixture.rows().await.remove(0).delivery.notice;
    assert_eq!((notice.name.as_str(), notice.message.as_deref()), ("t", Some("m")));
    assert_eq!((notice.severity.as_deref(), notice.reason.as_str()), (Some("Page"), "custom-app"));
    let labels: Vec<_> = notice.labels.into_iter().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(labels, [pair("cpu", "93"), pair("env", "prod")]);
    assert_eq!(notice.annotations["runbook"], "https://r");
    assert_eq!(notice.channels, ["webhook"]);
}

#[tokio::test]
async fn the_endpoint_can_be_switched_off() {
    let settings = r#"{"api": {"enableAlertEndpoint": false}}"#;
    let fixture = Fixture::made_of(CHANNELS, settings, Some("alert-secret")).await;
    let (status, answer) = fixture.post(json!({})).await;
    assert_eq!((status, &answer["error"]), (403, &json!("Alert API is disabled")));
}

#[tokio::test]
async fn a_path_may_name_the_format() {
    for (sentence, path, expected, code) in [
        ("its name", "/api/alert/generic", 200, Value::Null),
        ("in any case, with a slash", "/api/alert/Generic/", 200, Value::Null),
        ("no format of ours", "/api/alert/nagios", 400, json!("unknown-format")),
    ] {
        let fixture = Fixture::new().await;
        let (status, answer) = fixture.post_to(path, generic(json!({}))).await;
        assert_eq!((status, &answer["code"]), (expected, &code), "{sentence}: {answer}");
        assert_eq!(fixture.shown().await.len(), usize::from(expected == 200), "{sentence}");
    }
    let (_, answer) = Fixture::new().await.post_to("/api/alert/nagios", json!({})).await;
    let said = answer["message"].as_str().unwrap();
    assert!(said.starts_with("There is no format 'nagios': there are "), "{said}");
}
