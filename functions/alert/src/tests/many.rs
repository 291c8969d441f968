//! Many alerts in one body.

use std::collections::BTreeSet;

use axum::body::Body;
use flatline_shared::store::{FeedEntry, OutboxRow};
use http::Request;
use serde_json::{Value, json};

use super::fixture::{Fixture, answer_of};

/// A group of Alertmanager; every third alert is over, every tenth names a channel that is not there.
fn group(count: usize, firing: bool) -> Value {
    let alert = |n: usize| {
        let over = !firing || n.is_multiple_of(3);
        let channels = if n.is_multiple_of(10) { "webhook, teams" } else { "webhook" };
        json!({
            "status": if over { "resolved" } else { "firing" },
            "labels": {"alertname": "X", "instance": format!("host-{n}"), "channels": channels},
            "annotations": {"summary": format!("X on {n}")},
            "fingerprint": format!("{n:016x}"),
        })
    };
    json!({"version": "4", "status": "firing", "alerts": (0..count).map(alert).collect::<Vec<_>>()})
}

async fn feed(fixture: &Fixture) -> Vec<FeedEntry> {
    let now = fixture.app.clock.now();
    fixture.app.store.feed(now.plus_ms(-600_000), now, 10_000).await.unwrap()
}

async fn told(fixture: &Fixture) -> Vec<OutboxRow> {
    fixture.app.store.queued("Custom Webhook").await.unwrap()
}

#[tokio::test]
async fn five_hundred_alerts_of_a_group_are_stored_one_by_one_and_answered_once() {
    let fixture = Fixture::new().await;
    let (status, answer) = fixture.post(group(500, true)).await;
    assert_eq!((status, &answer["alerts"]), (400, &json!(500)), "somebody mends the channels");
    assert_eq!(answer["alertTitle"], "X on 0");
    assert_eq!(answer["channelsSent"], json!(["webhook"]));
    let error = "Channel 'teams' not found in configuration";
    assert_eq!(answer["errors"], json!([error]), "one sentence for all of them");

    let shown = feed(&fixture).await;
    let titles: BTreeSet<_> = shown.iter().map(|entry| entry.title.as_str()).collect();
    assert_eq!((shown.len(), titles.len()), (500, 500), "no bad channel stops another alert");
    let over = shown.iter().filter(|entry| entry.status.as_deref() == Some("resolved")).count();
    assert_eq!(over, 167, "each has its own state, whatever that of the group is");
    let undelivered = shown.iter().filter(|entry| entry.undelivered == [error]).count();
    assert_eq!(undelivered, 33, "those that fire and name it");
    let rows = told(&fixture).await;
    let lanes: BTreeSet<_> = rows.iter().map(|row| &row.delivery.lane).collect();
    assert_eq!((rows.len(), lanes.len()), (500, 500), "one row for each and channel");
    assert_eq!(fixture.rows().await.len(), 500, "and none for others");

    let (_, answer) = fixture.post(group(500, true)).await;
    assert_eq!(answer["channelsSent"], json!([]), "the group once more says nothing new");
    assert_eq!((feed(&fixture).await.len(), told(&fixture).await.len()), (500, 500));
    fixture.post(group(500, false)).await;
    assert_eq!(told(&fixture).await.len(), 500 + 333, "the end of each that fired");
}

#[tokio::test]
async fn only_the_size_of_a_body_is_limited() {
    let fixture = Fixture::new().await;
    let alert = |n: usize| json!({"labels": {"a": n, "channel": "webhook"}});
    let (status, answer) =
        fixture.post(json!({"alerts": (0..1_200).map(alert).collect::<Vec<_>>()})).await;
    assert_eq!((status, &answer["alerts"]), (200, &json!(1_200)), "{answer}");
    assert_eq!(answer["message"], "1200 alerts stored and queued for 1 channel");
    assert_eq!((feed(&fixture).await.len(), told(&fixture).await.len()), (1_200, 1_200));

    let fixture = Fixture::new().await;
    let body = group(20_000, true).to_string();
    assert!(body.len() > 2 << 20, "{}", body.len());
    let request = Request::post("/api/alert").header("authorization", "Bearer alert-secret");
    let (status, answer) = answer_of(&fixture.app, request.body(Body::from(body)).unwrap()).await;
    assert_eq!((status, &answer["code"]), (413, &json!("body-too-large")));
    assert!(feed(&fixture).await.is_empty() && !fixture.rang(), "and nothing of it is stored");
}

/// What could not be stored in time is stored when it comes again, and nothing twice.
#[tokio::test]
async fn a_body_that_was_stored_in_part_is_completed_when_it_comes_again() {
    let fixture = Fixture::new().await;
    let (_, first) = fixture.post(group(200, true)).await;
    let (_, all) = fixture.post(group(500, true)).await;
    assert_eq!((&first["alerts"], &all["alerts"]), (&json!(200), &json!(500)));
    assert_eq!((feed(&fixture).await.len(), told(&fixture).await.len()), (500, 500));
}
