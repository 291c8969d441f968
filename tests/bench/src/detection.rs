//! From silence to somebody who knows: 200 services with windows of 3 s that stop.

use std::collections::BTreeMap;

use flatline_domain::{Reason, Transition, UnixMs};
use flatline_embedded::{Engine, Execution};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::dice::Dice;
use flatline_harness::process::FlatlineLaunch;
use flatline_harness::receiver::{Received, Receiver};
use flatline_shared::clock::{SharedClock, SystemClock};
use flatline_shared::render::time::parse_rfc3339;
use flatline_shared::store::{IfMissing, Store};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::figures::{Figures, Target};
use crate::heartbeats::ids;
use crate::numbers::Numbers;

const SERVICES: usize = 200;
const WINDOW_MS: i64 = 3_000;

/// Heartbeats before the first service stops, in ms.
const WARM_MS: u64 = 10_000;

/// The last message is waited for so long, in ms; what comes later is missing.
const PATIENCE_MS: u64 = 60_000;

/// A silence is never decided sooner after the deadline, in ms.
const SLACK_MS: f64 = 500.0;

/// Measures: deadlines spread over 20 s, then all within one.
pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    run("10/s", 20_000, figures).await?;
    run("200 in 1 s", 0, figures).await
}

async fn run(name: &str, spread_ms: u64, figures: &mut Figures) -> anyhow::Result<()> {
    let clock = SystemClock::shared();
    let receiver = Receiver::start().await?;
    let mut config = ConfigDir::new()?.hook(&receiver.url())?;
    let service = |id| json!({"id": id, "name": id, "stalenessThreshold": WINDOW_MS / 1_000});
    config.services_mut()["services"] = ids(SERVICES).iter().map(service).collect();
    config.write()?;
    let launch = FlatlineLaunch::with(config).release().arg("--log-format").arg("json");
    let mut flatline = launch.start().await?;
    let last_beats = beat_and_stop(&flatline.url(), spread_ms, &clock).await?;
    let is_down = |message: &Received| message.json["event"] == "down";
    // What is missing by then is told below.
    let until = clock.now().plus_ms(PATIENCE_MS as i64);
    while receiver.received().iter().filter(|it| is_down(it)).count() < SERVICES
        && clock.now() < until
    {
        clock.sleep(100).await;
    }
    flatline.signal("TERM")?;
    flatline.wait(PATIENCE_MS).await?;
    let committed = committed(&flatline.stderr());
    let engine = Engine::open(&flatline.data().join("flatline.db"))?;
    let store =
        Store::open(engine.client(Execution::Inline), "flatline", clock, IfMissing::Refuse).await?;
    let mut times = Times::default();
    for (id, last_beat) in &last_beats {
        let history = store.history(id).await?;
        let messages = receiver.received();
        let told = messages.iter().find(|it| it.json["service"]["id"] == **id && is_down(it));
        times.add(&history, last_beat.plus_ms(WINDOW_MS), committed.get(id), told.map(|it| it.at));
    }
    times.report(name, figures)
}

/// Each service beats each second and stops; its last acknowledged heartbeat.
async fn beat_and_stop(
    url: &str,
    spread_ms: u64,
    clock: &SharedClock,
) -> anyhow::Result<BTreeMap<String, UnixMs>> {
    let client = flatline_harness::http_client();
    let dice = Dice::new(1);
    let began = clock.now();
    let mut beating = JoinSet::new();
    for (n, id) in (0..).zip(ids(SERVICES)) {
        let (clock, mut dice) = (clock.clone(), dice.fork(n));
        let request = client.post(format!("{url}/api/heartbeat")).bearer_auth(KEY);
        let request = request.json(&json!({"serviceId": id}));
        beating.spawn(async move {
            let stop = began.plus_ms((WARM_MS + dice.between(0, spread_ms + 1)) as i64);
            clock.sleep(dice.between(0, 1_000) as i64).await;
            let mut last = None;
            while clock.now() < stop {
                let again = request.try_clone().ok_or_else(|| anyhow::anyhow!("a stream"))?;
                let answer: Value = again.send().await?.error_for_status()?.json().await?;
                last = answer["timestamp"].as_str().and_then(parse_rfc3339).or(last);
                clock.sleep(1_000).await;
            }
            Ok::<_, anyhow::Error>((id, last.ok_or_else(|| anyhow::anyhow!("never beat"))?))
        });
    }
    let mut last_beats = BTreeMap::new();
    while let Some(stopped) = beating.join_next().await {
        let (id, last) = stopped??;
        last_beats.insert(id, last);
    }
    Ok(last_beats)
}

/// When each service's `down` was durable, by the log.
pub fn committed(log: &str) -> BTreeMap<String, UnixMs> {
    let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events
        .filter(|event| event["message"] == "transition" && event["to"] == "down")
        .filter_map(|event| {
            let at = parse_rfc3339(event["timestamp"].as_str()?)?;
            Some((event["service"].as_str()?.to_owned(), at))
        })
        .collect()
}

/// ms after each deadline.
#[derive(Default)]
pub struct Times {
    decided: Vec<f64>,
    committed: Vec<f64>,
    accepted: Vec<f64>,
    told: Vec<f64>,
    wrong: Vec<String>,
}

impl Times {
    /// One service with its history and the instants of its `down`.
    pub fn add(
        &mut self,
        history: &[Transition],
        deadline: UnixMs,
        committed: Option<&UnixMs>,
        accepted: Option<UnixMs>,
    ) {
        let downs: Vec<_> = history.iter().filter(|it| it.reason == Reason::Silence).collect();
        let ([down], Some(committed), Some(accepted)) = (&downs[..], committed, accepted) else {
            self.wrong.push(format!("{history:?} {committed:?} {accepted:?}"));
            return;
        };
        let late = |at: UnixMs| at.since_ms(deadline) as f64;
        self.decided.push(late(down.decided_at));
        self.committed.push(late(*committed));
        self.accepted.push(late(accepted));
        self.told.push(accepted.since_ms(*committed) as f64);
    }

    /// Percentiles; an alarm before its time, and a service without exactly one `down`, are errors.
    pub fn report(self, name: &str, figures: &mut Figures) -> anyhow::Result<()> {
        let decided: Numbers = self.decided.into_iter().collect();
        let rows = [
            ("committed", self.committed, [1_000.0, 2_000.0]),
            ("accepted", self.accepted, [f64::NAN, 4_000.0]),
            ("commit to accepted", self.told, [f64::NAN, 2_000.0]),
        ];
        figures.add(
            &format!("{name}: earliest decision"),
            "ms",
            Target::AtLeast(SLACK_MS),
            decided.least(),
        );
        for (what, measured, [p50, p99]) in rows {
            let numbers: Numbers = measured.into_iter().collect();
            let target =
                |most: f64| if most.is_nan() { Target::None } else { Target::AtMost(most) };
            let mut add = |part: &str, target, measured| {
                figures.add(&format!("{name}: {what} {part}"), "ms", target, measured);
            };
            add("p50", target(p50), numbers.percentile(50.0));
            add("p99", target(p99), numbers.percentile(99.0));
            add("max", Target::None, numbers.most());
        }
        anyhow::ensure!(decided.least() >= SLACK_MS, "{name}: an alarm before its time");
        anyhow::ensure!(self.wrong.is_empty(), "{name}: not one down each: {:#?}", self.wrong);
        Ok(())
    }
}
