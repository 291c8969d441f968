//! What is too slow, on a clock that jumps when everybody waits.

use axum::body::Body;
use axum::routing::post;
use flatline_shared::http::{Function, router};
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode};

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_arriving_is_503_because_the_cause_may_be_ours() {
    let world = World::new().await;
    let begun = stream::iter([Ok::<_, std::io::Error>("{\"serv")]);
    let stalled = Body::from_stream(begun.chain(stream::pending()));
    let reply = world.post("key-api", stalled).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["code"], "request-timeout");
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(reply.header("connection"), "close");
    world.assert_nothing_stored("half a body stores nothing").await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_too_long_is_503_in_the_usual_form() {
    let mut world = World::new().await;
    let stuck = || std::future::pending::<StatusCode>();
    world.router = router(Function::Ingest, &world.app, [("/api/heartbeat", post(stuck))]);
    let request = Request::post("/api/heartbeat").header("origin", "https://any.example");
    let reply = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["code"], "overdue");
    assert_eq!(reply.json()["success"], false);
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(reply.header("vary"), "Origin");
    assert_eq!(reply.header("cache-control"), "no-store");
}
