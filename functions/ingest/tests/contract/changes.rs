//! What a heartbeat stores, and what it changes.

use flatline_domain::{Event, Gap, Reason, Status};
use flatline_shared::render::time::rfc3339;
use flatline_shared::store::Beat;
use http::StatusCode;
use serde_json::json;

use crate::world::{Outage, Setup, World};

#[tokio::test]
async fn a_plain_heartbeat_is_one_write_and_no_read() {
    let world = World::new().await;
    world.beat("key-api", json!({"serviceId": "api"})).await;
    world.pass_ms(1_000);
    world.calls();
    let reply = world.beat("key-api", json!({"serviceId": "api"})).await;
    assert_eq!(world.calls(), ["UpdateItem"]);
    assert_eq!(reply.json()["timestamp"], rfc3339(world.now()));
    let record = world.record("api").await.unwrap();
    assert_eq!(record.last_beat, Some(world.now()));
    assert_eq!(record.deadline, world.now().plus_ms(900_000), "the group's threshold");
    assert_eq!(record.status, Status::Up);
}

#[tokio::test]
async fn the_first_heartbeat_is_committed_and_tells_nobody() {
    let world = World::new().await;
    world.beat("key-api", json!({"serviceId": "api"})).await;
    let history = world.app.store.history("api").await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].reason, Reason::FirstHeartbeat);
    assert!(world.app.store.queued("Hook").await.unwrap().is_empty());
}

#[tokio::test]
async fn reported_trouble_and_its_end_are_told_at_once_to_who_takes_them() {
    let world = World::new().await;
    world.beat("key-api", json!({"serviceId": "api"})).await;
    world.pass_ms(1_000);
    let down = json!({
        "serviceId": "api", "status": "down", "message": "disk full", "metadata": {"host": "db-1"},
    });
    world.beat("key-api", down).await;
    let record = world.record("api").await.unwrap();
    assert_eq!((record.status, record.version), (Status::Down, 2));
    assert_eq!(record.wake, world.now().plus_ms(3_600_000), "the first reminder");
    world.pass_ms(1_000);
    world.beat("key-api", json!({"serviceId": "api", "status": "up"})).await;
    let record = world.record("api").await.unwrap();
    assert_eq!((record.status, record.version), (Status::Up, 3));

    let hook = world.app.store.queued("Hook").await.unwrap();
    let events: Vec<_> = hook.iter().map(|row| row.delivery.queued.event).collect();
    assert_eq!(events, [Event::Down, Event::Up]);
    assert_eq!(hook[0].delivery.notice.message.as_deref(), Some("disk full"));
    assert_eq!(hook[0].delivery.notice.labels["host"], "db-1");
    let downs = world.app.store.queued("Downs only").await.unwrap();
    assert_eq!(downs.len(), 1);
    world.app.doorbell.notified().await;
}

#[tokio::test]
async fn a_gap_that_was_not_noted_is_noted_by_the_next_heartbeat() {
    let world = World::new().await;
    world.beat("key-solo", json!({"serviceId": "solo"})).await;
    let from = world.now();
    world.pass_ms(400_000);
    let to = world.now();
    // Whoever stored this one died right after.
    let late = Beat { id: "solo", at: to, window_ms: 300_000, stated: None };
    world.app.store.beat(&late).await.unwrap();
    assert_eq!(world.record("solo").await.unwrap().gap, None);
    world.pass_ms(60_000);
    world.beat("key-solo", json!({"serviceId": "solo"})).await;
    assert_eq!(world.record("solo").await.unwrap().gap, Some(Gap { from, to }));
}

#[tokio::test]
async fn what_is_stated_after_a_gap_waits_until_the_gap_is_judged() {
    let world = World::new().await;
    world.beat("key-solo", json!({"serviceId": "solo"})).await;
    world.pass_ms(400_000);
    world.beat("key-solo", json!({"serviceId": "solo"})).await;
    world.pass_ms(1_000);
    world.beat("key-solo", json!({"serviceId": "solo", "status": "degraded"})).await;
    let record = world.record("solo").await.unwrap();
    assert!(record.gap.is_some(), "or the outage is never told");
    assert_eq!((record.status, record.reported), (Status::Up, Status::Degraded));
}

