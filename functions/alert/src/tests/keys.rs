//! What alerts are known by: one thing under two addresses, and two things under one name.

use serde_json::{Value, json};

use super::fixture::Fixture;

/// How many incidents two payloads open.
async fn incidents(first: &Value, second: &Value) -> usize {
    let fixture = Fixture::new().await;
    for body in [first, second] {
        let (status, answer) = fixture.post(body.clone()).await;
        assert_eq!(status, 200, "{answer}");
    }
    let lanes = fixture.rows().await.into_iter().map(|row| row.delivery.lane);
    lanes.collect::<std::collections::BTreeSet<_>>().len()
}

/// The payload with another value at this place.
fn with(body: &Value, pointer: &str, value: impl Into<Value>) -> Value {
    let mut changed = body.clone();
    *changed.pointer_mut(pointer).unwrap() = value.into();
    changed
}

#[tokio::test]
async fn replicas_tell_of_one_thing_and_other_instances_of_others() {
    let alertmanager = json!({
        "version": "4", "externalURL": "http://am-1:9093",
        "alerts": [{"labels": {"alertname": "X"}, "fingerprint": "c6eadffa33fcdf31"}],
    });
    let grafana = json!({
        "version": "1", "orgId": 1, "externalURL": "https://grafana.example/",
        "alerts": [{"labels": {"alertname": "X"}, "fingerprint": "c6eadffa33fcdf31"}],
    });
    let legacy = json!({
        "ruleId": 7, "orgId": 1, "ruleName": "Panel", "title": "Panel", "state": "alerting",
        "ruleUrl": "https://grafana.example/d/abc/dash?tab=alert&panelId=2&orgId=1",
    });
    let kuma = json!({
        "heartbeat": {"monitorID": 5, "status": 0, "msg": "down"}, "msg": "down",
        "monitor": {"id": 5, "name": "shop", "url": "https://shop.example", "hostname": null},
    });
    let gatus = json!({
        "source": "gatus", "endpoint": "front-end", "group": "core", "status": "TRIGGERED",
        "url": "https://shop.example/health",
    });
    for (sentence, body, pointer, value, expected) in [
        ("a replica of Alertmanager", &alertmanager, "/externalURL", json!("http://am-2:9093"), 1),
        ("another alert", &alertmanager, "/alerts/0/fingerprint", json!("c6eadffa33fcdf32"), 2),
        ("another Grafana", &grafana, "/externalURL", json!("https://other.example/"), 2),
        ("another organization", &grafana, "/orgId", json!(2), 2),
        (
            "the same rule of another Grafana",
            &legacy,
            "/ruleUrl",
            json!("https://other.example/d/abc/dash"),
            2,
        ),
        (
            "the same rule, whose dashboard was renamed",
            &legacy,
            "/ruleUrl",
            json!("https://grafana.example/d/abc/renamed?orgId=1"),
            1,
        ),
        ("the same rule of another organization", &legacy, "/orgId", json!(2), 2),
        ("another monitor of that id", &kuma, "/monitor/url", json!("https://other.example"), 2),
        ("another host of that id", &kuma, "/monitor/hostname", json!("db-1"), 2),
        ("the same monitor, renamed", &kuma, "/monitor/name", json!("Shop"), 1),
        ("another endpoint of that name", &gatus, "/url", json!("https://other.example/"), 2),
        ("another group", &gatus, "/group", json!("edge"), 2),
    ] {
        assert_eq!(incidents(body, &with(body, pointer, value)).await, expected, "{sentence}");
    }
}

/// As Uptime Kuma sends its form.
fn form(field: &str, content: &str) -> String {
    let head = "----------------------------123\r\nContent-Disposition: form-data; name=";
    format!("{head}\"{field}\"\r\n\r\n{content}\r\n----------------------------123--\r\n")
}

#[tokio::test]
async fn uptime_kuma_may_send_its_json_in_a_form() {
    let body = json!({
        "heartbeat": {"monitorID": 5, "status": 0, "msg": "connect ECONNREFUSED"}, "msg": "down",
        "monitor": {"id": 5, "name": "shop", "url": "https://shop.example"},
    });
    for (sentence, body, expected) in [
        ("the form", form("data", &body.to_string()), (200, json!("shop"))),
        ("another field", form("date", &body.to_string()), (400, Value::Null)),
        ("no JSON in it", form("data", "x"), (400, Value::Null)),
    ] {
        let fixture = Fixture::new().await;
        let request = super::fixture::request("authorization", "Bearer alert-secret", body);
        let (status, answer) = super::fixture::answer_of(&fixture.app, request).await;
        assert_eq!((status, answer["alertTitle"].clone()), expected, "{sentence}: {answer}");
        assert_eq!(fixture.shown().await.len(), usize::from(status == 200), "{sentence}");
    }
}
