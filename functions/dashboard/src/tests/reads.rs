//! The read APIs over the real engine.

use std::collections::BTreeMap;

use flatline_domain::{Reason, Status, Transition, UnixMs};
use flatline_shared::config::Config;
use flatline_shared::store::{Beat, Commit, CommitOutcome, LogEntry, TickMark};
use http::StatusCode;
use serde_json::{Value, json};

use super::bench::Bench;
use super::json;
use crate::fixture::{HOUR_MS, MINUTE_MS, NOW, configured};

const SERVICES: &str = r#"{"services":[{"id":"api","name":"API"},{"id":"a b"}]}"#;

fn config() -> Config {
    configured([("services.json", SERVICES)], &[("READ_API_KEY", "read-key")])
}

/// `api` was first heard two hours ago, was down for the hour before last but ten minutes, and sent
/// content a minute ago.
pub async fn bench() -> Bench {
    bench_of(config()).await
}

async fn bench_of(config: Config) -> Bench {
    let bench = Bench::of(config).await;
    let store = &bench.app.store;
    let beat = async |ago_ms: i64| {
        let beat =
            Beat { id: "api", at: NOW.plus_ms(-ago_ms), window_ms: 5 * MINUTE_MS, stated: None };
        store.beat(&beat).await.unwrap();
    };
    beat(2 * HOUR_MS).await;
    moves(&bench, Status::Up, Reason::FirstHeartbeat, 2 * HOUR_MS).await;
    moves(&bench, Status::Down, Reason::Silence, 110 * MINUTE_MS).await;
    beat(HOUR_MS).await;
    moves(&bench, Status::Up, Reason::Recovered, HOUR_MS).await;
    let said = LogEntry {
        at: NOW.plus_ms(-MINUTE_MS),
        status: Some("warn".to_owned()),
        message: Some("slow".to_owned()),
        metadata: Some(json!({"disk": 0.91})),
        duration_ms: Some(1_250),
        source: "api".to_owned(),
    };
    store.write_log("api", &said, 0, 7).await.unwrap();
    beat(MINUTE_MS).await;
    store.start_tick(&TickMark { at: NOW, revision: 1 }).await.unwrap();
    store.prove(NOW).await.unwrap();
    bench
}

async fn moves(bench: &Bench, to: Status, reason: Reason, ago_ms: i64) {
    let before = bench.app.store.service("api").await.unwrap().unwrap();
    let at = NOW.plus_ms(-ago_ms);
    let transitions = [Transition {
        version: before.version + 1,
        from: before.status,
        to,
        since: before.status_since,
        at,
        decided_at: at,
        reason,
    }];
    let commit = Commit {
        before: &before,
        transitions: &transitions,
        service_name: "API",
        outbox: Vec::new(),
        muted: false,
        retention_days: 120,
        feed_days: 7,
        wake: UnixMs::NEVER,
    };
    assert_eq!(bench.app.store.commit(&commit).await.unwrap(), CommitOutcome::Committed);
}

#[tokio::test]
async fn uptime_is_exact() {
    let bench = bench().await;
    let (status, answer) = json(&bench, "/api/uptime?serviceId=api").await;
    assert_eq!(status, StatusCode::OK);
    let days = answer["days"].as_array().unwrap();
    assert_eq!((days.len(), &answer["totalDays"]), (120, &json!(1)));
    let today = &days[119];
    let told = ["upSeconds", "downSeconds", "degradedSeconds", "unknownSeconds", "incidents"]
        .map(|key| today[key].clone());
    assert_eq!(told, [json!(70 * 60), json!(50 * 60), json!(0), json!(0), json!(1)]);
    assert_eq!(today["uptimePercentage"], 100.0 * 70.0 / 120.0);
    assert_eq!(answer["overallUptime"], today["uptimePercentage"]);
}

#[tokio::test]
async fn the_log_has_content_and_plain_heartbeats() {
    let bench = bench().await;
    let (status, answer) = json(&bench, "/api/logs?serviceId=api&limit=2").await;
    assert_eq!(status, StatusCode::OK);
    let expected = json!({
        "serviceId": "api",
        "logs": [
            {"timestamp": "2026-11-22T11:59:00.000Z", "status": "degraded"},
            {"timestamp": "2026-11-22T11:00:00.000Z", "status": "up"},
        ],
        "count": 2,
        "contentHidden": true,
    });
    assert_eq!(answer, expected);
    let (_, answer) = bench.json_with("/api/logs?serviceId=api&limit=1", "Bearer read-key").await;
    assert_eq!(answer["logs"][0]["message"], "slow");
    assert_eq!(answer.get("contentHidden"), None);
    let (_, answer) = json(&bench, "/api/logs?serviceId=a+b").await;
    assert_eq!((&answer["serviceId"], &answer["count"]), (&json!("a b"), &json!(0)));
}

