use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, ensure};
use flatline_domain::invariant::{days_add_up, history_chains};
use flatline_domain::{Status, Transition, UnixMs};
use flatline_embedded::{Engine, Execution};
use flatline_harness::http_client;
use flatline_harness::process::{Launch, Profile, binary};
use flatline_shared::clock::SystemClock;
use flatline_shared::render::time::parse_rfc3339;
use flatline_shared::store::{IfMissing, Store, SweepFilter};
use serde_json::Value;

use crate::{Done, flatline};

const UNTIL: &str = "2026-11-20T15:00:00Z";

async fn demo(data: &Path, more: &[&str]) -> Result<Done> {
    let data = data.to_string_lossy().into_owned();
    flatline(["demo", "--data", &data].into_iter().chain(more.iter().copied())).await
}

async fn store(data: &Path) -> Result<Store> {
    let client = Engine::open(&data.join("flatline.db"))?.client(Execution::Inline);
    Ok(Store::open(client, "flatline", SystemClock::shared(), IfMissing::Refuse).await?)
}

/// The histories of all services, which must keep the invariants.
async fn histories(data: &Path, until: UnixMs) -> Result<Vec<(String, Vec<Transition>)>> {
    let store = store(data).await?;
    let mut days = store.all_days().await?;
    let mut all = Vec::new();
    for record in store.sweep(SweepFilter::All).await?.records {
        let id = record.id.clone();
        let history = store.history(&id).await?;
        let created = history.first().map_or(record.configured_at, |first| first.since);
        let held = history_chains(&history).and_then(|()| {
            days_add_up(&days.remove(&id).unwrap_or_default(), &history, created, until)
        });
        held.map_err(|broken| anyhow!("{id}: {broken}"))?;
        let last = history.last().map_or((0, Status::Unknown), |last| (last.version, last.to));
        ensure!(last == (record.version, record.status), "{id}: {record:?} after {last:?}");
        ensure!(record.last_beat.is_none_or(|beat| beat <= until), "{id} was heard in the future");
        all.push((id, history));
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(all)
}

#[tokio::test]
async fn the_past_that_is_made_keeps_the_invariants_and_can_be_made_again() -> Result<()> {
    let home = tempfile::tempdir()?;
    let until = parse_rfc3339(UNTIL).ok_or_else(|| anyhow!("a time"))?;
    let mut made = Vec::new();
    for (name, seed) in [("one", "7"), ("again", "7"), ("other", "8")] {
        let data = home.path().join(name);
        let done = demo(&data, &["--until", UNTIL, "--seed", seed]).await?;
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        assert!(done.stdout.starts_with("120 days of 15 services, "), "{}", done.stdout);
        made.push(histories(&data, until).await?);
    }
    assert_eq!(made[0], made[1], "the same seed made another past");
    assert_ne!(made[0], made[2], "another seed made the same past");
    let changes: usize = made[0].iter().map(|(_, history)| history.len()).sum();
    assert!(changes > 100, "only {changes} changes of status");
    let store = store(&home.path().join("one")).await?;
    assert_eq!(store.holes_since(UnixMs(0)).await?.iter().filter(|hole| hole.failed).count(), 4);
    let feed = store.feed(UnixMs(until.0 - 20 * 86_400_000), until, 500).await?;
    assert!(feed.iter().any(|entry| entry.service_id.is_none()), "no alert of another tool");
    assert!(feed.iter().any(|entry| entry.service_id.is_some()), "no change of status");
    Ok(())
}

#[tokio::test]
async fn a_server_on_it_shows_every_kind_of_service() -> Result<()> {
    let home = tempfile::tempdir()?;
    let data = home.path().join("data");
    demo(&data, &["--days", "30"]).await?;
    let mut server = Launch::of(binary("flatline", "flatline", Profile::of_tests())?)
        .arg("--listen")
        .arg("127.0.0.1:0")
        .arg("--data")
        .arg(&data)
        .arg("--config")
        .arg(data.join("config"))
        .start()?;
    server.wait_until("ready", 60_000, |it| it.stdout().contains("/api/heartbeat")).await?;
    let out = server.stdout();
    let page = out.split_whitespace().find(|word| word.starts_with("http://"));
    let page = page.ok_or_else(|| anyhow!("no address in {out}"))?;
    let status: Value = http_client().get(format!("{page}api/status")).send().await?.json().await?;
    let summary = &status["summary"];
    let count = |name: &str| summary[name].as_u64().unwrap_or_default();
    assert_eq!((count("servicesDown"), count("servicesDegraded")), (1, 1), "{summary}");
    assert_eq!((count("servicesUnknown"), count("servicesUp")), (1, 11), "{summary}");
    let shown = http_client().get(page).send().await?.text().await?;
    for words in ["Down", "Degraded", "Disabled", "Unknown", "Storefront"] {
        assert!(shown.contains(words), "{words} is not on the page");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_there_is_left_alone() -> Result<()> {
    let home = tempfile::tempdir()?;
    fs::write(home.path().join("flatline.db"), "mine")?;
    let rows: [(&[&str], &str); 4] = [
        (&[], "is not empty"),
        (&["--days", "1"], "1 is not in 2..=366"),
        (&["--until", "yesterday"], "must be RFC 3339"),
        (&["--until", "2999-01-01T00:00:00Z"], "lies in the future"),
    ];
    for (more, said) in rows {
        let done = demo(home.path(), more).await?;
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{more:?}");
        assert!(done.stderr.contains(said), "{}", done.stderr);
    }
    assert_eq!(fs::read_to_string(home.path().join("flatline.db"))?, "mine");
    assert_eq!(fs::read_dir(home.path())?.count(), 1);
    Ok(())
}
