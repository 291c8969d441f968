//! The metrics.

use flatline_domain::Status;
use flatline_shared::config::Secret;
use flatline_shared::store::{Beat, TickMark};
use http::{StatusCode, header};

use super::bench::Bench;
use super::get;
use crate::fixture::{MINUTE_MS, NOW, configured};

const SERVICES: &str = r#"{
    "groups": [{"id": "core", "name": "Core \"and\" more", "services": ["api", "db"]}],
    "services": [
        {"id": "api", "name": "API\\one\nline"}, {"id": "db"}, {"id": "new"},
        {"id": "off", "enabled": false}
    ]
}"#;

const HOOK: &str = r#"{"channels": [{"type": "webhook", "name": "Ops", "enabled": true,
    "config": {"url": "https://hooks.example.com/x"}}]}"#;

pub async fn bench() -> Bench {
    let files = [("services.json", SERVICES), ("notifications.json", HOOK)];
    let mut config = configured(files, &[]);
    config.read_key = Some(Secret::new("read-key"));
    let bench = Bench::of(config).await;
    let store = &bench.app.store;
    for (id, ago_ms) in [("api", 1_500), ("db", 6 * MINUTE_MS)] {
        let at = NOW.plus_ms(-ago_ms);
        let beat = Beat { id, at, window_ms: 5 * MINUTE_MS, stated: Some(Status::Up) };
        store.beat(&beat).await.unwrap();
    }
    store.start_tick(&TickMark { at: NOW.plus_ms(-12_000), revision: 1 }).await.unwrap();
    store.prove(NOW.plus_ms(-500)).await.unwrap();
    bench
}

#[tokio::test]
async fn prometheus_gets_how_everything_is() {
    let bench = bench().await;
    let (status, text) = bench.text_with("/metrics", "Bearer read-key").await;
    assert_eq!(status, StatusCode::OK);
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn how_channels_do_is_for_whoever_may_see_deliveries() {
    let bench = bench().await;
    let (status, headers, text) = get(&bench, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.contains("flatline_service_info{service=\"new\""), "{text}");
    assert!(!text.contains("Ops") && !text.contains("outbox"), "{text}");
    bench.drop_table();
    bench.pass(3_000);
    let (status, _, body) = get(&bench, "/metrics").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("\"code\":\"store-unavailable\""), "{body}");
}
