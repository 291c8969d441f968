//! Services that fall silent while the checker is rung once a minute, in real time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use flatline_domain::UnixMs;
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::deployment::{Deployment, Stream};
use flatline_harness::dice::Dice;
use flatline_harness::process::{Process, Profile};
use flatline_harness::receiver::{Received, Receiver};
use flatline_harness::runtime_api::{Gateway, LambdaProcess};
use flatline_shared::clock::{SharedClock, SystemClock};
use flatline_shared::render::time::parse_rfc3339;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::detection::{Times, committed};
use crate::figures::Figures;
use crate::heartbeats::ids;

use super::{PATIENCE_MS, ROOT};

const SERVICES: usize = 300;

/// Windows in s, so that deadlines fall before, at and after the turns of three minutes.
const WINDOWS_S: std::ops::Range<u64> = 20..190;

const MINUTE_MS: i64 = 60_000;

/// The last message is waited for so long after the last deadline, in ms.
const LATE_MS: i64 = 20_000;

/// Measures.
pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let clock = SystemClock::shared();
    let receiver = Receiver::start().await?;
    let windows_s = windows();
    let mut config = ConfigDir::new()?.hook(&receiver.url())?;
    let service = |(id, window_s): (&String, &u64)| json!({"id": id, "name": id, "stalenessThreshold": window_s});
    config.services_mut()["services"] = windows_s.iter().map(service).collect();
    config.write()?;
    let deployment = Deployment::of(config).await?.built_as(Profile::Sam);
    deployment.bridge().gate().ledger().totals_only();
    let ingest = deployment.function("ingest", &[]).await?;
    let gateway = Gateway::start([("/", ingest)]).await?;
    let url = gateway.url();
    let canary = [("FLATLINE_CANARY_URL", url.as_str())];
    // A run lasts until it sees the next one, so two take turns.
    let checkers = [
        deployment.function("checker", &canary).await?,
        deployment.function("checker", &canary).await?,
    ];
    let stream = Stream::start(&deployment, deployment.function("notifier", &[]).await?);
    let second = deployment.function("notifier", &[]).await?;
    let rings = [
        ring(&clock, checkers.to_vec(), event("checker-schedule")?),
        ring(&clock, vec![second], event("notifier-schedule")?),
    ];
    let last_beats = beat(&url, &windows_s, &clock).await?;
    let end = clock.now().plus_ms(WINDOWS_S.end as i64 * 1_000 + LATE_MS);
    let is_down = |message: &Received| message.json["event"] == "down";
    let count = || receiver.received().iter().filter(|it| is_down(it)).count();
    while count() < SERVICES && clock.now() < end {
        clock.sleep(200).await;
    }
    for ring in rings {
        ring.abort();
    }
    stream.end().await?;
    let mut log = String::new();
    for checker in &checkers {
        let process = checker.ready(PATIENCE_MS).await?;
        log += &process.as_ref().map(Process::stderr).unwrap_or_default();
    }
    let committed = committed(&log);
    let messages = receiver.received();
    let mut times = Times::default();
    for (id, last_beat) in &last_beats {
        let history = deployment.store().history(id).await?;
        let told = messages.iter().find(|it| it.json["service"]["id"] == **id && is_down(it));
        let deadline = last_beat.plus_ms(windows_s[id] as i64 * 1_000);
        times.add(&history, deadline, committed.get(id), told.map(|it| it.at));
    }
    times.report("lambda, rung once a minute", figures)
}

/// Each service with its window.
fn windows() -> BTreeMap<String, u64> {
    let mut dice = Dice::new(7);
    let window_s = |id| (id, dice.between(WINDOWS_S.start, WINDOWS_S.end));
    ids(SERVICES).into_iter().map(window_s).collect()
}

/// One heartbeat each, within a few seconds; when it was stored.
async fn beat(
    url: &str,
    windows_s: &BTreeMap<String, u64>,
    clock: &SharedClock,
) -> anyhow::Result<BTreeMap<String, UnixMs>> {
    let client = flatline_harness::http_client();
    let mut last_beats = BTreeMap::new();
    for id in windows_s.keys() {
        let request = client.post(format!("{url}/api/heartbeat")).bearer_auth(KEY);
        let answer = request.json(&json!({"serviceId": id})).send().await?.error_for_status()?;
        let answer: Value = answer.json().await?;
        let stored = answer["timestamp"].as_str().and_then(parse_rfc3339);
        last_beats.insert(id.clone(), stored.ok_or_else(|| anyhow::anyhow!("{answer}"))?);
        // So that deadlines fall everywhere within a second.
        clock.sleep(7).await;
    }
    Ok(last_beats)
}

/// Rings these in turn, once a minute, as the schedule does: whether the one before has ended or not.
fn ring(clock: &SharedClock, functions: Vec<Arc<LambdaProcess>>, event: Value) -> JoinHandle<()> {
    let clock = clock.clone();
    tokio::spawn(async move {
        let mut running = tokio::task::JoinSet::new();
        for function in functions.iter().cycle() {
            let (function, event) = (function.clone(), event.clone());
            running.spawn(async move { function.invoke(&event).await });
            clock.sleep(MINUTE_MS).await;
        }
    })
}

fn event(name: &str) -> anyhow::Result<Value> {
    let path = Path::new(ROOT).join("events").join(format!("{name}.json"));
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}
