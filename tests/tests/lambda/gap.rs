//! An outage that begins and ends while no checker runs.

use flatline_domain::{Reason, Status};
use flatline_harness::deployment::Stream;
use tokio::time::{Duration, interval};

use crate::stage::{LONG_MS, Schedule, Stage, sample};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_inside_a_pause_of_the_checker_is_told_afterwards() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 3), ("witness", 60)]).await?;
    let checker = Schedule::start(stage.checker().await?, sample("checker-schedule"), 60);
    stage.beat("api").await?;
    stage.until("api", "up").await?;
    let store = stage.deployment.store();
    while store.sight_log().await?.last_proof.is_none() {
        stage.beat("api").await?;
    }
    checker.stop().await?;

    stage.beat("api").await?;
    let silent_since = last_beat(&stage).await?;
    // What is heard of the witness proves that the silence of the other one is its own.
    let mut seconds = interval(Duration::from_secs(1));
    for _ in 0..6 {
        seconds.tick().await;
        stage.beat("witness").await?;
    }
    stage.beat("api").await?;
    let returned_at = last_beat(&stage).await?;
    assert_eq!(stage.status("api").await?, "up", "nobody has judged it yet");
    assert!(stage.told().is_empty());

    let stream = Stream::start(&stage.deployment, stage.notifier().await?);
    let checker = Schedule::start(stage.checker().await?, sample("checker-schedule"), 60);
    let heart = stage.heart("api");
    let down = stage.receiver.wait_for(|it| it.json["event"] == "down", LONG_MS).await?;
    let up = stage.receiver.wait_for(|it| it.json["event"] == "up", LONG_MS).await?;
    heart.stop().await?;
    checker.stop().await?;
    stream.end().await?;
    assert_eq!(stage.told(), ["down api", "up api"]);

    let history = store.history("api").await?;
    let [_, went, came] = history.as_slice() else { panic!("{history:?}") };
    assert_eq!((went.to, went.reason), (Status::Down, Reason::Silence));
    assert_eq!((came.to, came.reason), (Status::Up, Reason::Recovered));
    assert_eq!(went.at, silent_since.plus_ms(3_000), "down from the deadline on");
    assert_eq!(came.at, returned_at, "up from the return on");
    assert_eq!(went.decided_at, came.decided_at, "one transaction");
    let incidents = store.incidents("api", silent_since).await?;
    let spans: Vec<_> = incidents.iter().map(|it| (it.start, it.end)).collect();
    assert_eq!(spans, [(went.at, Some(came.at))]);
    let down_s = came.at.since_ms(went.at) / 1_000;
    assert_eq!((&down.json["version"], &up.json["downSeconds"]), (&2.into(), &down_s.into()));
    Ok(())
}

async fn last_beat(stage: &Stage) -> anyhow::Result<flatline_domain::UnixMs> {
    let record = stage.deployment.store().service("api").await?;
    Ok(record.and_then(|record| record.last_beat).expect("it has just been stored"))
}
