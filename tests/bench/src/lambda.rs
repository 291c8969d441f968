//! The five functions as `sam build` left them, under the Runtime API: what they weigh, what a cold start
//! and a heartbeat cost, and how late silence is told when a schedule rings once a minute.

mod silence;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::deployment::Deployment;
use flatline_harness::process::Profile;
use flatline_harness::runtime_api::LambdaProcess;
use serde_json::Value;

use crate::figures::{Figures, Target};
use crate::numbers::Numbers;

const FUNCTIONS: [&str; 5] = ["ingest", "alert", "dashboard", "checker", "notifier"];

/// Cold starts of each function.
const STARTS: usize = 20;
/// Heartbeats before the measured ones.
const WARM: usize = 1_000;
const HEARTBEATS: usize = 20_000;

/// A process is waited for so long, in ms.
const PATIENCE_MS: u64 = 60_000;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Measures.
pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    weigh(figures)?;
    let config = ConfigDir::new()?.service("api", 3_600)?.hook("http://127.0.0.1:9/")?;
    let deployment = Deployment::of(config).await?.built_as(Profile::Sam);
    deployment.bridge().gate().ledger().totals_only();
    for name in FUNCTIONS {
        start(&deployment, name, figures).await?;
    }
    beat(&deployment, figures).await?;
    silence::measure(figures).await
}

/// The archives as `sam deploy` uploads them.
fn weigh(figures: &mut Figures) -> anyhow::Result<()> {
    let root = Path::new(ROOT);
    let folders = FUNCTIONS.map(|name| {
        let (first, rest) = name.split_at(1);
        root.join("target/sam/x86_64").join(first.to_uppercase() + rest)
    });
    let output = Command::new(root.join("target/tools/sam/bin/python"))
        .arg(root.join("tests/tests/sam/weigh.py"))
        .args(folders)
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "`cargo xtask test sam` builds first: {told}");
    let zips: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout)?;
    for (name, zip) in zips {
        let mb = zip["bytes"].as_f64().unwrap_or(f64::NAN) / 1e6;
        figures.add(&format!("lambda: {name} zipped"), "MB", Target::AtMost(4.0), mb);
    }
    Ok(())
}

/// From exec to the first poll: the configuration read, the table opened.
async fn start(deployment: &Deployment, name: &str, figures: &mut Figures) -> anyhow::Result<()> {
    let (mut cpu_ms, mut rss_mb) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let more = [("FLATLINE_CANARY_URL", "http://127.0.0.1:9")];
        let function = deployment.function(name, &more).await?;
        let process = function.ready(PATIENCE_MS).await?;
        let process = process.as_ref().ok_or_else(|| anyhow::anyhow!("no process"))?;
        cpu_ms.push(process.cpu_us()? as f64 / 1e3);
        rss_mb.push(process.rss_kib()? as f64 / 1_024.0);
    }
    let (cpu_ms, rss_mb): (Numbers, Numbers) =
        (cpu_ms.into_iter().collect(), rss_mb.into_iter().collect());
    let what = format!("lambda: {name}, exec to first poll, CPU");
    figures.add(&format!("{what} p50"), "ms", Target::AtMost(10.0), cpu_ms.percentile(50.0));
    figures.add(&format!("{what} max"), "ms", Target::None, cpu_ms.most());
    figures.add(&format!("lambda: {name}, RSS then"), "MB", Target::AtMost(20.0), rss_mb.most());
    Ok(())
}

/// One heartbeat after the other, as Lambda hands them out.
async fn beat(deployment: &Deployment, figures: &mut Figures) -> anyhow::Result<()> {
    let ingest = deployment.function("ingest", &[]).await?;
    let text = std::fs::read_to_string(Path::new(ROOT).join("events/ingest-heartbeat.json"))?;
    let mut event: Value = serde_json::from_str(&text)?;
    event["headers"]["authorization"] = format!("Bearer {KEY}").into();
    event["body"] = r#"{"serviceId":"api"}"#.into();
    send(&ingest, &event, WARM).await?;
    let (before_ms, _) = used(&ingest).await?;
    let calls = deployment.bridge().gate().ledger().totals().all();
    send(&ingest, &event, HEARTBEATS).await?;
    let (after_ms, rss_mb) = used(&ingest).await?;
    let calls = deployment.bridge().gate().ledger().totals().all() - calls;
    let each = |sum: f64| sum / HEARTBEATS as f64;
    let cpu_ms = each((after_ms - before_ms) as f64);
    figures.add("lambda: CPU per heartbeat", "ms", Target::AtMost(0.4), cpu_ms);
    figures.add("lambda: calls per heartbeat", "", Target::AtMost(1.0), each(calls as f64));
    figures.add("lambda: ingest, RSS after them", "MB", Target::AtMost(20.0), rss_mb);
    Ok(())
}

async fn send(ingest: &LambdaProcess, event: &Value, count: usize) -> anyhow::Result<()> {
    for _ in 0..count {
        let answer = ingest.invoke(event).await?;
        anyhow::ensure!(answer["statusCode"] == 200, "{answer}");
    }
    Ok(())
}

/// CPU so far in ms, and resident memory in MB.
async fn used(function: &LambdaProcess) -> anyhow::Result<(u64, f64)> {
    let process = function.ready(PATIENCE_MS).await?;
    let process = process.as_ref().ok_or_else(|| anyhow::anyhow!("no process"))?;
    Ok((process.cpu_ms()?, process.rss_kib()? as f64 / 1_024.0))
}
