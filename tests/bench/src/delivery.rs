//! A full outbox and a fast receiver: how fast one channel is served, and whether memory stays flat.

use std::collections::BTreeSet;
use std::path::Path;

use flatline_domain::UnixMs;
use flatline_embedded::{Engine, Execution};
use flatline_harness::config::ConfigDir;
use flatline_harness::process::{Flatline, FlatlineLaunch};
use flatline_harness::receiver::Receiver;
use flatline_shared::clock::{SharedClock, SystemClock};
use flatline_shared::store::{ExternalAlert, IfMissing, Store, alert_key};

use crate::figures::{Figures, Target};

const ROWS: usize = 1_000;

/// The channel of the harness's configuration.
const CHANNEL: &str = "hook";

/// Messages are waited for so long, in ms.
const PATIENCE_MS: u64 = 120_000;

/// Measures.
pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let clock = SystemClock::shared();
    let receiver = Receiver::start().await?;
    let config = ConfigDir::new()?.service("api", 7_200)?.hook(&receiver.url())?;
    config.write()?;
    let home = tempfile::tempdir()?;
    fill(home.path(), &clock).await?;
    let mut flatline = FlatlineLaunch::with(config).release().data(home.path()).start().await?;
    receiver.wait_for_count(ROWS / 10, PATIENCE_MS).await?;
    let early_mb = mb(&flatline)?;
    receiver.wait_for_count(ROWS, PATIENCE_MS).await?;
    let late_mb = mb(&flatline)?;
    flatline.kill()?;
    let moments: Vec<UnixMs> = receiver.received().iter().map(|it| it.at).collect();
    let first = moments.iter().min().copied().unwrap_or_default();
    let last = moments.iter().max().copied().unwrap_or_default();
    let rate = (ROWS - 1) as f64 * 1_000.0 / last.since_ms(first).max(1) as f64;
    figures.add("messages to one fast receiver, 1,000 waiting", "/s", Target::AtLeast(200.0), rate);
    figures.add("RSS meanwhile, growth", "MB", Target::AtMost(5.0), late_mb - early_mb);
    let titles: BTreeSet<String> =
        receiver.received().iter().map(|it| it.json["title"].to_string()).collect();
    let (came, different) = (moments.len(), titles.len());
    anyhow::ensure!(came == ROWS && different == ROWS, "{came} messages of {different} alerts");
    Ok(())
}

/// A database in which so many alerts wait, each in a lane of its own.
async fn fill(data: &Path, clock: &SharedClock) -> anyhow::Result<()> {
    let engine = Engine::open(&data.join("flatline.db"))?;
    let client = engine.client(Execution::Inline);
    let store = Store::open(client, "flatline", clock.clone(), IfMissing::Create).await?;
    for number in 0..ROWS {
        store.store_alert(&alert(number, clock.now())).await?;
    }
    Ok(())
}

fn alert(number: usize, now: UnixMs) -> ExternalAlert {
    let name = format!("alert {number}");
    let source = "bench".to_owned();
    ExternalAlert {
        key: alert_key(&source, &name),
        id: format!("{number}"),
        at: now,
        began_at: now,
        severity: "critical".to_owned(),
        source,
        title: name,
        message: "The disk is full".to_owned(),
        channels: vec![CHANNEL.to_owned()],
        feed_days: 7,
        ..ExternalAlert::default()
    }
}

fn mb(flatline: &Flatline) -> anyhow::Result<f64> {
    Ok(flatline.rss_kib()? as f64 / 1_024.0)
}
