//! What the replaced system did wrong, one test each.

use flatline_shared::config::{Config, Env};
use http::{Request, StatusCode};
use serde_json::json;

use crate::world::{Setup, World};

#[tokio::test]
async fn defect_1_a_wrong_or_missing_key_is_401_with_a_challenge() {
    let world = World::new().await;
    for key in ["wrong", ""] {
        let reply = world.beat(key, json!({"serviceId": "api"})).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        assert_eq!(reply.json()["results"][0]["error"], "Invalid API key");
        assert_eq!(reply.json()["code"], "invalid-api-key");
    }
    world.assert_nothing_stored("a refused key stores nothing").await;
}

#[tokio::test]
async fn defect_2_what_is_no_json_is_400() {
    let world = World::new().await;
    for (sentence, body) in [
        ("cut off", "{\"serviceId\":"),
        ("empty", ""),
        ("null", "null"),
        ("two values", "{} {}"),
        ("a text", "\"api\""),
    ] {
        let reply = world.post("key-api", body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{sentence}");
        assert_eq!(reply.json()["success"], false, "{sentence}");
        assert!(reply.json()["error"].is_string(), "{sentence}");
    }
    world.assert_nothing_stored("what is no JSON stores nothing").await;
    let reply = world.post("key-api", "\u{feff}{\"serviceId\":\"api\"}").await;
    assert_eq!(reply.status, StatusCode::OK, "a byte order mark is skipped");
}

#[tokio::test]
async fn defect_3_a_wrong_method_is_405_and_a_trailing_slash_no_mistake() {
    let world = World::new().await;
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
        for path in ["/api/heartbeat", "/api/heartbeat/"] {
            let request = Request::builder().method(method).uri(path);
            let reply = world.send(request.body(String::new().into()).unwrap()).await;
            assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(reply.header("allow"), "POST, OPTIONS", "{method} {path}");
        }
    }
    let request = Request::post("/api/heartbeat/").header("authorization", "Bearer key-api");
    let body = json!({"serviceId": "api"}).to_string();
    let reply = world.send(request.body(body.into()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn defect_4_ids_cannot_be_probed_without_a_key() {
    let world = World::new().await;
    let known = world.beat("wrong", json!({"serviceId": "api"})).await;
    let unknown = world.beat("wrong", json!({"serviceId": "nope"})).await;
    assert_eq!(known.status, unknown.status);
    assert_eq!(known.text.replace("\"api\"", "\"nope\""), unknown.text);
    let told = world.beat("key-solo", json!({"serviceId": "nope"})).await;
    assert_eq!(told.status, StatusCode::BAD_REQUEST);
    assert_eq!(told.json()["results"][0]["error"], "Unknown serviceId");
}

#[tokio::test]
async fn defect_5_bodies_and_batches_have_limits_and_nothing_is_stored_beyond() {
    let world = World::new().await;
    let huge = json!({"serviceId": "api", "message": "x".repeat(10 * 1024 * 1024)});
    let reply = world.beat("key-api", huge).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    let ids: Vec<_> = (0..10_000).map(|number| format!("nope{number}")).collect();
    let reply = world.beat("", json!({ "services": ids })).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reply = world.beat("key-api", json!({"services": vec!["api"; 1_001]})).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.assert_nothing_stored("what is too large stores nothing").await;
}

#[tokio::test]
async fn defect_6_a_service_twice_in_a_batch_is_written_once_and_answered_twice() {
    let world = World::new().await;
    let reply = world.beat("key-core", json!({"services": ["db", "db", "noauth", "db"]})).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["results"].as_array().unwrap().len(), 4);
    let record = world.record("db").await.unwrap();
    assert_eq!(record.ring, [world.now()], "one arrival");
}

#[tokio::test]
async fn defect_7_malformed_entries_keep_their_place() {
    let world = World::new().await;
    let body = json!({"services": ["api", 5, "", {"token": "t"}, "noauth"]});
    let reply = world.beat("key-api", body).await;
    assert_eq!(reply.status, StatusCode::MULTI_STATUS);
    let results = reply.json()["results"].clone();
    for (index, error) in
        [(1, "Invalid service format"), (2, "Invalid service entry"), (3, "Invalid service format")]
    {
        assert_eq!(results[index]["index"], index);
        assert_eq!(results[index]["error"], error);
    }
    assert_eq!(results[4]["serviceId"], "noauth");
    assert_eq!(results[4]["success"], true);
}

#[tokio::test]
async fn defect_8_disabled_services_are_recorded_and_never_alerted() {
    let world = World::new().await;
    let down = json!({"serviceId": "off", "status": "down"});
    let reply = world.beat("key-off", down).await;
    assert_eq!(reply.status, StatusCode::OK);
    let record = world.record("off").await.unwrap();
    assert_eq!(record.last_beat, Some(world.now()));
    assert_eq!(record.version, 0, "nothing was committed");
    assert!(world.app.store.queued("Hook").await.unwrap().is_empty());
}

#[test]
fn defect_9_bad_api_keys_are_refused_at_start_with_the_reason() {
    for text in ["{\"api\":", "[]", "\"key\"", "{\"api\": 5}"] {
        let env = Env::of([("API_KEYS".to_owned(), text.to_owned())]);
        let files = [("services.json", include_str!("services.json"))];
        let errors = Config::from_json(files, &env).unwrap_err();
        let told = errors.0.iter().any(|problem| problem.to_string().contains("API_KEYS"));
        assert!(told, "{text}: {:?}", errors.0);
    }
}

#[tokio::test]
async fn defect_10_post_answers_carry_cors_headers() {
    let settings = r#"{"allowedOrigins": ["https://ok.example"]}"#;
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    for (origin, allowed) in [
        ("https://ok.example", "https://ok.example"),
        ("https://other.example", ""),
        ("https://ok.example.evil", ""),
    ] {
        let request = Request::post("/api/heartbeat")
            .header("authorization", "Bearer key-api")
            .header("origin", origin);
        let body = json!({"serviceId": "api"}).to_string();
        let reply = world.send(request.body(body.into()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("access-control-allow-origin"), allowed);
        assert_eq!(reply.header("vary"), "Origin");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
}
