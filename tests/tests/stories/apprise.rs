//! Apprise, as Python packages it, with the address that our documents show.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Result, ensure};
use flatline_harness::config::{ALERT_KEY, ConfigDir};
use serde_json::Value;

use crate::site::eventually;
use crate::world::World;

const APPRISE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/venv/bin/apprise");

/// What it does with a message of this type.
fn sent(world: &World, kind: &str, key: &str) -> Result<Output> {
    let url = world.flatline.url();
    let at = url.trim_start_matches("http://");
    let address = format!("json://{at}/api/alert?+Authorization=Bearer%20{key}&:channels=webhook");
    let mut apprise = Command::new(APPRISE);
    apprise.args(["-t", "Nightly backup", "-b", "The disk is full", "-n", kind]).arg(address);
    Ok(apprise.output()?)
}

async fn feed(world: &World) -> Result<Vec<(String, String)>> {
    let feed: Value = serde_json::from_str(&world.site.get("/api/alerts/recent?limit=100").await?)?;
    let all = feed["alerts"].as_array().into_iter().flatten();
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    Ok(all.map(|entry| (text(entry, "title"), text(entry, "status"))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn apprise_opens_an_alert_and_ends_it() -> Result<()> {
    if !Path::new(APPRISE).exists() {
        eprintln!("skipped: no apprise; `cargo xtask test e2e` installs it");
        return Ok(());
    }
    let mut world = World::start(ConfigDir::new()?.service("api", 60)?).await?;
    let refused = sent(&world, "failure", "not-the-key")?;
    ensure!(!refused.status.success(), "a wrong key is refused");
    for kind in ["failure", "failure", "success"] {
        let output = sent(&world, kind, ALERT_KEY)?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "{kind}: {said}\n{}", world.flatline.output());
    }
    let told = eventually("the receiver is told of both", async || {
        let all = world.receiver.received();
        let words: Vec<_> = all
            .iter()
            .map(|it| it.json["status"].as_str().unwrap_or_default().to_owned())
            .collect();
        Ok((words == ["firing", "resolved"]).then_some(()))
    });
    told.await?;
    let title = || "Nightly backup".to_owned();
    ensure!(
        feed(&world).await? == [(title(), "resolved".to_owned()), (title(), "firing".to_owned())],
        "{:?}",
        feed(&world).await?
    );
    world.end().await
}