#[tokio::test]
async fn a_log_is_never_longer_than_configured() {
    for (sentence, settings, variables, expected) in [
        ("three heartbeats were heard", "{}", &[][..], 3),
        ("the file says two", r#"{"maxLogEntries":2}"#, &[], 2),
        ("the environment says two", "{}", &[("MAX_LOG_ENTRIES", "2")], 2),
        ("the file beats it", r#"{"maxLogEntries":1}"#, &[("MAX_LOG_ENTRIES", "2")], 1),
    ] {
        let files = [("services.json", SERVICES), ("settings.json", settings)];
        let bench = bench_of(configured(files, variables)).await;
        for query in ["", "&limit=100"] {
            let (_, answer) = json(&bench, &format!("/api/logs?serviceId=api{query}")).await;
            assert_eq!(answer["count"], expected, "{sentence}: {query}");
        }
        let (_, answer) = json(&bench, "/api/logs?serviceId=api&limit=1").await;
        assert_eq!(answer["count"], 1, "{sentence}");
    }
}

#[tokio::test]
async fn alerts_are_the_newest_first() {
    let bench = bench().await;
    let (status, answer) = json(&bench, "/api/alerts/recent").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["count"], &answer["periodHours"]), (&json!(2), &json!(24)));
    let titles = [0, 1].map(|index: usize| answer["alerts"][index]["title"].clone());
    assert_eq!(titles, ["Service Recovered: API", "Service Down: API"]);
    for (query, expected) in [
        ("?limit=0", 0),
        ("?limit=1", 1),
        ("?hours=1.5", 1),
        ("?hours=0", 2),
        ("?since=2026-11-22T10:10:00Z", 1),
        ("?since=2026-11-22T10:09:59.999Z", 2),
        ("?since=2026-11-22T19:40:00+09:30", 1),
        ("?since=2999-01-01T00:00:00.000Z", 0),
    ] {
        let (_, answer) = json(&bench, &format!("/api/alerts/recent{query}")).await;
        assert_eq!(answer["count"], expected, "{query}");
    }
}

#[tokio::test]
async fn a_parameter_that_makes_no_sense_is_refused_with_a_sentence() {
    let bench = bench().await;
    let limit = "limit must be a whole number from 0; at most 1000 are answered";
    let hours = "hours must be a number of hours up to 8784, or 0 for no limit";
    let since = "since must be a time as in RFC 3339 with an offset, such as \
                 2026-11-22T12:00:00Z, or in milliseconds since 1970";
    let missing = "serviceId parameter required";
    for (path, status, code, sentence) in [
        ("/api/uptime", 400, "missing-parameter", missing),
        ("/api/uptime?serviceId=", 400, "missing-parameter", missing),
        ("/api/uptime?serviceId=nope", 404, "unknown-service", "Unknown serviceId"),
        ("/api/logs", 400, "missing-parameter", missing),
        ("/api/logs?serviceId=nope", 404, "unknown-service", "Unknown serviceId"),
        ("/api/logs?serviceId=api&limit=-1", 400, "invalid-parameter", limit),
        ("/api/logs?serviceId=api&since=soon", 400, "invalid-parameter", since),
        ("/api/alerts/recent?limit=abc", 400, "invalid-parameter", limit),
        ("/api/alerts/recent?hours=1e300", 400, "invalid-parameter", hours),
        ("/api/alerts/recent?hours=NaN", 400, "invalid-parameter", hours),
        ("/api/alerts/recent?since=1e300", 400, "invalid-parameter", since),
    ] {
        let (answered, answer) = json(&bench, path).await;
        assert_eq!(answered.as_u16(), status, "{path}");
        assert_eq!((&answer["error"], &answer["code"]), (&json!(sentence), &json!(code)), "{path}");
        assert_eq!(answer["success"], false, "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_breaks_nothing_else() {
    let bench = bench().await;
    // The days: they are found before the record of the same sort key.
    bench.spoil("api");
    let (status, answer) = json(&bench, "/api/uptime?serviceId=api").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["unreadable"], &answer["overallUptime"]), (&json!(true), &Value::Null));
    let (status, answer) = json(&bench, "/api/logs?serviceId=api").await;
    assert_eq!((status, &answer["count"]), (StatusCode::OK, &json!(3)));
}

#[tokio::test]
async fn an_answer_costs_the_same_however_many_services_there_are() {
    let bench = bench().await;
    let calls = |expected: &[(&str, usize)]| -> BTreeMap<String, usize> {
        expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    for (path, expected) in [
        ("/api/uptime?serviceId=api", calls(&[("GetItem", 6), ("Query", 2)])),
        ("/api/logs?serviceId=api", calls(&[("GetItem", 1), ("Query", 1)])),
        ("/api/services", calls(&[])),
        ("/api/alerts/recent", calls(&[("Query", 2)])),
        ("/api/alerts/recent?limit=1", calls(&[("Query", 1)])),
    ] {
        assert_eq!(bench.calls_of(path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn every_configured_service_is_listed() {
    let (status, answer) = json(&bench().await, "/api/services").await;
    assert_eq!(status, StatusCode::OK);
    let ids: Vec<_> = answer.as_array().unwrap().iter().map(|entry| &entry["id"]).collect();
    assert_eq!(ids, ["api", "a b"]);
    assert!(!answer.to_string().contains("read-key"));
}

#[tokio::test]
async fn the_export_says_the_same_as_the_api() {
    let bench = bench().await;
    let (_, uptime) = bench.json_with("/api/uptime?serviceId=api", "Bearer read-key").await;
    let (status, csv) = bench.text_with("/api/export.csv?services=api", "Bearer read-key").await;
    assert_eq!(status, StatusCode::OK);
    let lines: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let days = uptime["days"].as_array().unwrap();
    assert_eq!((lines.len(), days.len()), (120, 120));
    let keys = [
        (0, "date"),
        (5, "uptimePercentage"),
        (6, "totalChecks"),
        (7, "upChecks"),
        (8, "degradedChecks"),
        (9, "downChecks"),
        (10, "unknownChecks"),
        (11, "upSeconds"),
        (12, "degradedSeconds"),
        (13, "downSeconds"),
        (14, "unknownSeconds"),
    ];
    for (line, day) in lines.iter().zip(days) {
        for (column, key) in keys {
            let expected = match &day[key] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                number => number.to_string(),
            };
            assert_eq!(line[column], expected, "{key} of {line:?}");
        }
    }
    assert!(lines[119][5].starts_with("58.33"), "not nothing but zeros: {:?}", lines[119]);
}
