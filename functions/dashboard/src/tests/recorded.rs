//! What pages and programs of the replaced system ask for, with what they get.

use http::{Request, header};
use serde_json::Value;

use super::bench::Bench;
use crate::fixture::configured;

const SERVICES: &str = r#"{
    "groups": [
        {"id": "core", "name": "Core Services", "services": ["api", "db"],
         "uptimeThresholdSet": "strict", "stalenessThreshold": 900, "auth": {"required": true},
         "notifications": {"enabled": true, "events": ["down"]}},
        {"id": "open", "name": "Open Group", "services": ["noauth"], "auth": {"required": false}}
    ],
    "services": [
        {"id": "api", "name": "Production API", "enabled": true},
        {"id": "db", "name": "Production DB", "enabled": true, "stalenessThreshold": 180,
         "notifications": {"enabled": true, "events": ["down", "up"]}},
        {"id": "noauth", "name": "No Auth Service", "enabled": true},
        {"id": "off", "name": "Disabled Service", "enabled": false}
    ]
}"#;

const SETS: &str = r#""uptime": {"retentionDays": 2}, "uptimeThresholds": {"strict": [
    {"name": "fine", "min": 0, "color": "green", "label": "Fine"}
]}"#;

async fn bench(off: bool) -> Bench {
    let switches = if off {
        r#""api": {"enableStatusEndpoint": false, "enableUptimeEndpoint": false,
            "enableServicesEndpoint": false, "enableAlertHistoryEndpoint": false},"#
    } else {
        ""
    };
    let settings = format!("{{{switches} {SETS}}}");
    Bench::of(configured([("services.json", SERVICES), ("settings.json", &settings)], &[])).await
}

/// Every key of `expected` is in `actual` with the same value, recursively.
fn assert_holds(expected: &Value, actual: &Value, sentence: &str) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                let found = actual.get(key);
                let found = found.unwrap_or_else(|| panic!("{sentence}: no {key} in {actual:?}"));
                assert_holds(value, found, sentence);
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            assert_eq!(expected.len(), actual.len(), "{sentence}");
            for (expected, actual) in expected.iter().zip(actual) {
                assert_holds(expected, actual, sentence);
            }
        }
        _ => assert_eq!(expected, actual, "{sentence}"),
    }
}

#[tokio::test]
async fn requests_of_the_replaced_system_are_answered() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("recorded.json")).unwrap();
    assert_eq!(cases.len(), 36);
    let (on, off) = (bench(false).await, bench(true).await);
    for case in &cases {
        let sentence = case["it"].as_str().unwrap();
        let bench = if case["off"] == true { &off } else { &on };
        let method = case["method"].as_str().unwrap_or("GET");
        let mut request = Request::builder().method(method).uri(case["path"].as_str().unwrap());
        if let Some(origin) = case["origin"].as_str() {
            request = request.header(header::ORIGIN, origin);
        }
        let (status, headers, text) = bench.answer(request).await;
        assert_eq!(u64::from(status.as_u16()), case["status"], "{sentence}: {text}");
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{sentence}");
        assert_eq!(headers.contains_key(header::ALLOW), [405, 204].contains(&status.as_u16()));
        if let Some(expected) = case["text"].as_str() {
            assert_eq!(text, expected, "{sentence}");
        }
        if let Some(expected) = case.get("answer") {
            assert_holds(expected, &serde_json::from_str(&text).unwrap(), sentence);
        }
    }
}
