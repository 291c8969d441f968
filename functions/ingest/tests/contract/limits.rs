//! Limits, and the order in which a request is judged.

use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

/// A body of exactly so many bytes.
fn body_of(bytes: usize) -> String {
    let empty = json!({"serviceId": "api", "other": ""}).to_string();
    json!({"serviceId": "api", "other": "x".repeat(bytes - empty.len())}).to_string()
}

#[tokio::test]
async fn a_body_of_256_kib_is_read_and_one_more_byte_is_not() {
    let world = World::new().await;
    let reply = world.post("key-api", body_of(256 * 1024)).await;
    assert_eq!(reply.status, StatusCode::OK);
    let world = World::new().await;
    let reply = world.post("key-api", body_of(256 * 1024 + 1)).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(reply.json()["code"], "body-too-large");
    world.assert_nothing_stored("a body that is too large stores nothing").await;
}

#[tokio::test]
async fn a_batch_of_1000_is_accepted() {
    let world = World::new().await;
    let mut services: Vec<Value> = (0..998).map(|number| format!("nope{number}").into()).collect();
    services.extend(["api".into(), "noauth".into()]);
    let reply = world.beat("key-api", json!({ "services": services })).await;
    assert_eq!(reply.status, StatusCode::MULTI_STATUS);
    assert_eq!(reply.json()["message"], "Partial success: 2 succeeded, 998 failed");
}

#[tokio::test]
async fn deep_nesting_is_400_and_overflows_nothing() {
    let world = World::new().await;
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for depth in [64, 10_000, 100_000] {
        let body = format!("{{\"serviceId\":\"api\",\"metadata\":{}}}", deep(depth));
        let reply = world.post("key-api", body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{depth}");
        assert_eq!(reply.json()["code"], "malformed-body", "{depth}");
    }
    world.assert_nothing_stored("what is too deep stores nothing").await;
    let body = format!("{{\"serviceId\":\"api\",\"metadata\":{}}}", deep(63));
    assert_eq!(world.post("key-api", body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn requests_are_judged_in_a_fixed_order() {
    let world = World::new().await;
    let too_large = "x".repeat(300 * 1024);
    let too_many = json!({"services": vec!["api"; 1_001]}).to_string();
    for (sentence, encoding, body, status) in [
        ("encoding before size", "gzip", too_large.as_str(), 415),
        ("identity is no encoding", "Identity", r#"{"serviceId":"api"}"#, 401),
        ("size before JSON", "", too_large.as_str(), 413),
        ("count before keys", "", too_many.as_str(), 422),
        ("JSON before keys", "", "{", 400),
        ("keys last", "", r#"{"serviceId":"api"}"#, 401),
    ] {
        let mut request = Request::post("/api/heartbeat");
        if !encoding.is_empty() {
            request = request.header("content-encoding", encoding);
        }
        let reply = world.send(request.body(body.to_owned().into()).unwrap()).await;
        assert_eq!(reply.status.as_u16(), status, "{sentence}");
        world.assert_nothing_stored(sentence).await;
    }
}

#[tokio::test]
async fn content_beyond_its_limits_is_cut_with_warnings_and_refuses_nothing() {
    let world = World::new().await;
    let body = json!({
        "serviceId": "api",
        "status": "confused",
        "message": "\u{e4}".repeat(1_000),
        "metadata": {"big": "x".repeat(5_000)},
        "durationMs": "soon",
    });
    let reply = world.beat("key-api", body).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["warnings"].as_array().unwrap().len(), 4);
    let logs = world.app.store.logs("api", world.now(), 10).await.unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].status.as_deref(), Some("confused"));
    assert_eq!(logs[0].message, Some("\u{e4}".repeat(512)));
    assert_eq!(logs[0].metadata, None);
    assert_eq!(logs[0].source, "api");
}

#[tokio::test]
async fn what_json_allows_and_no_value_holds_refuses_nothing() {
    for (sentence, content) in [
        ("half of a surrogate pair", r#""message":"disk full \ud83d""#),
        ("half of one as a key", r#""metadata":{"\ude00":1}"#),
        ("a number in metadata", r#""metadata":{"a":1e999}"#),
        ("a duration", r#""durationMs":1e400"#),
        ("something that is not read", r#""other":[-1e400,"\ud83d\ud83d"]"#),
    ] {
        let world = World::new().await;
        let reply = world.post("key-api", format!(r#"{{"serviceId":"api",{content}}}"#)).await;
        assert_eq!(reply.status, StatusCode::OK, "{sentence}: {}", reply.text);
        assert!(world.record("api").await.is_some(), "{sentence}");
    }
    let world = World::new().await;
    let body =
        r#"{"serviceId":"api","message":"full \ud83d","metadata":{"a":1e999},"durationMs":1e400}"#;
    let reply = world.post("key-api", body).await;
    assert_eq!(
        reply.json()["warnings"],
        json!(["durationMs is no number of milliseconds: dropped"])
    );
    let logs = world.app.store.logs("api", world.now(), 10).await.unwrap();
    assert_eq!(logs[0].message.as_deref(), Some("full \u{fffd}"));
    assert_eq!(logs[0].metadata, Some(json!({"a": "1e999"})));
}

#[tokio::test]
async fn warnings_of_a_batch_stand_with_their_entry() {
    let world = World::new().await;
    let body = json!({"services": ["noauth", {"serviceId": "api", "status": "odd"}]});
    let reply = world.beat("key-api", body).await;
    let results = reply.json()["results"].clone();
    assert!(results[0].get("warnings").is_none());
    assert_eq!(results[1]["warnings"][0], "status \"odd\" is unknown and counts as up");
}
