//! Requests that clients of the replaced system send, with what they get.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::Value;

use crate::world::World;

/// Asserts that every key of `expected` is in `actual` with the same value, recursively; `*` stands
/// for any text.
fn assert_holds(expected: &Value, actual: &Value, sentence: &str) {
    match (expected, actual) {
        (Value::String(any), Value::String(_)) if any == "*" => {}
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

fn request(case: &Value) -> Request<Body> {
    let path = case["path"].as_str().unwrap_or("/api/heartbeat");
    let mut request =
        Request::builder().method(case["method"].as_str().unwrap_or("POST")).uri(path);
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap());
    }
    let body = match (case.get("text"), case.get("json")) {
        (Some(text), _) => text.as_str().unwrap().to_owned(),
        (None, Some(json)) => json.to_string(),
        (None, None) => String::new(),
    };
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn requests_of_the_replaced_system_are_answered() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert_eq!(cases.len(), 42);
    for case in &cases {
        let sentence = case["it"].as_str().unwrap();
        let world = World::new().await;
        let reply = world.send(request(case)).await;
        assert_eq!(u64::from(reply.status.as_u16()), case["status"], "{sentence}: {reply:?}");
        if let Some(expected) = case.get("answer") {
            assert_holds(expected, &reply.json(), sentence);
        }
        if reply.status.is_client_error() {
            world.assert_nothing_stored(sentence).await;
        }
    }
}

#[tokio::test]
async fn a_body_of_bad_bytes_is_read_with_replacements() {
    let world = World::new().await;
    let reply = world.post("key-api", b"{\"serviceId\":\"ap\xff\"}".to_vec()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let result = &reply.json()["results"][0];
    assert_eq!(result["serviceId"], "ap\u{fffd}");
    assert_eq!(result["error"], "Unknown serviceId");
}
