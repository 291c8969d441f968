//! 10,000 services: starting, sitting still, memory.

use flatline_harness::process::{Flatline, FlatlineLaunch};
use flatline_shared::clock::{SharedClock, SystemClock};

use crate::figures::{Figures, Target};
use crate::heartbeats::{config, ids, send_all};

const SERVICES: usize = 10_000;

/// A tick begins each minute after the start; these bracket the second one, in ms.
const BEFORE_TICK_MS: i64 = 55_000;
const AFTER_TICK_MS: i64 = 67_000;

/// Measures.
pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let clock = SystemClock::shared();
    let ids = ids(SERVICES);
    // A window with which a tick may end early: nothing falls due.
    let launch = FlatlineLaunch::with(config(&ids, 7_200)?).release();
    let began_ms = clock.monotonic_ms();
    let mut flatline = launch.start().await?;
    let took_ms = (clock.monotonic_ms() - began_ms) as f64;
    figures.add("first start with 10,000 services, to listening", "ms", Target::None, took_ms);
    let sent = send_all(&flatline, &ids, SERVICES / 16, &clock).await?;
    figures.add("first heartbeats, each commits a transition", "/s", Target::None, sent.rate());
    figures.add(
        "RSS, 10,000 services, all just heard",
        "MB",
        Target::AtMost(150.0),
        mb(&flatline)?,
    );

    flatline.kill()?;
    let began_ms = clock.monotonic_ms();
    flatline.restart().await?;
    let took_ms = (clock.monotonic_ms() - began_ms) as f64;
    figures.add("next start, to listening", "ms", Target::None, took_ms);
    sleep_until(&clock, began_ms + BEFORE_TICK_MS).await;
    let start_cpu_ms = flatline.cpu_ms()?;
    figures.add("CPU of a start and its first tick", "ms", Target::None, start_cpu_ms as f64);
    sleep_until(&clock, began_ms + AFTER_TICK_MS).await;
    let tick_cpu_ms = (flatline.cpu_ms()? - start_cpu_ms) as f64;
    figures.add("CPU of a quiet tick", "ms", Target::None, tick_cpu_ms);
    figures.add("RSS, 10,000 services, quiet", "MB", Target::AtMost(150.0), mb(&flatline)?);
    Ok(())
}

fn mb(flatline: &Flatline) -> anyhow::Result<f64> {
    Ok(flatline.rss_kib()? as f64 / 1_024.0)
}

async fn sleep_until(clock: &SharedClock, monotonic_ms: i64) {
    clock.sleep(monotonic_ms - clock.monotonic_ms()).await;
}
