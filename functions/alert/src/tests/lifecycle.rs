//! From firing to resolved, alert by alert.

use flatline_domain::{AlertPhase, Status, UnixMs};
use flatline_harness::clock::VirtualClock;
use serde_json::{Value, json};

use super::fixture::Fixture;
use super::generic;

/// What the feed shows: title and status, oldest first.
async fn shown(fixture: &Fixture) -> Vec<String> {
    let now = fixture.app.clock.now();
    let mut feed = fixture.app.store.feed(now.plus_ms(-86_400_000), now, 1_000).await.unwrap();
    feed.reverse();
    let word = |status: Option<String>| status.unwrap_or_default();
    feed.into_iter().map(|entry| format!("{} {}", entry.title, word(entry.status))).collect()
}

/// What waits for the webhook: title and status, in order.
async fn waiting(fixture: &Fixture) -> Vec<String> {
    let mut rows = fixture.app.store.queued("Custom Webhook").await.unwrap();
    rows.sort_by_key(|row| (row.delivery.lane.clone(), row.delivery.queued.version));
    let line = |notice: &flatline_shared::store::Notice| {
        format!("{} {}", notice.name, notice.alert_phase().as_str())
    };
    rows.iter().map(|row| line(&row.delivery.notice)).collect()
}

fn keyed(status: &str, severity: &str) -> Value {
    generic(json!({"status": status, "severity": severity, "dedup_key": "k", "channel": "webhook"}))
}

#[tokio::test(start_paused = true)]
async fn an_alert_is_told_when_it_opens_gets_worse_is_due_and_ends() {
    let clock = VirtualClock::starting(UnixMs(1_795_000_000_000));
    let fixture = Fixture::new().await.at(clock.clone());
    let mut before = 0;
    for (sentence, minutes, status, severity, expected) in [
        ("it opens", 0, "firing", "warning", "Alert stored and queued for 1 channel"),
        ("the same", 1, "firing", "warning", "Alert known already, no channel is told again"),
        ("worse", 2, "firing", "critical", "Alert stored and queued for 1 channel"),
        ("milder", 3, "firing", "warning", "Alert known already, no channel is told again"),
        ("as bad", 4, "firing", "error", "Alert known already, no channel is told again"),
        ("an hour later", 62, "firing", "error", "Alert stored and queued for 1 channel"),
        ("over", 70, "resolved", "error", "Alert stored and queued for 1 channel"),
        ("over again", 71, "resolved", "error", "Alert known already, no channel is told again"),
        ("anew", 72, "firing", "warning", "Alert stored and queued for 1 channel"),
    ] {
        clock.jump((minutes - before) * 60_000);
        before = minutes;
        let (code, answer) = fixture.post(keyed(status, severity)).await;
        assert_eq!((code, &answer["message"]), (200, &json!(expected)), "{sentence}");
    }
    let story = ["t firing", "t firing", "t firing", "t resolved", "t firing"];
    assert_eq!(shown(&fixture).await, story);
    assert_eq!(waiting(&fixture).await, story);
    let rows = fixture.app.store.queued("Custom Webhook").await.unwrap();
    let end = &rows[3].delivery;
    assert_eq!((end.queued.status, end.notice.alert_phase()), (Status::Up, AlertPhase::Resolved));
    assert_eq!(end.notice.at.since_ms(end.notice.since), 70 * 60_000, "how long it lasted");
}

