//! Alerts that overtake each other, first states and notes.

use flatline_domain::AlertNews;
use flatline_domain::AlertStep::{End, Late, Noted, Nothing, Open};
use futures_util::FutureExt;

use super::super::tampering::{Once, Reply, tampered};
use super::*;

/// What its sender saw so many seconds after the tests began; it tells of every state.
fn seen(id: &str, phase: AlertPhase, after_s: i64) -> ExternalAlert {
    ExternalAlert {
        changed_at: Some(later(after_s * 1_000)),
        news: AlertNews::State,
        ..alert(id, phase, "critical", &["ops"])
    }
}

fn note(id: &str, after_s: i64) -> ExternalAlert {
    let news = AlertNews::Note;
    ExternalAlert { news, severity: "warning".to_owned(), ..seen(id, Firing, after_s) }
}

async fn steps(store: &Store, alerts: &[ExternalAlert]) -> Vec<AlertStep> {
    let mut steps = Vec::new();
    for alert in alerts {
        steps.push(store.store_alert(alert).await.unwrap().step);
    }
    steps
}

#[tokio::test]
async fn an_alarm_that_comes_after_its_own_end_opens_nothing() {
    let (_engine, store) = table().await;
    let told = [
        seen("1", Firing, 10),
        seen("2", Resolved, 30),
        seen("3", Firing, 20),
        seen("4", Firing, 10),
        seen("5", Resolved, 30),
        seen("6", Firing, 40),
        seen("7", Resolved, 35),
    ];
    let expected = [Open, End, Late, Late, Nothing, Open, Late];
    assert_eq!(steps(&store, &told).await, expected);
    assert_eq!(versions(&store, "ops").await, [1, 2, 3]);
    assert!(store.is_alert_open(KEY).await.unwrap());
    assert_eq!(feed(&store).await.len(), 3, "what is late is not shown");
}

#[tokio::test]
async fn what_says_nothing_new_counts_as_seen() {
    let (_engine, store) = table().await;
    let told = [seen("1", Firing, 10), seen("2", Firing, 30), seen("3", Resolved, 20)];
    assert_eq!(steps(&store, &told).await, [Open, Nothing, Late], "it fired after that end");
    assert!(store.is_alert_open(KEY).await.unwrap());
    assert_eq!(versions(&store, "ops").await, [1], "and channels heard nothing of it");
}

#[tokio::test]
async fn the_first_state_is_shown_and_told_to_nobody() {
    let (_engine, store) = table().await;
    let told = [seen("1", Resolved, 10), seen("2", Firing, 5), seen("3", Firing, 20)];
    assert_eq!(steps(&store, &told).await, [Noted, Late, Open]);
    assert_eq!(versions(&store, "ops").await, [2]);
    let mut shown = feed(&store).await;
    shown.sort_by(|one, other| one.id.cmp(&other.id));
    assert!(shown[0].muted && !shown[1].muted);
    assert_eq!(shown[0].status.as_deref(), Some("resolved"));
}

#[tokio::test]
async fn a_note_is_shown_and_leaves_what_is_open_as_it_is() {
    let (_engine, store) = table().await;
    let told = [
        note("1", 10),
        note("2", 10),
        seen("3", Firing, 5),
        note("4", 20),
        note("5", 15),
        seen("6", Firing, 6),
        seen("7", Resolved, 30),
        note("8", 40),
        seen("9", Firing, 35),
    ];
    let expected = [Noted, Nothing, Open, Noted, Late, Nothing, End, Noted, Open];
    assert_eq!(steps(&store, &told).await, expected);
    assert_eq!(versions(&store, "ops").await, [1, 2, 3], "notes take no place in the lane");
    let rows = store.queued("ops").await.unwrap();
    assert_eq!(rows[1].delivery.notice.previous, Status::Down, "it was critical until its end");
    let noted: Vec<_> = feed(&store).await.into_iter().filter(|entry| entry.muted).collect();
    assert_eq!(noted.len(), 3);
    assert!(noted.iter().all(|entry| entry.status.is_none()));
}

/// Between read and write of an end, another process hears that it still fires, and says nothing new.
async fn end_while_it_is_seen_again(relaxed: bool) -> AlertStep {
    let (engine, store) = table().await;
    store.store_alert(&seen("1", Firing, 10)).await.unwrap();
    let (once, other) = (Once::default(), store.clone());
    let racing = tampered(&engine, move |operation, body| {
        if operation == "TransactWriteItems" && once.first() {
            let again = seen("2", Firing, 30);
            assert_eq!(other.store_alert(&again).now_or_never().unwrap().unwrap().step, Nothing);
        }
        if operation == "TransactWriteItems" && relaxed {
            let state = &mut body["TransactItems"][0]["Put"];
            state["ConditionExpression"] = "v = :version".into();
            state["ExpressionAttributeValues"].as_object_mut().unwrap().remove(":changed");
        }
        Reply::Arrives
    })
    .await;
    racing.store_alert(&seen("3", Resolved, 20)).await.unwrap().step
}

#[tokio::test]
async fn without_the_change_in_its_condition_an_old_end_ends_what_fires() {
    assert_eq!(end_while_it_is_seen_again(false).await, Late);
    assert_eq!(end_while_it_is_seen_again(true).await, End);
}

/// Between read and write of a repetition, the alert ends.
#[tokio::test]
async fn what_is_seen_again_while_it_ends_begins_anew() {
    let (engine, store) = table().await;
    store.store_alert(&seen("1", Firing, 10)).await.unwrap();
    let (once, other) = (Once::default(), store.clone());
    let racing = tampered(&engine, move |operation, _| {
        if operation == "UpdateItem" && once.first() {
            let end = seen("2", Resolved, 20);
            assert_eq!(other.store_alert(&end).now_or_never().unwrap().unwrap().step, End);
        }
        Reply::Arrives
    })
    .await;
    assert_eq!(racing.store_alert(&seen("3", Firing, 30)).await.unwrap().step, Open);
    assert_eq!(versions(&store, "ops").await, [1, 2, 3]);
}
