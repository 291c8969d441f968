//! Many services, no space left, and a database that cannot be written.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::process::{Flatline, FlatlineLaunch};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::site::{Site, eventually};

async fn post(server: &Flatline, body: &Value) -> Result<Response> {
    let url = format!("{}/api/heartbeat", server.url());
    Ok(http_client().post(url).bearer_auth(KEY).json(body).send().await?)
}

async fn send(server: &Flatline, body: &Value) -> Result<StatusCode> {
    Ok(post(server, body).await?.status())
}

/// Waits for a heartbeat that is refused, and looks at how.
async fn refused(server: &Flatline, body: &Value) -> Result<()> {
    let refused = async || {
        let answer = post(server, body).await?;
        let status = answer.status();
        ensure!([200, 503].contains(&status.as_u16()), "{status}");
        if status == 200 {
            return Ok(None);
        }
        let wait = answer.headers().get("retry-after").context("a Retry-After")?.to_str()?;
        ensure!(wait.parse::<u32>().is_ok_and(|wait_s| wait_s > 0), "Retry-After: {wait}");
        let told: Value = answer.json().await?;
        ensure!(told["code"] == "store-unavailable" && told["success"] == false, "{told}");
        Ok(Some(()))
    };
    eventually("a heartbeat is refused", refused).await
}

/// The lines of the log that tell of a heartbeat of `api` that was not stored.
fn losses(server: &Flatline) -> Vec<String> {
    let log = server.stderr();
    let lost = |line: &&str| {
        line.contains("a heartbeat was not stored") && line.contains("service=\"api\"")
    };
    log.lines().filter(lost).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_1200_services_is_seen() -> Result<()> {
    const SERVICES: usize = 1_200;
    let ids: Vec<String> = (0..SERVICES).map(|n| format!("service-{n}")).collect();
    let services: Vec<Value> =
        ids.iter().map(|id| json!({"id": id, "stalenessThreshold": 3_600})).collect();
    let mut config = ConfigDir::new()?;
    config.services_mut()["services"] = json!(services);
    config.write()?;
    let server = FlatlineLaunch::with(config).start().await?;
    for part in ids.chunks(1_000) {
        assert_eq!(send(&server, &json!({"services": part})).await?, 200);
    }
    let site = Site::at(server.url());
    let all_up = async || {
        let status: Value = serde_json::from_str(&site.get("/api/status").await?)?;
        let results = status["summary"]["results"].as_array().map_or(0, Vec::len);
        ensure!(results == SERVICES, "{results} services");
        Ok((status["summary"]["servicesUp"] == SERVICES).then_some(()))
    };
    eventually("all services are up", all_up).await
}

/// A file system of one megabyte, as long as this lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`: only root may mount one.
    fn at(directory: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(directory).status();
        mounted.is_ok_and(|it| it.success()).then(|| Self(directory.to_path_buf()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(std::thread::panicking() || unmounted.is_ok_and(|it| it.success()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_heartbeats_until_there_is_space_again() -> Result<()> {
    let home = tempfile::tempdir()?;
    let Some(disk) = SmallDisk::at(home.path()) else {
        eprintln!("skipped: only root can mount a small disk");
        return Ok(());
    };
    let config = ConfigDir::new()?.service("api", 3_600)?;
    let server = FlatlineLaunch::with(config).data(&disk.0).start().await?;
    let beat = json!({"serviceId": "api", "message": "m".repeat(1_000)});
    assert_eq!(send(&server, &beat).await?, 200);

    let filler = disk.0.join("filler");
    let full = fs::write(&filler, vec![0; 2_000_000]);
    ensure!(full.is_err(), "two megabytes fit into one");
    refused(&server, &beat).await?;
    ensure!(!losses(&server).is_empty(), "{}", server.output());
    ensure!(server.stderr().contains("disk is full"), "{}", server.output());

    fs::remove_file(filler)?;
    let taken = async || Ok((send(&server, &beat).await? == 200).then_some(()));
    eventually("heartbeats are stored again", taken).await?;
    drop(server);
    Ok(())
}

/// Files that nobody can change, as long as this lives. A running process keeps its files open, and root
/// need not ask for permission: modes would not do.
struct Frozen(Vec<PathBuf>);

impl Frozen {
    /// The data directory and its database. The `-shm` file is memory that processes share, and no write
    /// to it can fail.
    fn data(directory: &Path) -> Result<Self> {
        let paths = ["", "flatline.db", "flatline.db-wal"].map(|name| directory.join(name)).into();
        let frozen = Self(paths);
        ensure!(frozen.mark("+i"), "chattr failed");
        Ok(frozen)
    }

    /// Whether this file system, and our rights, allow it.
    fn is_possible(directory: &Path) -> Result<bool> {
        let path = directory.join("probe");
        let mut open = File::create(&path)?;
        let frozen = Self(vec![path]);
        Ok(frozen.mark("+i") && open.write_all(b"x").is_err())
    }

    fn mark(&self, how: &str) -> bool {
        let mut chattr = Command::new("chattr");
        chattr.arg(how).args(&self.0).stderr(Stdio::null());
        chattr.status().is_ok_and(|it| it.success())
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _tried = self.mark("-i");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_written_refuses_heartbeats_until_it_can() -> Result<()> {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    if !Frozen::is_possible(home.path())? {
        eprintln!("skipped: files cannot be made immutable here (root, chattr, ext4 or the like)");
        return Ok(());
    }
    let data = home.path().join("data");
    let config = ConfigDir::new()?.service("api", 3_600)?;
    let mut server = FlatlineLaunch::with(config).data(&data).start().await?;
    let beat = json!({"serviceId": "api"});
    assert_eq!(send(&server, &beat).await?, 200);
    let site = Site::at(server.url());
    let heard = site.until("api", "up").await?["lastSeen"].clone();

    let frozen = Frozen::data(&data)?;
    for refusals in 1..=3 {
        assert_eq!(send(&server, &beat).await?, 503);
        ensure!(losses(&server).len() == refusals, "one line each:\n{}", server.output());
    }
    refused(&server, &beat).await?;
    ensure!(site.status("api").await?["lastSeen"] == heard, "nothing was stored, all is shown");
    ensure!(!server.stderr().contains("panicked"), "{}", server.output());

    drop(frozen);
    let taken = async || Ok((send(&server, &beat).await? == 200).then_some(()));
    eventually("heartbeats are stored again", taken).await?;
    ensure!(site.status("api").await?["lastSeen"] != heard);
    Ok(server.alive()?)
}
