//! Badges.

use flatline_domain::{Day, DayTotals, Days, Membership, Status};
use flatline_shared::config::Config;
use flatline_shared::store::{Beat, TickMark};
use http::{Request, StatusCode, header};
use serde_json::json;

use super::bench::Bench;
use super::{get, json};
use crate::fixture::{DAY_MS, MINUTE_MS, NOW, config, configured, service};

/// `api` is up and was down for six hours ten days ago, `db` says that it is down, `off` is disabled.
async fn bench() -> Bench {
    let mut off = service("off", "Off");
    off.spec.membership = Membership::Paused;
    let services =
        vec![service("api", "API"), service("v1.2", "Release"), service("new", "New"), off];
    filled(config(services, &[])).await
}

async fn filled(config: Config) -> Bench {
    let bench = Bench::of(config).await;
    let store = &bench.app.store;
    let spec = &bench.app.config.services[0].spec;
    store.create_service(spec, NOW.plus_ms(-40 * DAY_MS)).await.unwrap();
    for (id, stated) in [("api", Status::Up), ("v1.2", Status::Down)] {
        let beat = Beat { id, at: NOW, window_ms: 5 * MINUTE_MS, stated: Some(stated) };
        store.beat(&beat).await.unwrap();
    }
    store.start_tick(&TickMark { at: NOW, revision: 1 }).await.unwrap();
    let down_ms = DAY_MS / 4;
    let imported = DayTotals { down_ms, imported: true, ..DayTotals::default() };
    let days = Days::from([(Day(NOW.day().0 - 10), imported)]);
    store.import_days("api", &days, 120).await.unwrap();
    bench
}

#[tokio::test]
async fn a_badge_is_a_picture() {
    let bench = bench().await;
    let (status, headers, svg) = get(&bench, "/badge/api.svg").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "image/svg+xml; charset=utf-8");
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=30");
    insta::assert_snapshot!(svg);
    let request = Request::get("/badge/api.svg");
    let known = request.header(header::IF_NONE_MATCH, &headers[header::ETAG]);
    assert_eq!(bench.answer(known).await.0, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_badge_says_how_the_service_is() {
    let bench = bench().await;
    for (sentence, path, label, message) in [
        ("unknown until it is judged", "/badge/api.shields", "API", "unknown"),
        ("an id may have a dot", "/badge/v1.2.shields", "Release", "unknown"),
        ("never heard", "/badge/new.shields", "New", "unknown"),
        ("disabled", "/badge/off.shields", "Off", "disabled"),
        ("another label", "/badge/api.shields?label=Shop%20%26%20more", "Shop & more", "unknown"),
        ("nothing to count", "/badge/new.shields?metric=uptime", "New", "no data"),
    ] {
        let (status, answer) = json(&bench, path).await;
        assert_eq!(status, StatusCode::OK, "{sentence}");
        assert_eq!((&answer["label"], &answer["message"]), (&json!(label), &json!(message)));
        assert_eq!(answer["schemaVersion"], 1, "{sentence}");
        let keys: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        let known = ["color", "isError", "label", "message", "schemaVersion"];
        assert!(keys.iter().all(|key| known.contains(key)), "shields.io takes no others: {keys:?}");
    }
}

#[tokio::test]
async fn uptime_is_that_of_the_days_asked_for() {
    let bench = bench().await;
    let (_, answer) = json(&bench, "/badge/api.json?metric=uptime&days=30").await;
    let uptime = answer["uptime"].as_f64().unwrap();
    assert!((70.0..80.0).contains(&uptime), "only one day of it is known: {answer}");
    let (_, answer) = json(&bench, "/badge/api.json?metric=uptime&days=5").await;
    assert_eq!(answer["message"], "no data", "{answer}");
    for query in ["metric=uptime&days=0", "metric=uptime&days=121", "metric=uptime&days=x"] {
        let (status, answer) = json(&bench, &format!("/badge/api.json?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer["error"], "days must be a number of days from 1 to 120", "{query}");
    }
    let (status, answer) = json(&bench, "/badge/api.json?metric=weather").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["error"], "metric must be status or uptime");
}

#[tokio::test]
async fn a_picture_is_one_also_where_there_is_nothing_to_show() {
    let bench = bench().await;
    let (status, headers, svg) = get(&bench, "/badge/nope.svg").await;
    assert_eq!(
        (status, headers[header::CACHE_CONTROL].to_str().unwrap()),
        (StatusCode::NOT_FOUND, "no-store")
    );
    assert!(svg.starts_with("<svg ") && svg.contains(">not found</text>"), "{svg}");
    let (status, answer) = json(&bench, "/badge/nope.json").await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("unknown-service")));
    for path in ["/badge/api", "/badge/api.png"] {
        assert_eq!(get(&bench, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    bench.pass(31 * DAY_MS);
    let (_, answer) = json(&bench, "/badge/api.json?metric=uptime&days=5").await;
    assert_eq!(answer["message"], "no data", "the checker stands for longer: {answer}");
    bench.pass(3_000);
    bench.drop_table();
    let (status, _, svg) = get(&bench, "/badge/api.svg").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(svg.contains(">unreadable</text>"), "{svg}");
}

#[tokio::test]
async fn behind_a_password_badges_need_the_key_and_are_kept_by_nobody() {
    let files = [
        ("services.json", r#"{"services":[{"id":"api","name":"The API"}]}"#),
        ("settings.json", r#"{"dashboard":{"access":"password"}}"#),
    ];
    let variables = [("DASHBOARD_PASSWORD", "correct horse battery"), ("READ_API_KEY", "read-key")];
    let bench = Bench::of(configured(files, &variables)).await;
    let (status, answer) = json(&bench, "/badge/api.svg").await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthorized")));
    let request = Request::get("/badge/api.svg").header("authorization", "Bearer read-key");
    let (status, headers, _) = bench.answer(request).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
}
