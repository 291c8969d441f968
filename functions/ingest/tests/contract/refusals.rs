//! What the log says of what is refused.

use std::io::Seek;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::world::{CANARY_KEY, Setup, World};

/// What is logged for one request.
async fn logged(world: &World, key: &str, body: Value) -> String {
    let sink = Arc::new(tempfile::tempfile().unwrap());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::clone(&sink));
    let guard = tracing::subscriber::set_default(subscriber.finish());
    world.beat(key, body).await;
    drop(guard);
    (&*sink).rewind().unwrap();
    std::io::read_to_string(&*sink).unwrap()
}

#[tokio::test]
async fn a_refused_heartbeat_is_logged_with_its_reason() {
    let world = World::new().await;
    let keyless = World::with(Setup { api_keys: "{}", ..Setup::default() }).await;
    for (sentence, world, key, id, reason) in [
        ("no key", &world, "", "api", "no key was sent"),
        ("a wrong key", &world, "guessed", "api", "the key does not open it"),
        ("no key that could be right", &keyless, "guessed", "api", "no key is configured"),
        ("an unknown id with a valid key", &world, "key-solo", "nope", "unknown service"),
        ("an unknown id without one", &world, "guessed", "nope", "unknown service"),
        ("a canary of somebody else", &world, "guessed", "#canary", "wrong canary key"),
    ] {
        let log = logged(world, key, json!({"serviceId": id})).await;
        let expected = format!("heartbeats were refused service={id:?} count=1 reason={reason:?}");
        assert!(log.contains(&expected), "{sentence}: {log}");
        assert_eq!(log.lines().count(), 1, "{sentence}: {log}");
        assert!(key.is_empty() || !log.contains(key), "{sentence}: {log}");
    }
    let log = logged(&world, "key-api", json!({"serviceId": "api"})).await;
    assert!(!log.contains("refused"), "{log}");
}

#[tokio::test]
async fn a_request_logs_one_line_per_reason() {
    let world = World::new().await;
    let mut services: Vec<_> = (0..900).map(|number| format!("nope{number}")).collect();
    services.extend(vec!["api".to_owned(); 100]);
    let log = logged(&world, "guessed", json!({ "services": services })).await;
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.contains(r#"service="nope0" count=900 reason="unknown service""#), "{log}");
    assert!(log.contains(r#"service="api" count=100 reason="the key"#), "{log}");
}

#[tokio::test]
async fn an_id_is_cut_and_a_key_in_its_place_not_shown() {
    let world = World::new().await;
    for key in ["key-api-next", CANARY_KEY] {
        let log = logged(&world, "", json!({"serviceId": key})).await;
        assert!(log.contains(r#"service="(a key)""#) && !log.contains(key), "{log}");
    }
    let log = logged(&world, "", json!({"serviceId": "x".repeat(200_000)})).await;
    assert!(log.len() < 400, "{}", log.len());
}
