//! Alerts as tools of the replaced system send them, over channels of every type, with what is answered.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::fixture::{Fixture, send};

const CHANNELS: &str = include_str!("notifications.json");

/// The function as the case needs it.
async fn fixture(case: &Value) -> Fixture {
    let muted = CHANNELS.replacen("true", "false", 1);
    let off = r#"{"api": {"enableAlertEndpoint": false}}"#;
    let (notifications, settings, key) = match case["variant"].as_str() {
        None => (CHANNELS, "{}", Some("alert-secret")),
        Some("no key") => (CHANNELS, "{}", None),
        Some("off") => (CHANNELS, off, Some("alert-secret")),
        Some("muted") => (muted.as_str(), "{}", Some("alert-secret")),
        Some("no channels") => (r#"{"channels": []}"#, "{}", Some("alert-secret")),
        Some(other) => panic!("no variant {other}"),
    };
    Fixture::made_of(notifications, settings, key).await
}

fn request(case: &Value) -> Request<Body> {
    let body = match (&case["json"], &case["text"], case["mebibytes"].as_u64()) {
        (Value::Null, Value::String(text), _) => text.clone(),
        (Value::Null, _, Some(mebibytes)) => {
            let message = "z".repeat(usize::try_from(mebibytes << 20).unwrap());
            json!({"title": "big", "message": message, "severity": "critical"}).to_string()
        }
        (json, ..) => json.to_string(),
    };
    let method = case["method"].as_str().unwrap_or("POST").parse::<Method>().unwrap();
    let header = case["header"].as_str().unwrap_or("authorization");
    let key = case["key"].as_str().unwrap_or("Bearer alert-secret");
    let request = Request::builder().method(method).uri("/api/alert").header(header, key);
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn alerts_of_the_replaced_systems_tools_are_answered() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("recorded.json")).unwrap();
    assert_eq!(cases.len(), 43);
    for case in &cases {
        let sentence = case["it"].as_str().unwrap();
        let fixture = fixture(case).await;
        let (status, text) = send(&fixture.app, request(case)).await;
        assert_eq!(u64::from(status), case["status"], "{sentence}: {text}");
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        for (key, value) in case["answer"].as_object().into_iter().flatten() {
            assert_eq!(&answer[key], value, "{sentence}: {key}");
        }
        let told = answer["channelsSent"].as_array().map_or(0, Vec::len);
        let rows = case["rows"].as_u64().map_or(told, |rows| rows as usize);
        assert_eq!(fixture.rows().await.len(), rows, "{sentence}: told is queued");
        // Names that cannot be told are refused, and the alert is shown all the same.
        let is_shown = status == 200 || answer.get("errors").is_some();
        let alerts = answer["alerts"].as_u64().unwrap_or(1) as usize;
        assert_eq!(fixture.shown().await.len(), usize::from(is_shown) * alerts, "{sentence}");
    }
}
