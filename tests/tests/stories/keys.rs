//! The keys of the first start, and the line that is printed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context, Result, ensure};
use flatline_harness::config::ConfigDir;
use flatline_harness::process::{FlatlineLaunch, Launch};
use serde_json::Value;

use crate::client::Client;
use crate::site::{PATIENCE_MS, Site};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_keys_and_its_own_words_send_the_first_heartbeat() -> Result<()> {
    let home = tempfile::tempdir()?;
    let data = home.path().join("somebody's data");
    let config = ConfigDir::new()?.service("it's", 60)?.without_keys();
    let mut flatline = FlatlineLaunch::with(config).data(&data).start().await?;
    let site = Site::at(flatline.url());

    ensure!(mode(&data)? == 0o700);
    for name in ["api-keys.json", "authorization.header"] {
        ensure!(mode(&data.join(name))? == 0o600, "{name} can be read by others");
    }
    let keys: Value = serde_json::from_slice(&fs::read(data.join("api-keys.json"))?)?;
    let key = keys["*"].as_str().context("a key for all services")?.to_owned();

    let said = |it: &flatline_harness::process::Process| it.stdout().contains("API keys");
    flatline.wait_until("ready", PATIENCE_MS, said).await?;
    let stdout = flatline.stdout();
    let line = stdout.lines().find_map(|line| line.split_once("curl ")).context("a curl line")?;
    let command = format!("curl --silent --show-error {}", line.1);
    let mut shell =
        Launch::of("/bin/sh").arg("-c").arg(&command).env("PATH", "/usr/bin:/bin").start()?;
    ensure!(shell.wait(PATIENCE_MS).await?.success(), "{}", shell.output());
    ensure!(shell.stdout().contains("\"success\":true"), "{command}\n{}", shell.output());
    site.until("it's", "up").await?;

    flatline.restart().await?;
    let again: Value = serde_json::from_slice(&fs::read(data.join("api-keys.json"))?)?;
    ensure!(again == keys, "other keys after a restart");
    Client::of(&flatline.url(), &key).beat("it's").await?;
    let wrong = Client::of(&flatline.url(), "fl_wrong").send("it's", &["--retry-for", "0"]).await;
    ensure!(wrong.is_err(), "any key is accepted");

    let mut shown = flatline.output();
    for path in ["/", "/api/status", "/health"] {
        shown += &site.get(path).await?;
    }
    ensure!(!shown.contains(&key), "the key is shown:\n{shown}");
    Ok(())
}

fn mode(path: &std::path::Path) -> Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}
