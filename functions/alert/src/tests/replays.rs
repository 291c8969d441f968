//! Dead deliveries that are put back.

use flatline_domain::{Event, Status};
use flatline_shared::store::{Ended, Ending, Lane, LoggedDelivery, OutboxRow, Wanted};
use serde_json::json;

use super::fixture::{CHANNELS, Fixture, answer_of};

const PATH: &str = "/api/deliveries/replay";

/// What makes another row of it.
type Edit<'e> = &'e dyn Fn(&mut OutboxRow);

/// An alert for `Custom Webhook` is stored, and how its delivery ended is written down.
async fn ended(fixture: &Fixture, ending: Ending, edit: impl Fn(&mut OutboxRow)) -> String {
    let alert = json!({
        "title": "t", "message": "m", "severity": "critical", "dedup_key": "k",
        "channels": ["Custom Webhook"],
    });
    fixture.post(alert).await;
    let mut row = fixture.rows().await.remove(0);
    let waiting = row.clone();
    edit(&mut row);
    let at = fixture.app.clock.now();
    let end = |row, ending| Ended { row, ending, at, answer: "HTTP 410".into(), copy_to: None };
    if row == waiting {
        fixture.app.store.mark(&[end(row, ending)]).await.unwrap();
    } else {
        // Written as a row of another kind would be.
        let new = flatline_shared::store::NewDelivery {
            channel: row.channel.clone(),
            delivery: row.delivery.clone(),
        };
        fixture.app.store.mark(&[end(waiting, Ending::Cancelled)]).await.unwrap();
        fixture.app.store.queue_test(&new).await.unwrap();
        let row = fixture.app.store.queued(&row.channel).await.unwrap().remove(0);
        fixture.app.store.mark(&[end(row, ending)]).await.unwrap();
    }
    newest(fixture, ending).await.id()
}

async fn newest(fixture: &Fixture, ending: Ending) -> LoggedDelivery {
    let matches = |logged: &LoggedDelivery| logged.entry.ending == ending;
    let now = fixture.app.clock.now();
    let wanted = Wanted { since: flatline_domain::UnixMs(0), now, limit: 1, matches };
    fixture.app.store.recent_deliveries(&wanted).await.unwrap().deliveries.remove(0)
}

#[tokio::test]
async fn what_is_dead_waits_again_once() {
    let fixture = Fixture::new().await;
    let id = ended(&fixture, Ending::Dead, |_| ()).await;
    assert!(fixture.rang());
    let (status, answer) = fixture.post_to(PATH, json!({"id": id})).await;
    let expected = json!({
        "success": true, "message": "Queued again for 'Custom Webhook'", "id": id,
        "channel": "Custom Webhook",
    });
    assert_eq!((status, answer), (200, expected));
    assert!(fixture.rang(), "the notifier is called");
    let rows = fixture.rows().await;
    assert_eq!((rows.len(), rows[0].delivery.notice.name.as_str()), (1, "t"));
    let (status, answer) = fixture.post_to(PATH, json!({"id": id})).await;
    assert_eq!(status, 409);
    assert_eq!(answer["error"], "It was replayed before, and that is done once");
    assert_eq!(fixture.rows().await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_replayed_is_refused_with_the_reason() {
    let as_test = |row: &mut OutboxRow| {
        row.delivery.queued.event = Event::Test;
        row.delivery.lane = Lane::Test("2026#0".to_owned());
    };
    let as_copy = |row: &mut OutboxRow| {
        let of = Box::new(row.delivery.lane.clone());
        row.delivery.lane = Lane::Copy { channel: "Slack Webhook".to_owned(), of };
    };
    let nothing = |_: &mut OutboxRow| ();
    let rows: [(Ending, Edit<'_>, &str); 5] = [
        (Ending::Delivered, &nothing, "It was delivered"),
        (Ending::Folded, &nothing, "Another message said it already"),
        (Ending::Cancelled, &nothing, "It had nothing left to say"),
        (Ending::Dead, &as_test, "A test is sent once: send another one"),
        (
            Ending::Dead,
            &as_copy,
            "It is a copy for the channel that stands in: replay the delivery for 'Slack Webhook'",
        ),
    ];
    for (ending, edit, sentence) in rows {
        let fixture = Fixture::new().await;
        let id = ended(&fixture, ending, edit).await;
        let (status, answer) = fixture.post_to(PATH, json!({"id": id})).await;
        assert_eq!((status, &answer["error"]), (409, &json!(sentence)));
        assert_eq!(answer["code"], "not-replayable", "{sentence}");
        assert!(fixture.rows().await.is_empty(), "{sentence}");
    }
}

#[tokio::test]
async fn what_is_over_is_not_told_again() {
    let fixture = Fixture::new().await;
    let id = ended(&fixture, Ending::Dead, |_| ()).await;
    let over = json!({"title": "t", "message": "m", "status": "resolved", "dedup_key": "k"});
    fixture.post(over).await;
    let (status, answer) = fixture.post_to(PATH, json!({"id": id})).await;
    assert_eq!(status, 409);
    assert_eq!(answer["error"], "Something newer happened since, and this is not true any more");
    let rows = fixture.rows().await;
    assert!(rows.iter().all(|row| row.delivery.queued.status == Status::Up), "{rows:?}");
}

#[tokio::test]
async fn nobody_is_told_by_a_channel_that_is_gone_or_silent() {
    let disabled = CHANNELS
        .replace(r#""Custom Webhook", "enabled": true"#, r#""Custom Webhook", "enabled": false"#);
    let gone = CHANNELS.replace("Custom Webhook", "Custom_Webhook");
    let muted = CHANNELS.replacen("true", "false", 1);
    for (channels, sentence) in [
        (disabled, "Channel 'Custom Webhook' is disabled"),
        (gone, "Channel 'Custom Webhook' is not configured any more"),
        (muted, "Notifications are switched off: set enabled to true in notifications.json"),
    ] {
        let fixture = Fixture::new().await;
        let id = ended(&fixture, Ending::Dead, |_| ()).await;
        let app = fixture.reconfigured(&channels);
        let request = http::Request::post(PATH)
            .header("authorization", "Bearer alert-secret")
            .body(axum::body::Body::from(json!({"id": id}).to_string()));
        let (status, answer) = answer_of(&app, request.unwrap()).await;
        assert_eq!((status, &answer["error"]), (409, &json!(sentence)));
    }
}

#[tokio::test]
async fn an_unknown_id_is_said_to_be_one() {
    let fixture = Fixture::new().await;
    for (body, status, sentence) in [
        (
            json!({"id": "1-00000000"}),
            404,
            "No delivery has this id; what still waits is tried again by itself",
        ),
        (
            json!({}),
            400,
            "id is missing: it is that of a dead delivery, as GET /api/deliveries has it",
        ),
    ] {
        let (got, answer) = fixture.post_to(PATH, body).await;
        assert_eq!((got, &answer["error"]), (status, &json!(sentence)));
    }
}
