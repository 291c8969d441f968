//! The heartbeat by which Flatline hears itself.

use http::StatusCode;
use serde_json::json;

use crate::world::{CANARY_KEY, Setup, World};

#[tokio::test]
async fn the_canary_is_a_proof_and_answered_like_any_single_heartbeat() {
    let world = World::new().await;
    let reply = world.beat(CANARY_KEY, json!({"serviceId": "#canary"})).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["message"], "Heartbeat received");
    assert_eq!(reply.json()["timestamp"], "2026-11-18T11:06:40.000Z");
    let sight = world.app.store.sight_log().await.unwrap();
    assert_eq!(sight.last_proof, Some(world.now()));
    assert!(world.record("#canary").await.is_none(), "it is no service");
}

#[tokio::test]
async fn the_canary_is_heard_when_the_endpoint_is_switched_off_and_nobody_else() {
    let settings = r#"{"api": {"enableHeartbeatEndpoint": false}}"#;
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    let reply = world.beat(CANARY_KEY, json!({"serviceId": "#canary"})).await;
    assert_eq!(reply.status, StatusCode::OK);
    for body in [json!({"serviceId": "noauth"}), json!({"services": ["#canary", "noauth"]})] {
        let reply = world.beat(CANARY_KEY, body).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    assert!(world.record("noauth").await.is_none());
}

#[tokio::test]
async fn without_its_key_the_canary_is_an_id_like_any_unknown_one() {
    let world = World::new().await;
    for (key, status, error) in
        [("key-api", 400, "Unknown serviceId"), ("wrong", 401, "Invalid API key")]
    {
        for id in ["#canary", "#other"] {
            let reply = world.beat(key, json!({ "serviceId": id })).await;
            assert_eq!(reply.status.as_u16(), status);
            assert_eq!(reply.json()["results"][0]["error"], error);
        }
    }
    let reply = world.beat(CANARY_KEY, json!({"serviceId": "api"})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "its key opens nothing else");
    world.assert_nothing_stored("a false canary proves nothing").await;
}