#[tokio::test]
async fn a_batch_that_is_stored_in_part_is_503_so_that_it_is_sent_again() {
    let world = World::new().await;
    world.set_outage(Outage::Of("PutItem"));
    let body = json!({"services": [{"serviceId": "api", "message": "hi"}, "noauth"]});
    let reply = world.beat("key-api", body.clone()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.header("retry-after"), "2");
    let done: Vec<_> =
        (0..2).map(|place| reply.json()["results"][place]["success"].clone()).collect();
    assert_eq!(done, [json!(false), json!(true)]);
    world.set_outage(Outage::None);
    assert_eq!(world.beat("key-api", body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_thousand_contents_for_one_service_are_a_thousand_rows() {
    let world = World::new().await;
    let entry = |n: u32| json!({"serviceId": "noauth", "message": n.to_string()});
    let body = json!({"services": (0..1_000).map(entry).collect::<Vec<_>>()});
    assert_eq!(world.beat("", body).await.status, StatusCode::OK);
    let logs = world.app.store.logs("noauth", world.now(), 1_000).await.unwrap();
    let said: Vec<_> = logs.iter().rev().map(|row| row.message.clone().unwrap()).collect();
    assert_eq!(said, (0..1_000).map(|n| n.to_string()).collect::<Vec<_>>(), "in their order");
    let calls = world.calls().len();
    assert!(calls < 1_100, "each row is written once, and not {calls} calls for it");
}

#[tokio::test]
async fn of_several_entries_for_one_service_none_is_lost() {
    let world = World::new().await;
    world.beat("key-api", json!({"serviceId": "api"})).await;
    world.pass_ms(1_000);
    let down = json!({"serviceId": "api", "status": "down", "message": "disk dead"});
    let plain = json!({"serviceId": "api", "message": "still here"});
    world.beat("key-api", json!({"services": [down, plain, "api"]})).await;
    assert_eq!(world.record("api").await.unwrap().status, Status::Down, "what was stated last");
    let log = world.app.store.logs("api", world.now(), 10).await.unwrap();
    let mut messages: Vec<_> = log.iter().filter_map(|row| row.message.as_deref()).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["disk dead", "still here"]);
}

#[tokio::test]
async fn what_stands_beside_services_is_said_of_each() {
    let world = World::new().await;
    let own = json!({"serviceId": "noauth", "status": "degraded"});
    let body = json!({"services": ["db", own], "status": "down", "message": "power cut"});
    world.beat("key-core", body).await;
    assert_eq!(world.record("db").await.unwrap().status, Status::Down);
    assert_eq!(world.record("noauth").await.unwrap().status, Status::Degraded, "its own counts");
    for id in ["db", "noauth"] {
        let log = world.app.store.logs(id, world.now(), 1).await.unwrap();
        assert_eq!(log[0].message.as_deref(), Some("power cut"), "{id}");
    }
}

#[tokio::test]
async fn a_muted_service_changes_and_tells_nobody() {
    let world = World::new().await;
    world.beat("key-quiet", json!({"serviceId": "quiet"})).await;
    world.pass_ms(1_000);
    world.beat("key-quiet", json!({"serviceId": "quiet", "status": "down"})).await;
    assert_eq!(world.record("quiet").await.unwrap().status, Status::Down);
    assert!(world.app.store.queued("Hook").await.unwrap().is_empty());
    let feed = world.app.store.feed(world.now().plus_ms(-60_000), world.now(), 10).await.unwrap();
    assert!(feed.iter().any(|entry| entry.muted));
}

#[tokio::test]
async fn two_reports_at_once_are_committed_once() {
    let world = World::new().await;
    world.beat("", json!({"serviceId": "noauth"})).await;
    world.pass_ms(1_000);
    world.calls();
    let down = json!({"serviceId": "noauth", "status": "down"});
    let (one, other) = tokio::join!(world.beat("", down.clone()), world.beat("", down));
    assert_eq!((one.status, other.status), (StatusCode::OK, StatusCode::OK));
    let calls = world.calls();
    let count = |operation: &str| calls.iter().filter(|call| *call == operation).count();
    assert_eq!(count("TransactWriteItems"), 2, "the second was overtaken");
    assert_eq!(world.record("noauth").await.unwrap().version, 2);
    assert_eq!(world.app.store.queued("Hook").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_that_cannot_be_committed_fails_no_heartbeat() {
    let world = World::new().await;
    world.beat("key-api", json!({"serviceId": "api"})).await;
    world.pass_ms(1_000);
    world.set_outage(Outage::Of("TransactWriteItems"));
    let reply = world.beat("key-api", json!({"serviceId": "api", "status": "down"})).await;
    assert_eq!(reply.status, StatusCode::OK);
    let record = world.record("api").await.unwrap();
    assert_eq!((record.status, record.reported), (Status::Up, Status::Down), "the checker sees it");
    world.set_outage(Outage::None);
    world.beat("key-api", json!({"serviceId": "api", "status": "down"})).await;
    assert_eq!(world.record("api").await.unwrap().status, Status::Down);
}

#[tokio::test]
async fn content_that_cannot_be_logged_is_503_and_the_heartbeat_not_stored() {
    let world = World::new().await;
    world.set_outage(Outage::Of("PutItem"));
    let reply = world.beat("key-api", json!({"serviceId": "api", "message": "hi"})).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    world.assert_nothing_stored("what was answered with 503 is sent again").await;
}

#[tokio::test]
async fn a_late_return_leaves_a_gap_for_the_checker() {
    let window_ms = 300_000;
    for (sentence, late_ms, noted) in [
        ("half a second late is on its way", 500, false),
        ("later than that ended a silence", 501, true),
    ] {
        let world = World::new().await;
        world.beat("key-solo", json!({"serviceId": "solo"})).await;
        let from = world.now();
        world.pass_ms(window_ms + late_ms);
        world.beat("key-solo", json!({"serviceId": "solo"})).await;
        let gap = world.record("solo").await.unwrap().gap;
        assert_eq!(gap, noted.then_some(Gap { from, to: world.now() }), "{sentence}");
    }
}

#[tokio::test]
async fn of_several_entries_for_one_service_the_last_that_says_something_counts() {
    let world = World::new().await;
    let body = json!({"services": [
        {"serviceId": "noauth", "status": "down"}, "noauth", {"serviceId": "noauth"},
    ]});
    let reply = world.beat("", body).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(world.record("noauth").await.unwrap().reported, Status::Down);
}

#[tokio::test]
async fn a_database_out_of_reach_is_503_with_retry_after() {
    let world = World::new().await;
    world.set_outage(Outage::All);
    let single = world.beat("key-api", json!({"serviceId": "api"})).await;
    let batch = world.beat("key-api", json!({"services": ["api", "noauth"]})).await;
    for reply in [single, batch] {
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.header("retry-after"), "2");
        assert_eq!(reply.json()["code"], "store-unavailable");
        assert_eq!(reply.json()["results"][0]["success"], false);
    }
    let mixed = world.beat("wrong", json!({"services": ["api", "noauth"]})).await;
    assert_eq!(mixed.status, StatusCode::SERVICE_UNAVAILABLE, "worth a retry");
    world.set_outage(Outage::None);
    world.assert_nothing_stored("nothing was in reach").await;
    let reply = world.beat("key-api", json!({"serviceId": "api"})).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn keys_rotate_and_fall_back_to_the_wildcard() {
    let world = World::new().await;
    for key in ["key-api", "key-api-next"] {
        let reply = world.beat(key, json!({"serviceId": "api"})).await;
        assert_eq!(reply.status, StatusCode::OK, "both keys of a rotation open");
    }
    let reply = world.beat("key-core", json!({"serviceId": "api"})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "its own entry is the only one tried");

    let api_keys = r#"{"api": "", "*": "wild"}"#;
    let world = World::with(Setup { api_keys, ..Setup::default() }).await;
    let reply = world.beat("wild", json!({"services": ["api", "solo", "never"]})).await;
    assert_eq!(reply.status, StatusCode::OK, "an empty entry falls through to the wildcard");
}

#[tokio::test]
async fn without_api_keys_only_open_services_are_heard() {
    let world = World::with(Setup { api_keys: "", ..Setup::default() }).await;
    let reply = world.beat("x", json!({"serviceId": "api"})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let reply = world.beat("", json!({"serviceId": "noauth"})).await;
    assert_eq!(reply.status, StatusCode::OK);
}
