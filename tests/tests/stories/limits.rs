//! Many services, and no space left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::process::{Flatline, FlatlineLaunch};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::site::{Site, eventually};

async fn send(server: &Flatline, body: &Value) -> Result<StatusCode> {
    let url = format!("{}/api/heartbeat", server.url());
    Ok(http_client().post(url).bearer_auth(KEY).json(body).send().await?.status())
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
        eprintln!("not tried: only root can make a disk that is full");
        return Ok(());
    };
    let config = ConfigDir::new()?.service("api", 3_600)?;
    let server = FlatlineLaunch::with(config).data(&disk.0).start().await?;
    let beat = json!({"serviceId": "api", "message": "m".repeat(1_000)});
    assert_eq!(send(&server, &beat).await?, 200);

    let filler = disk.0.join("filler");
    let full = fs::write(&filler, vec![0; 2_000_000]);
    ensure!(full.is_err(), "two megabytes fit into one");
    let refused = async || {
        let status = send(&server, &beat).await?;
        ensure!([200, 503].contains(&status.as_u16()), "{status}");
        Ok((status == 503).then_some(()))
    };
    eventually("a heartbeat is refused", refused).await?;
    ensure!(server.stderr().contains("a heartbeat was not stored"), "{}", server.output());
    ensure!(server.stderr().contains("disk is full"), "{}", server.output());

    fs::remove_file(filler)?;
    let taken = async || Ok((send(&server, &beat).await? == 200).then_some(()));
    eventually("heartbeats are stored again", taken).await?;
    drop(server);
    Ok(())
}
