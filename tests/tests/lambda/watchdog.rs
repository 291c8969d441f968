//! The watchdog hears of complete ticks, and of no others.

use flatline_harness::process::Process;
use flatline_harness::receiver::Receiver;
use tokio::time::{Duration, timeout};

use crate::stage::{Stage, sample};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watchdog_is_told_of_a_complete_tick_only() -> anyhow::Result<()> {
    let stage = Stage::with(&[("api", 600)]).await?;
    let watchdog = Receiver::start().await?;
    let url = format!("{}/secret-of-the-watchdog", watchdog.url());
    let tell = ("FLATLINE_WATCHDOG_PING_URL", url.as_str());

    let deaf = [tell, ("FLATLINE_CANARY_URL", "http://127.0.0.1:9")];
    let deaf = stage.deployment.function("checker", &deaf).await?;
    let event = sample("checker-schedule");
    let tick = deaf.invoke(&event);
    assert!(timeout(Duration::from_secs(8), tick).await.is_err(), "it goes on until it can hear");
    drop(deaf);
    assert!(watchdog.received().is_empty());

    let gateway = stage.gateway.url();
    let hearing = [tell, ("FLATLINE_CANARY_URL", gateway.as_str())];
    let hearing = stage.deployment.function("checker", &hearing).await?;
    hearing.invoke(&event).await?;
    let told = watchdog.received();
    let [ping] = &told[..] else { panic!("{} pings", told.len()) };
    assert!(ping.path.ends_with("/secret-of-the-watchdog"), "{}", ping.path);
    let process = hearing.ready(crate::stage::LONG_MS).await?;
    let log = process.as_ref().map(Process::output).unwrap_or_default();
    assert!(!log.contains("secret-of-the-watchdog"), "{log}");
    Ok(())
}
