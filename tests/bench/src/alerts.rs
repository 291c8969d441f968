//! Alerts per second, each durable before its answer: stored only, and with one webhook routed and told.

use flatline_harness::config::{ALERT_KEY, ConfigDir};
use flatline_harness::process::{Flatline, FlatlineLaunch};
use flatline_harness::receiver::Receiver;
use flatline_shared::clock::{SharedClock, SystemClock};
use serde_json::json;

use crate::figures::{Figures, Target};
use crate::sender::{Request, Sent, send};

const CONNECTIONS: usize = 16;
/// Alerts in each turn, each of a key of its own.
const ALERTS: usize = 3_200;
/// Turns: the best counts, because a shared machine is not equally fast all the time.
const TURNS: usize = 3;
/// Messages are waited for so long, in ms.
const PATIENCE_MS: u64 = 300_000;

/// Measures.
pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    stored(figures).await?;
    routed(figures).await
}

/// Nobody is told.
async fn stored(figures: &mut Figures) -> anyhow::Result<()> {
    let config = ConfigDir::new()?.service("api", 7_200)?;
    let flatline = FlatlineLaunch::with(config).release().start().await?;
    let clock = SystemClock::shared();
    let mut best: Option<Sent> = None;
    for turn in 0..TURNS {
        let sent = post(&flatline, turn, &clock).await?;
        if best.as_ref().is_none_or(|before| before.rate() < sent.rate()) {
            best = Some(sent);
        }
    }
    let sent = best.ok_or_else(|| anyhow::anyhow!("no turn was measured"))?;
    figures.add("alerts stored only, 16 connections", "/s", Target::AtLeast(600.0), sent.rate());
    let p99_ms = sent.latency_ms.percentile(99.0);
    figures.add("alert stored only p99", "ms", Target::AtMost(100.0), p99_ms);
    Ok(())
}

/// One webhook is told of each: from the first request to the last message.
async fn routed(figures: &mut Figures) -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let config = ConfigDir::new()?.service("api", 7_200)?.hook(&receiver.url())?;
    let flatline = FlatlineLaunch::with(config).release().start().await?;
    let clock = SystemClock::shared();
    let began = clock.now();
    let sent = post(&flatline, 0, &clock).await?;
    receiver.wait_for_count(ALERTS, PATIENCE_MS).await?;
    let messages = receiver.received();
    let last = messages.iter().map(|it| it.at).max().unwrap_or(began);
    let told_rate = ALERTS as f64 * 1_000.0 / last.since_ms(began).max(1) as f64;
    figures.add("alerts with a webhook, 16 connections", "/s", Target::AtLeast(300.0), sent.rate());
    let p99_ms = sent.latency_ms.percentile(99.0);
    figures.add("alert with a webhook p99", "ms", Target::AtMost(100.0), p99_ms);
    figures.add("alerts accepted by the webhook, all told", "/s", Target::None, told_rate);
    let told = messages.len();
    anyhow::ensure!(told == ALERTS, "{told} messages of {ALERTS} alerts");
    Ok(())
}

/// New alerts by [`CONNECTIONS`] connections.
async fn post(flatline: &Flatline, turn: usize, clock: &SharedClock) -> anyhow::Result<Sent> {
    let (port, clock) = (flatline.port(), clock.clone());
    let request = |n: usize| Request {
        path: "/api/alert",
        key: ALERT_KEY,
        body: json!({
            "title": format!("Disk of host-{n} is full"), "message": "/var has 2 % left",
            "severity": "critical", "source": "bench", "dedup_key": format!("{turn}-{n}"),
            "labels": {"host": format!("host-{n}"), "mount": "/var"},
        })
        .to_string(),
    };
    let requests: Vec<Request> = (0..ALERTS).map(request).collect();
    let each = ALERTS / CONNECTIONS;
    let sending =
        tokio::task::spawn_blocking(move || send(port, &requests, CONNECTIONS, each, &clock));
    Ok(sending.await??)
}
