//! What people do by hand reaches channels by the stream: trying one out, and a dead delivery again.

use flatline_harness::config::ALERT_KEY;
use flatline_harness::deployment::Stream;
use flatline_harness::http_client;
use flatline_harness::receiver::Reply;
use serde_json::{Value, json};
use tokio::time::{Duration, interval};

use crate::stage::{LONG_MS, Schedule, Stage, sample};

/// A refusal with a reason, in the receiver's words.
fn refusal() -> Reply {
    Reply::status(422).body(r#"{"error": "this room is closed"}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_tried_out_and_what_died_is_sent_again() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 600)]).await?;
    let stream = Stream::start(&stage.deployment, stage.notifier().await?);
    let timer = Schedule::start(stage.notifier().await?, sample("notifier-schedule"), 3);

    let test = json!({"channelType": "hook", "eventType": "down"});
    let (status, answer) = stage.post("/api/test-notification", ALERT_KEY, &test).await?;
    assert_eq!((status, &answer["success"]), (200, &json!(true)), "{answer}");
    assert_eq!((&answer["channel"], &answer["answer"]), (&json!("hook"), &json!("HTTP 200")));
    let (status, _) = stage.post("/api/test-notification", "guess", &test).await?;
    assert_eq!(status, 401);
    stage.receiver.answer(refusal());
    let (status, answer) = stage.post("/api/test-notification", ALERT_KEY, &test).await?;
    let reason = json!("HTTP 422: this room is closed");
    assert_eq!((status, &answer["answer"]), (502, &reason), "{answer}");

    stage.beat("api").await?;
    let report = json!({"serviceId": "api", "status": "down", "message": "disk full"});
    let (status, answer) = stage.post_heartbeat(&report).await?;
    assert_eq!(status, 200, "{answer}");
    let dead = dead(&stage).await?;
    assert_eq!((&dead["channel"], &dead["answer"]), (&json!("hook"), &reason), "{dead}");
    stage.receiver.answer(Reply::status(200));
    stage.receiver.clear();
    let again = json!({"id": dead["id"]});
    let (status, answer) = stage.post("/api/deliveries/replay", ALERT_KEY, &again).await?;
    assert_eq!(status, 200, "{answer}");
    let told = stage.receiver.wait_for(|it| it.json["event"] == "down", LONG_MS).await?;
    assert_eq!(told.json["message"], "disk full");
    let (status, answer) = stage.post("/api/deliveries/replay", ALERT_KEY, &again).await?;
    assert_eq!((status, &answer["code"]), (409, &json!("not-replayable")), "{answer}");

    timer.stop().await?;
    stream.end().await?;
    assert_eq!(stage.waiting().await?, 0);
    assert_eq!(stage.told(), ["down api"], "once");
    assert!(stage.gateway.failures().is_empty());
    Ok(())
}

/// The one dead delivery of `api`, as soon as it is written down.
async fn dead(stage: &Stage) -> anyhow::Result<Value> {
    let url = format!("{}/api/deliveries?serviceId=api&state=dead", stage.gateway.url());
    let mut looks = interval(Duration::from_millis(100));
    for _ in 0..LONG_MS / 100 {
        let answer = http_client().get(&url).bearer_auth(ALERT_KEY).send().await?;
        let list: Value = answer.error_for_status()?.json().await?;
        if let Some(entry) = list["deliveries"].as_array().and_then(|entries| entries.first()) {
            return Ok(entry.clone());
        }
        looks.tick().await;
    }
    anyhow::bail!("nothing died")
}