#[tokio::test(start_paused = true)]
async fn without_reminders_an_alert_is_told_once() {
    let clock = VirtualClock::starting(UnixMs(1_795_000_000_000));
    let off = super::CHANNELS
        .replace(r#""channels": ["#, r#""settings": {"repeatAlertMinutes": 0}, "channels": ["#);
    let fixture = Fixture::with(&off, Some("alert-secret")).await.at(clock.clone());
    for _ in 0..24 {
        fixture.post(keyed("firing", "critical")).await;
        clock.jump(3_600_000);
    }
    assert_eq!(waiting(&fixture).await, ["t firing"]);
}

#[tokio::test]
async fn alerts_without_a_key_are_known_by_source_title_and_what_they_say() {
    let fixture = Fixture::new().await;
    let says = |fields: Value| {
        let mut body = generic(json!({"channel": "webhook", "source": "cron"}));
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    for (sentence, fields, sent) in [
        ("it opens", json!({}), json!(["webhook"])),
        ("the very same", json!({}), json!([])),
        ("another text", json!({"message": "disk 2"}), json!(["webhook"])),
        ("other labels", json!({"labels": {"host": "b"}}), json!(["webhook"])),
        ("another title", json!({"title": "u"}), json!(["webhook"])),
        ("another source", json!({"source": "ci"}), json!(["webhook"])),
        (
            "its end, whatever it says",
            json!({"status": "ok", "message": "fine"}),
            json!(["webhook"]),
        ),
        ("which comes once", json!({"status": "ok", "message": "fine"}), json!([])),
        ("other good news", json!({"status": "ok"}), json!(["webhook"])),
    ] {
        let (_, answer) = fixture.post(says(fields)).await;
        assert_eq!(answer["channelsSent"], sent, "{sentence}: {answer}");
    }
    let keys: std::collections::BTreeSet<_> =
        fixture.rows().await.into_iter().map(|row| row.delivery.lane).collect();
    assert_eq!(keys.len(), 3, "t and u of cron, t of ci");
}

#[tokio::test]
async fn only_who_says_no_status_ends_trouble_with_good_news() {
    let fixture = Fixture::new().await;
    let one = json!(["webhook"]);
    for (sentence, fields, sent) in [
        ("it opens", json!({"severity": "critical"}), &one),
        ("milder, but it fires", json!({"severity": "info", "status": "firing"}), &json!([])),
        ("none, but it fires", json!({"severity": "none", "status": "firing"}), &json!([])),
        ("good news without a status", json!({"severity": "info"}), &one),
        ("severity none begins nothing", json!({"severity": "none", "dedup_key": "w"}), &json!([])),
        ("each time", json!({"severity": "None", "dedup_key": "w"}), &json!([])),
        (
            "and has no end",
            json!({"severity": "none", "dedup_key": "w", "status": "resolved"}),
            &json!([]),
        ),
    ] {
        let mut body =
            json!({"title": "t", "message": "m", "dedup_key": "k", "channel": "webhook"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let (status, answer) = fixture.post(body).await;
        assert_eq!((status, &answer["channelsSent"]), (200, sent), "{sentence}: {answer}");
    }
    assert_eq!(waiting(&fixture).await, ["t firing", "t resolved"]);
}

#[tokio::test]
async fn the_end_of_what_was_told_to_nobody_is_told_to_nobody() {
    let fixture = Fixture::new().await;
    let body = |status: &str, more: Value| {
        let mut body = generic(json!({"status": status, "dedup_key": "k"}));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    fixture.post(body("firing", json!({"channels": ["teams"]}))).await;
    let (status, answer) = fixture.post(body("resolved", json!({"channels": ["webhook"]}))).await;
    assert_eq!((status, &answer["channelsSent"]), (200, &json!([])), "{answer}");
    assert_eq!(shown(&fixture).await, ["t firing", "t resolved"]);
    let other = generic(json!({"status": "resolved", "dedup_key": "never heard of"}));
    let (_, answer) = fixture.post(other).await;
    let sent = json!(["discord", "slack", "webhook", "pagerduty"]);
    assert_eq!(answer["channelsSent"], sent, "that is news to everybody who takes up");
}

/// An alarm of CloudWatch, as SNS brings it.
fn alarm(state: &str, seen: &str) -> Value {
    json!({
        "AlarmName": "high-cpu", "NewStateValue": state, "NewStateReason": state,
        "StateChangeTime": format!("2026-11-22T{seen}.000+0000"),
        "AlarmArn": "arn:aws:cloudwatch:eu-west-2:123456789012:alarm:high-cpu",
    })
}

#[tokio::test(start_paused = true)]
async fn alarms_that_overtake_each_other_end_as_they_are() {
    // 2026-11-22T12:10:00Z
    let fixture = Fixture::new().await.at(VirtualClock::starting(UnixMs(1_795_349_400_000)));
    let stored = "Alert stored and queued for 4 channels";
    let (quiet, known) =
        ("Alert stored, no channel is told", "Alert known already, no channel is told again");
    let late = "Alert ignored: older than what is known";
    for (sentence, state, seen, expected) in [
        ("it is made", "INSUFFICIENT_DATA", "12:00:00", quiet),
        ("and well", "OK", "12:00:10", known),
        ("it rings, which comes late", "OK", "12:02:00", known),
        ("after its end", "ALARM", "12:01:00", late),
        ("it rings again", "ALARM", "12:03:00", stored),
        ("its data are missing", "INSUFFICIENT_DATA", "12:04:00", quiet),
        ("which is said twice", "INSUFFICIENT_DATA", "12:04:00", known),
        ("it is over", "OK", "12:05:00", stored),
        ("and somebody tries the first again", "ALARM", "12:03:00", late),
        ("a clock that is ahead holds up nothing", "OK", "23:59:59", known),
        ("so it rings again", "ALARM", "12:06:00", stored),
    ] {
        let (code, answer) = fixture.post(alarm(state, seen)).await;
        assert_eq!((code, &answer["message"]), (200, &json!(expected)), "{sentence}: {answer}");
        let warnings = usize::from(expected == late);
        let said = answer["warnings"].as_array().map_or(0, Vec::len);
        assert_eq!(said, warnings, "{sentence}: {answer}");
    }
    let story = ["high-cpu firing", "high-cpu resolved", "high-cpu firing"];
    assert_eq!(waiting(&fixture).await, story);
    let shown = shown(&fixture).await;
    assert_eq!(shown.len(), 5, "{shown:?}");
}

#[tokio::test]
async fn the_first_state_of_an_alarm_is_told_to_nobody() {
    let fixture = Fixture::new().await;
    let (_, answer) = fixture.post(alarm("OK", "12:00:00")).await;
    assert_eq!((&answer["channelsSent"], &answer["success"]), (&json!([]), &json!(true)));
    assert_eq!(shown(&fixture).await, ["high-cpu resolved"]);
    assert!(!fixture.rang());
}
