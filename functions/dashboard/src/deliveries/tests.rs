//! The answer over the real engine.

use std::collections::BTreeMap;

use flatline_domain::{Event, QueuedNotice, Status};
use flatline_shared::config::Config;
use flatline_shared::store::{Delivery, Ended, Ending, Lane, NewDelivery, Notice};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::fixture::{HOUR_MS, MINUTE_MS, NOW, configured};
use crate::tests::bench::Bench;

const NOTIFICATIONS: &str = r#"{"channels": [
    {"type": "webhook", "name": "Ops"},
    {"type": "webhook", "name": "Mail", "fallback": true}
]}"#;

fn config() -> Config {
    let files = [
        ("services.json", r#"{"services":[{"id":"api","name":"API"},{"id":"db"}]}"#),
        ("notifications.json", NOTIFICATIONS),
    ];
    let variables = [
        ("READ_API_KEY", "read-key"),
        ("ALERT_API_KEY", "alert-key"),
        ("NOTIFICATION_OPS_URL", "https://ops.example/secret-path"),
        ("NOTIFICATION_MAIL_URL", "https://mail.example/secret-path"),
    ];
    configured(files, &variables)
}

fn delivery(lane: Lane, event: Event, version: u64, ago_ms: i64) -> NewDelivery {
    let at = NOW.plus_ms(-ago_ms);
    let status = if event == Event::Up { Status::Up } else { Status::Down };
    let queued = QueuedNotice {
        version,
        n: 0,
        event,
        status,
        committed_at: at,
        next_at: None,
        closing: false,
    };
    let notice = Notice {
        id: "x".to_owned(),
        name: "Disk full".to_owned(),
        status,
        previous: Status::Up,
        at,
        since: at,
        last_seen: None,
        window_ms: 0,
        reason: "silence".to_owned(),
        message: Some("private".to_owned()),
        severity: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        channels: Vec::new(),
        phase: None,
        link: None,
    };
    NewDelivery { channel: "Ops".to_owned(), delivery: Delivery { lane, queued, notice } }
}

fn service(id: &str) -> Lane {
    Lane::Service(id.to_owned())
}

/// `api` went down and up, of which `Ops` took the first; a row of `db` waits there, and so does its
/// copy; an alert was told.
async fn bench() -> Bench {
    let bench = Bench::of(config()).await;
    let store = &bench.app.store;
    let end = async |new: NewDelivery, ending, ago_ms: i64, answer: &str| {
        store.queue_test(&new).await.unwrap();
        let row = store.queued("Ops").await.unwrap().remove(0);
        let (at, answer) = (NOW.plus_ms(-ago_ms), answer.to_owned());
        let ended = Ended { row, ending, at, answer, copy_to: None };
        store.mark(&[ended]).await.unwrap();
    };
    let down = delivery(service("api"), Event::Down, 1, 30 * HOUR_MS);
    end(down, Ending::Delivered, 30 * HOUR_MS, "HTTP 204").await;
    let up = delivery(service("api"), Event::Up, 2, 2 * HOUR_MS);
    end(up, Ending::Dead, HOUR_MS, "HTTP 410").await;
    let alert = delivery(Lane::Alert("00ff".to_owned()), Event::Alert, 1, 40 * MINUTE_MS);
    end(alert, Ending::Delivered, 30 * MINUTE_MS, "HTTP 200").await;
    store.queue_test(&delivery(service("db"), Event::Down, 7, 20 * MINUTE_MS)).await.unwrap();
    let row = store.queued("Ops").await.unwrap().remove(0);
    store.postpone(&row, NOW.plus_ms(MINUTE_MS), "HTTP 503").await.unwrap();
    store.copy(&row, "Mail", "HTTP 503", NOW.plus_ms(-10 * MINUTE_MS)).await.unwrap();
    bench
}

async fn get(bench: &Bench, query: &str, key: &str) -> (StatusCode, Value) {
    let request = Request::get(format!("/api/deliveries{query}"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"));
    let (status, _, body) = bench.answer(request).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn what_waits_and_what_ended_stand_together() {
    let bench = bench().await;
    let (status, mut answer) = get(&bench, "", "read-key").await;
    assert_eq!(status, StatusCode::OK);
    for line in answer["deliveries"].as_array_mut().unwrap() {
        let id = line.as_object_mut().unwrap().remove("id");
        assert_eq!(id.is_some(), line["state"] != "waiting", "what ended has an id: {line}");
    }
    insta::assert_json_snapshot!("deliveries", answer);
    let text = answer.to_string();
    assert!(!text.contains("secret-path") && !text.contains("private"), "{text}");
}

#[tokio::test]
async fn the_page_of_alerts_lists_what_was_not_delivered_to_who_may_see_it() {
    let bench = bench().await;
    let request =
        Request::get("/alerts?kind=undelivered").header(header::AUTHORIZATION, "Bearer read-key");
    let (status, _, html) = bench.answer(request).await;
    assert_eq!(status, StatusCode::OK);
    for (what, expected) in [
        ("what was given up", "<b>Not delivered</b> <a href=\"./services/api\">Up: API</a>"),
        ("the channel and its answer", "<small>to Ops</small> <q>HTTP 410</q>"),
        ("what waits", "<b>Waiting</b> <a href=\"./services/db\">Down: db</a>"),
        ("the copy of it", "<small>to Mail</small>"),
    ] {
        assert!(html.contains(expected), "{what}: {html}");
    }
    assert_eq!(html.matches("<li class=\"s-").count(), 3, "{html}");
    assert!(!html.contains("secret-path") && !html.contains("private"), "{html}");
    let (status, _, html) = bench.answer(Request::get("/alerts?kind=undelivered")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Deliveries are shown to whoever has signed in"), "{html}");
    assert!(!html.contains("HTTP 410") && !html.contains("to Ops"), "{html}");
}

#[tokio::test]
async fn each_parameter_leaves_out_what_is_not_asked_for() {
    let bench = bench().await;
    let since = |ago_ms: i64| format!("?since={}", NOW.plus_ms(-ago_ms).0);
    for (query, expected) in [
        ("?serviceId=api".to_owned(), vec!["dead 2", "delivered 1"]),
        ("?serviceId=db".to_owned(), vec!["waiting 7", "waiting 7"]),
        ("?serviceId=api&state=dead".to_owned(), vec!["dead 2"]),
        ("?serviceId=api&channel=ops&state=delivered".to_owned(), vec!["delivered 1"]),
        ("?channel=MAIL".to_owned(), vec!["waiting 7"]),
        ("?channel=gone".to_owned(), vec![]),
        ("?state=waiting".to_owned(), vec!["waiting 7", "waiting 7"]),
        ("?state=delivered".to_owned(), vec!["delivered 1", "delivered 1"]),
        ("?state=folded".to_owned(), vec![]),
        ("?limit=0".to_owned(), vec![]),
        ("?limit=1".to_owned(), vec!["waiting 7"]),
        (since(25 * MINUTE_MS), vec!["waiting 7", "waiting 7"]),
        (since(HOUR_MS), vec!["waiting 7", "waiting 7", "delivered 1"]),
    ] {
        let (status, answer) = get(&bench, &query, "alert-key").await;
        assert_eq!(status, StatusCode::OK, "{query}: {answer}");
        let line = |it: &Value| format!("{} {}", it["state"].as_str().unwrap(), it["version"]);
        let lines: Vec<_> = answer["deliveries"].as_array().unwrap().iter().map(line).collect();
        assert_eq!(lines, expected, "{query}");
        assert_eq!(answer["count"], expected.len(), "{query}");
        assert_eq!(answer["truncated"], query == "?limit=1", "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let bench = bench().await;
    for (query, status, sentence) in [
        ("?serviceId=nope", 404, "Unknown serviceId"),
        ("?state=lost", 400, "state must be one of waiting, delivered, dead, folded, cancelled"),
        ("?limit=-1", 400, "limit must be a whole number from 0; at most 1000 are answered"),
    ] {
        let (got, answer) = get(&bench, query, "read-key").await;
        assert_eq!((got.as_u16(), &answer["error"]), (status, &json!(sentence)), "{query}");
    }
    let (status, answer) = get(&bench, "", "wrong").await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthorized")));
}

#[tokio::test]
async fn a_flood_of_waiting_rows_is_not_read_to_its_end() {
    let bench = Bench::of(config()).await;
    for number in 0..30 {
        let id = Lane::Alert(format!("{number:032}"));
        bench.app.store.queue_test(&delivery(id, Event::Alert, 1, MINUTE_MS)).await.unwrap();
    }
    let (_, answer) = get(&bench, "?limit=10", "read-key").await;
    assert_eq!((&answer["count"], &answer["truncated"]), (&json!(10), &json!(true)));
}
