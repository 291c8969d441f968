//! A service goes down and comes back.

use flatline_domain::Status;
use flatline_harness::deployment::Stream;
use serde_json::json;

use crate::stage::{LONG_MS, Schedule, Stage, sample};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_stops_and_comes_back_and_each_is_told_once() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 4), ("other", 60)]).await?;
    let (by_stream, by_schedule) = (stage.notifier().await?, stage.notifier().await?);
    let stream = Stream::start(&stage.deployment, by_stream);
    let timer = Schedule::start(by_schedule, sample("notifier-schedule"), 3);
    let checker = Schedule::start(stage.checker().await?, sample("checker-schedule"), 60);
    stage.beat("other").await?;

    let heart = stage.heart("api");
    stage.until("api", "up").await?;
    heart.stop().await?;
    let down = stage.receiver.wait_for(|it| it.json["event"] == "down", LONG_MS).await?;
    assert_eq!(stage.status("api").await?, "down");
    let page = stage.get("/").await?;
    assert!(page.contains("1 service down"), "{page}");
    assert!(stage.get("/health").await?.contains("\"running\""));

    stage.post_alert(&json!({"title": "Disk", "message": "full", "severity": "critical"})).await?;
    let heart = stage.heart("api");
    let up = stage.receiver.wait_for(|it| it.json["event"] == "up", LONG_MS).await?;
    stage.receiver.wait_for(|it| it.json["event"] == "alert", LONG_MS).await?;
    assert_eq!(stage.status("api").await?, "up");

    heart.stop().await?;
    checker.stop().await?;
    timer.stop().await?;
    let batches = stream.end().await?;
    assert_eq!(stage.waiting().await?, 0);
    let mut told = stage.told();
    told.sort();
    assert_eq!(told, ["alert Disk", "down api", "up api"]);
    assert!((1..=3).contains(&batches), "{batches}");
    assert!(stage.gateway.failures().is_empty());
    crate::privileges::assert_kept(&stage);

    let store = stage.deployment.store();
    assert!(store.sight_log().await?.last_proof.is_some(), "canaries were heard");
    let history = store.history("api").await?;
    let moves: Vec<_> = history.iter().map(|next| (next.from, next.to)).collect();
    let (unknown, went_down, came_back) =
        ((Status::Unknown, Status::Up), (Status::Up, Status::Down), (Status::Down, Status::Up));
    assert_eq!(moves, [unknown, went_down, came_back]);
    let late_ms = history[1].decided_at.since_ms(history[1].at);
    let told_ms =
        |it: &flatline_harness::receiver::Received, n: usize| it.at.since_ms(history[n].decided_at);
    println!("deadline to committed down {late_ms} ms, told {} ms later", told_ms(&down, 1));
    println!("committed up told after {} ms", told_ms(&up, 2));
    Ok(())
}
