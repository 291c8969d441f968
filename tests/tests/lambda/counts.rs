//! What each thing costs at the database, counted at the bridge: on Lambda, and in `flatline`.

use flatline_harness::bridge::{Bridge, Call, Totals};
use flatline_harness::config::KEY;
use flatline_harness::http_client;
use flatline_harness::process::FlatlineLaunch;
use flatline_harness::receiver::Receiver;
use serde_json::json;
use tokio::time::{Duration, interval};

use crate::stage::{LONG_MS, Stage, config, sample};

/// Windows of 300 s and more: nothing falls due during these tests.
const SERVICES: [(&str, u64); 3] = [("api", 300), ("db", 600), ("web", 3_600)];

/// The shards of a new table.
const SHARDS: u64 = 4;

/// Operation and keys of each call, sorted; a heartbeat's shard is left out.
fn lines(calls: &[Call]) -> Vec<String> {
    let line = |call: &Call| format!("{} {}", call.passing.operation, call.passing.keys.join(" "));
    let mut lines: Vec<_> = calls.iter().map(line).collect();
    lines.sort();
    lines
}

fn queries(partition: &str) -> Vec<String> {
    (0..SHARDS).map(|shard| format!("Query {partition}#{shard}")).collect()
}

/// Reads a page costs: each shard twice, the newest proof and tick, the holes.
fn assert_page(calls: &[Call]) {
    let told = lines(calls);
    let (holes, queried): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|line| line.starts_with("Query SYS/hole#"));
    assert_eq!(holes.len(), 1, "{holes:?}");
    let mut expected = vec!["GetItem SYS/canary".to_owned(), "GetItem SYS/tick".to_owned()];
    expected.extend(queries("D"));
    expected.extend(queries("S"));
    assert_eq!(queried, expected);
}

fn assert_heartbeat(calls: &[Call]) {
    let [call] = calls else { panic!("{:?}", lines(calls)) };
    assert_eq!(call.passing.operation, "UpdateItem");
    assert!(call.passing.keys.iter().all(|key| key.ends_with("/api")), "{:?}", lines(calls));
    let units = call.units;
    assert!((units.wru - 1.0).abs() < 1e-9 && units.rru == 0.0, "{units:?}");
}

/// A quiet tick: the sweep and its own mark; the canary's proof is ingest's.
fn assert_quiet_tick(calls: &[Call]) {
    let mut expected = queries("S");
    expected.push("UpdateItem SYS/canary".to_owned());
    expected.push("UpdateItem SYS/tick".to_owned());
    assert_eq!(lines(calls), expected);
    let units = calls.iter().collect::<Totals>().units;
    assert!((units.wru - 2.0).abs() < 1e-9, "{units:?}");
    assert!((units.rru - 0.5 * SHARDS as f64).abs() < 1e-9, "{units:?}");
}

fn print(what: &str, calls: &[Call]) {
    let totals: Totals = calls.iter().collect();
    let mut counted =
        totals.calls.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>();
    counted.sort();
    let (wru, rru) = (totals.units.wru, totals.units.rru);
    println!("{what}: {}; {wru:.3} WRU, {rru:.3} RRU", counted.join(", "));
}

/// The calls since the ledger was cleared.
fn counted(bridge: &Bridge, what: &str) -> Vec<Call> {
    let calls = bridge.gate().ledger().calls();
    print(what, &calls);
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_functions_cost_what_design_says() -> anyhow::Result<()> {
    let stage = Stage::with(&SERVICES).await?;
    let (bridge, tick) = (stage.deployment.bridge(), sample("checker-schedule"));
    let checker = stage.checker().await?;
    for (id, _) in SERVICES {
        stage.beat(id).await?;
    }
    checker.invoke(&tick).await?;
    // Not the page itself, which would be kept for a moment.
    stage.get("/health").await?;

    bridge.gate().ledger().clear();
    stage.beat("api").await?;
    assert_heartbeat(&counted(bridge, "heartbeat, ingest"));

    bridge.gate().ledger().clear();
    checker.invoke(&tick).await?;
    assert_quiet_tick(&counted(bridge, "quiet tick, checker, with its canary through ingest"));

    bridge.gate().ledger().clear();
    stage.get("/").await?;
    assert_page(&counted(bridge, "page, dashboard"));

    bridge.gate().ledger().clear();
    stage.get("/api/status").await?;
    assert_eq!(lines(&counted(bridge, "/api/status, dashboard")), queries("S"));
    Ok(())
}

/// Waits for the second tick, which comes a minute after the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flatline_costs_the_same() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let bridge = Bridge::start(flatline_embedded::Engine::memory()?).await?;
    let config = config(&SERVICES, &receiver)?;
    let flatline = FlatlineLaunch::with(config).endpoint_url(&bridge.url()).start().await?;
    for (id, _) in SERVICES {
        beat(&flatline.url(), id).await?;
    }
    let ledger = bridge.gate().ledger();
    until(&bridge, |call| {
        call.passing.keys == ["SYS/canary"] && call.passing.operation == "UpdateItem"
    })
    .await;

    ledger.clear();
    beat(&flatline.url(), "api").await?;
    let of_service = |call: &Call| call.passing.keys.iter().any(|key| key.ends_with("/api"));
    let calls = ledger.select(of_service);
    print("heartbeat, flatline", &calls);
    assert_heartbeat(&calls);

    ledger.clear();
    http_client().get(flatline.url()).send().await?.error_for_status()?;
    assert_page(&counted(&bridge, "page, flatline"));

    ledger.clear();
    until(&bridge, |call| call.passing.keys == ["SYS/canary"]).await;
    // Its notifier visits its channels each minute, quite apart from ticks.
    let calls = ledger.select(|call| !call.passing.keys.iter().any(|key| key.starts_with("Q#")));
    print("quiet tick, flatline, with its canary", &calls);
    assert_quiet_tick(&calls);
    Ok(())
}

async fn beat(url: &str, id: &str) -> anyhow::Result<()> {
    let request = http_client().post(format!("{url}/api/heartbeat")).bearer_auth(KEY);
    request.json(&json!({"serviceId": id})).send().await?.error_for_status()?;
    Ok(())
}

/// Waits for such a call.
async fn until(bridge: &Bridge, wanted: impl Fn(&Call) -> bool) {
    let mut looks = interval(Duration::from_millis(100));
    for _ in 0..2 * LONG_MS / 100 {
        if !bridge.gate().ledger().select(&wanted).is_empty() {
            return;
        }
        looks.tick().await;
    }
    panic!("no such call: {:?}", lines(&bridge.gate().ledger().calls()));
}
