//! The page: what it weighs and what it costs, over seeded services: 5 % are not up, 2 % of the days of
//! the retention were not wholly up.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use flatline_domain::{
    Day, DayTotals, Days, Membership, Reason, ServiceRoute, ServiceSpec, Status, Transition, UnixMs,
};
use flatline_embedded::{Engine, Execution};
use flatline_harness::config::KEY;
use flatline_harness::dice::Dice;
use flatline_harness::http_client;
use flatline_harness::process::{Flatline, FlatlineLaunch};
use flatline_shared::clock::{SharedClock, SystemClock};
use flatline_shared::store::{Beat, Commit, IfMissing, Store};
use serde_json::json;

use crate::figures::{Figures, Target};
use crate::heartbeats::{config, ids};

const DAY_MS: i64 = 86_400_000;
const WINDOW_MS: i64 = 7_200_000;

/// Longer than a reading is kept.
const FORGOTTEN_MS: i64 = 2_100;

/// Views of which the cheapest counts: what was in its way is not its own.
const VIEWS: usize = 5;

/// Measures.
pub async fn measure(figures: &mut Figures) -> Result<()> {
    let clock = SystemClock::shared();
    for (services, limit_kib) in [(10, 16.0), (100, 25.0), (10_000, 160.0)] {
        let folder = tempfile::tempdir()?;
        let flatline = seeded(&folder.path().join("data"), services, &clock).await?;
        weigh(figures, &flatline, services, limit_kib).await?;
        if services == 10_000 {
            time(figures, &flatline, &clock).await?;
        }
    }
    Ok(())
}

/// A release build on so many services with a past.
pub async fn seeded(data: &Path, services: usize, clock: &SharedClock) -> Result<Flatline> {
    let ids = ids(services);
    seed(data, &ids, clock).await?;
    let config = config(&ids, WINDOW_MS as u64 / 1_000)?;
    let flatline = FlatlineLaunch::with(config).data(data).release().start().await?;
    trouble(&flatline, &ids).await?;
    Ok(flatline)
}

/// Services that are up since they were configured 200 days ago, but for their bad days.
async fn seed(data: &Path, ids: &[String], clock: &SharedClock) -> Result<()> {
    std::fs::create_dir_all(data)?;
    let engine = Engine::open(&data.join("flatline.db"))?;
    let client = engine.client(Execution::Inline);
    let store = Store::open(client, "flatline", clock.clone(), IfMissing::Create).await?;
    let mut dice = Dice::new(6);
    for id in ids {
        let now = clock.now();
        begin(&store, id, now).await?;
        store.import_days(id, &bad_days(now, &mut dice), 120).await?;
    }
    Ok(())
}

async fn begin(store: &Store, id: &str, now: UnixMs) -> Result<()> {
    let spec = ServiceSpec {
        id: id.to_owned(),
        name: id.to_owned(),
        membership: Membership::Active,
        window_ms: WINDOW_MS,
        first_window_ms: None,
        route: ServiceRoute::default(),
    };
    let created = now.plus_ms(-200 * DAY_MS);
    store.create_service(&spec, created).await?;
    let beat = Beat { id, at: now, window_ms: WINDOW_MS, stated: Some(Status::Up) };
    let before = store.beat(&beat).await?.after;
    let one = Transition {
        version: before.version + 1,
        from: before.status,
        to: Status::Up,
        since: created,
        at: created,
        decided_at: now,
        reason: Reason::FirstHeartbeat,
    };
    let commit = Commit {
        before: &before,
        transitions: &[one],
        service_name: id,
        outbox: Vec::new(),
        muted: false,
        retention_days: 120,
        feed_days: 7,
        wake: UnixMs::NEVER,
    };
    store.commit(&commit).await?;
    Ok(())
}

fn bad_days(now: UnixMs, dice: &mut Dice) -> Days {
    let mut days = Days::new();
    for ago in 1..120 {
        if dice.one_in(50) {
            let down_ms = dice.between(1, 20_000_000) as i64;
            let totals = DayTotals { down_ms, imported: true, ..DayTotals::default() };
            days.insert(Day(now.day().0 - ago), totals);
        }
    }
    days
}

/// One service in twenty says that it is down or degraded.
async fn trouble(flatline: &Flatline, ids: &[String]) -> Result<()> {
    let bad = ids.iter().step_by(20).enumerate();
    let status = |n: usize| if n.is_multiple_of(2) { "down" } else { "degraded" };
    let entries: Vec<_> =
        bad.map(|(n, id)| json!({"serviceId": id, "status": status(n)})).collect();
    let request = http_client().post(format!("{}/api/heartbeat", flatline.url()));
    let answer = request.bearer_auth(KEY).json(&json!({ "services": entries })).send().await?;
    ensure!(answer.status().is_success(), "{}", answer.text().await?);
    Ok(())
}

async fn get(flatline: &Flatline, path: &str, encoding: &str) -> Result<Vec<u8>> {
    let request = http_client().get(format!("{}{path}", flatline.url()));
    let answer = request.header("accept-encoding", encoding).send().await?.error_for_status()?;
    Ok(answer.bytes().await?.to_vec())
}

async fn weigh(
    figures: &mut Figures,
    flatline: &Flatline,
    services: usize,
    limit_kib: f64,
) -> Result<()> {
    let html = String::from_utf8(get(flatline, "/", "identity").await?)?;
    let (_, script) = html.split_once("<script type=\"module\" src=\"./").context("the module")?;
    let (script, _) = script.split_once('"').context("its address")?;
    let page = get(flatline, "/", "gzip").await?.len();
    let script = get(flatline, &format!("/{script}"), "gzip").await?.len();
    let what = format!("page of {services} services, gzip, with its module");
    figures.add(&what, "KiB", Target::AtMost(limit_kib), (page + script) as f64 / 1_024.0);
    let elements = html.matches('<').count() - html.matches("</").count();
    let target = if services == 10_000 { Target::AtMost(60_000.0) } else { Target::None };
    figures.add(&format!("elements on it, {services} services"), "", target, elements as f64);
    Ok(())
}

/// What a view costs: of a kept reading without and with gzip, and with a reading of its own.
async fn time(figures: &mut Figures, flatline: &Flatline, clock: &SharedClock) -> Result<()> {
    for (what, encoding, pause_ms, target) in [
        ("CPU to render 10,000 services", "identity", 0, Target::AtMost(150.0)),
        ("the same with gzip", "gzip", 0, Target::None),
        ("the same with a reading of its own", "gzip", FORGOTTEN_MS, Target::None),
    ] {
        let mut cheapest_ms = f64::INFINITY;
        for _ in 0..VIEWS {
            // So that what is measured finds a reading, or certainly none.
            get(flatline, "/badge/service-00000.json", "identity").await?;
            clock.sleep(pause_ms).await;
            let before_us = flatline.cpu_us()?;
            get(flatline, "/", encoding).await?;
            let spent_ms = (flatline.cpu_us()? - before_us) as f64 / 1_000.0;
            cheapest_ms = cheapest_ms.min(spent_ms);
        }
        figures.add(what, "ms", target, cheapest_ms);
    }
    Ok(())
}
