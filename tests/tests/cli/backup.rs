use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, ensure};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::process::FlatlineLaunch;
use serde_json::Value;

use crate::{Done, beat, flatline};

const SERVICES: [&str; 4] = ["a", "b", "c", "d"];

fn config() -> Result<ConfigDir> {
    SERVICES.into_iter().try_fold(ConfigDir::new()?, |config, id| Ok(config.service(id, 3_600)?))
}

async fn backup(data: &Path, file: &Path) -> Result<Done> {
    flatline(["backup".as_ref(), file.as_os_str(), "--data".as_ref(), data.as_os_str()]).await
}

/// The last heartbeat of each service, as a server tells.
async fn last_seen(url: &str) -> Result<BTreeMap<String, String>> {
    let status: Value = http_client().get(format!("{url}/api/status")).send().await?.json().await?;
    let results = status["summary"]["results"].as_array().context("results")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(results.iter().map(|it| (text(&it["serviceId"]), text(&it["lastSeen"]))).collect())
}

/// Sends heartbeats until told to stop; notes each one that was acknowledged.
async fn load(url: String, heard: Arc<Mutex<BTreeMap<String, String>>>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        for service in SERVICES {
            let Ok((200, at)) = beat(&url, service, KEY).await else { continue };
            heard.lock().unwrap().insert(service.to_owned(), at);
        }
    }
}

#[tokio::test]
async fn a_copy_made_under_load_holds_every_heartbeat_acknowledged_before_it() -> Result<()> {
    let server = FlatlineLaunch::with(config()?).start().await?;
    let (heard, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let sender = tokio::spawn(load(server.url(), Arc::clone(&heard), Arc::clone(&stop)));
    while heard.lock().unwrap().len() < SERVICES.len() {
        ensure!(!sender.is_finished(), "the load broke off");
        tokio::task::yield_now().await;
    }
    let home = tempfile::tempdir()?;
    let copy = home.path().join("copy.db");
    let before: BTreeMap<String, String> = heard.lock().unwrap().clone();
    let done = backup(server.data(), &copy).await?;
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    assert!(done.stdout.contains("verified; 4 services, newest heartbeat 2"), "{}", done.stdout);
    assert_eq!(fs::metadata(&copy)?.permissions().mode() & 0o777, 0o600);
    stop.store(true, Ordering::Relaxed);
    sender.await?;
    let at_the_end = last_seen(&server.url()).await?;
    drop(server);

    let restored = home.path().join("data");
    fs::create_dir(&restored)?;
    fs::copy(&copy, restored.join("flatline.db"))?;
    let server = FlatlineLaunch::with(config()?).data(&restored).start().await?;
    let found = last_seen(&server.url()).await?;
    for (service, at) in &before {
        ensure!(found[service] >= *at, "{service}: {at} was acknowledged, the copy has {found:?}");
        ensure!(found[service] <= at_the_end[service], "{service}: {found:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_is_left_behind() -> Result<()> {
    let server = FlatlineLaunch::with(config()?).start().await?;
    let home = tempfile::tempdir()?;
    let (taken, empty) = (home.path().join("taken.db"), home.path().join("nothing"));
    fs::write(&taken, "mine")?;
    let rows = [
        ("a file that is there", server.data().to_owned(), taken.clone(), 2, "exists already"),
        (
            "no data directory",
            empty.clone(),
            home.path().join("x.db"),
            1,
            "there is no database in",
        ),
        ("no such folder", server.data().to_owned(), empty.join("x.db"), 1, "cannot be written"),
    ];
    for (why, data, file, code, said) in rows {
        let done = backup(&data, &file).await?;
        assert_eq!((done.code, done.stdout.as_str()), (code, ""), "{why}");
        assert!(done.stderr.starts_with("flatline: ") && done.stderr.contains(said), "{done:?}");
    }
    assert_eq!(fs::read_to_string(&taken)?, "mine");
    assert_eq!(fs::read_dir(home.path())?.count(), 1, "something was left behind");
    Ok(())
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_not_copied() -> Result<()> {
    let home = tempfile::tempdir()?;
    let (data, file) = (home.path().join("data"), home.path().join("copy.db"));
    fs::create_dir(&data)?;
    fs::write(data.join("flatline.db"), "these are not the bytes of a database".repeat(100))?;
    let done = backup(&data, &file).await?;
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("no backup was made"), "{}", done.stderr);
    assert!(!file.exists() && fs::read_dir(home.path())?.count() == 1);
    Ok(())
}
