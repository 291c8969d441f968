//! The whole story by e-mail, through Amazon SES, for which moto stands in.

use flatline_harness::config::ALERT_KEY;
use flatline_harness::deployment::Stream;
use flatline_harness::moto::Moto;
use flatline_harness::receiver::Receiver;
use serde_json::{Value, json};
use tokio::time::{Duration, interval};

use crate::stage::{LONG_MS, Schedule, Stage, config, sample};

const SENDER: &str = "flatline@example.com";

/// The subjects of all mails, as soon as there are so many.
async fn subjects(moto: &Moto, count: usize) -> anyhow::Result<Vec<String>> {
    let mut looks = interval(Duration::from_millis(200));
    let mut told = Vec::new();
    for _ in 0..LONG_MS / 200 {
        let data = moto.data().await?;
        let mails = data["ses"]["Message"].as_array().into_iter().flatten();
        let subject = |mail: &Value| mail["subject"].as_str().unwrap_or_default().to_owned();
        told = mails.map(subject).collect();
        if told.len() >= count {
            return Ok(told);
        }
        looks.tick().await;
    }
    anyhow::bail!("not {count} mails: {told:?}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_and_return_alerts_and_tests_come_by_mail() -> anyhow::Result<()> {
    let Some(moto) = Moto::start().await? else { return Ok(()) };
    let identity = json!({"EmailIdentity": SENDER});
    moto.post(("ses", "us-east-1"), "/v2/email/identities", "", &identity).await?;
    let receiver = Receiver::start().await?;
    let options = json!({
        "provider": "ses", "baseUrl": moto.url(), "from": SENDER, "to": ["ops@example.com"],
    });
    let config = config(&[("api", 4), ("other", 60)], &receiver)?.channel_json(json!({
        "type": "email", "name": "mail", "events": ["down", "up"], "config": options,
    }))?;
    let stage = Stage::on(config, receiver).await?;
    let stream = Stream::start(&stage.deployment, stage.notifier().await?);
    let checker = Schedule::start(stage.checker().await?, sample("checker-schedule"), 60);

    stage.beat("other").await?;
    let heart = stage.heart("api");
    stage.until("api", "up").await?;
    heart.stop().await?;
    stage.until("api", "down").await?;
    subjects(&moto, 1).await?;
    let heart = stage.heart("api");
    stage.until("api", "up").await?;
    subjects(&moto, 2).await?;
    stage.post_alert(&json!({"title": "Disk", "message": "full", "severity": "critical"})).await?;
    subjects(&moto, 3).await?;
    let test = json!({"channelType": "mail", "eventType": "down"});
    let (status, answer) = stage.post("/api/test-notification", ALERT_KEY, &test).await?;
    assert_eq!((status, &answer["success"]), (200, &json!(true)), "{answer}");
    let subjects = subjects(&moto, 4).await?;
    assert!(stage.get("/").await?.contains("api"));

    heart.stop().await?;
    checker.stop().await?;
    stream.end().await?;
    insta::assert_debug_snapshot!(subjects);
    assert!(stage.gateway.failures().is_empty());
    Ok(())
}
