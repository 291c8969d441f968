//! What holds for every path: methods, switches, preflight, headers.

use http::{Request, StatusCode};
use serde_json::json;

use crate::world::{Reply, Setup, World};

async fn options(world: &World, path: &str, origin: &str) -> Reply {
    let request = Request::builder()
        .method("OPTIONS")
        .uri(path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    world.send(request.body(String::new().into()).unwrap()).await
}

#[tokio::test]
async fn options_is_204_on_known_paths_and_404_elsewhere() {
    let settings = r#"{"allowedOrigins": ["https://ok.example"]}"#;
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    let reply = options(&world, "/api/heartbeat", "https://ok.example").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.header("access-control-allow-origin"), "https://ok.example");
    assert_eq!(reply.header("access-control-allow-methods"), "POST, OPTIONS");
    assert_eq!(reply.header("access-control-allow-headers"), "authorization, content-type");
    assert_eq!(reply.header("access-control-max-age"), "86400");
    let reply = options(&world, "/api/heartbeat", "https://other.example").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.header("access-control-allow-origin"), "");
    let reply = options(&world, "/api/nope", "https://ok.example").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_origin_is_echoed_if_all_are_allowed() {
    let settings = r#"{"allowedOrigins": ["*"]}"#;
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    let reply = options(&world, "/api/heartbeat", "https://any.example").await;
    assert_eq!(reply.header("access-control-allow-origin"), "https://any.example");
}

#[tokio::test]
async fn unknown_paths_are_404_as_ever() {
    let world = World::new().await;
    for path in ["/nope", "/api/nope", "/api/heartbeat/more", "/api"] {
        let reply = world.send(Request::get(path).body(String::new().into()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.text, "Not Found", "{path}");
    }
}

#[tokio::test]
async fn routers_that_were_merged_answer_as_one() {
    let mut world = World::new().await;
    let merged = flatline_shared::http::merge(
        &world.app,
        [flatline_ingest::router(world.app.clone()), axum::Router::new()],
    );
    world.router = merged;
    let reply = world.beat("key-api", json!({"serviceId": "api"})).await;
    assert_eq!(reply.status, StatusCode::OK);
    let reply = world.send(Request::get("/api/heartbeat").body(String::new().into()).unwrap());
    assert_eq!(reply.await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(options(&world, "/nope", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_switched_off_endpoint_is_403_before_anything_else_is_looked_at() {
    let settings = r#"{"api": {"enableHeartbeatEndpoint": false}}"#;
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    for body in [r#"{"serviceId":"api"}"#, "no json"] {
        let reply = world.post("key-api", body).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert_eq!(reply.json()["error"], "Heartbeat API is disabled");
    }
    assert_eq!(options(&world, "/api/heartbeat", "").await.status, StatusCode::NO_CONTENT);
    world.assert_nothing_stored("what is switched off stores nothing").await;
}

#[tokio::test]
async fn every_answer_has_security_headers_and_is_not_cached() {
    let world = World::new().await;
    for reply in [
        world.beat("key-api", json!({"serviceId": "api"})).await,
        world.beat("", json!({"serviceId": "api"})).await,
        world.send(Request::get("/nope").body(String::new().into()).unwrap()).await,
    ] {
        assert_eq!(reply.header("cache-control"), "no-store", "{reply:?}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{reply:?}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{reply:?}");
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
}
