//! The real server, and what it says about a service.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::process::{Flatline, FlatlineLaunch};
use serde_json::Value;

use crate::bench::pause;

/// How often the status is looked at, 50 ms apart.
const LOOKS: u32 = 600;

/// A server that knows these services, with a key for all of them.
pub async fn with(services: &[&str]) -> Result<Flatline> {
    let mut config = ConfigDir::new()?;
    for id in services {
        config = config.service(id, 3600)?;
    }
    Ok(FlatlineLaunch::with(config).start().await?)
}

/// The status of a service.
pub async fn status(server: &Flatline, id: &str) -> Result<String> {
    let answer = http_client().get(format!("{}/api/status", server.url())).send().await?;
    let answer = answer.json::<Value>().await?;
    let services = answer["summary"]["results"].as_array().context("results")?;
    let service = services.iter().find(|it| it["serviceId"] == id).context("the service")?;
    Ok(service["status"].as_str().context("its status")?.to_owned())
}

/// Waits until a service has this status.
pub async fn until(server: &Flatline, id: &str, wanted: &str) -> Result<()> {
    let mut last = String::new();
    for _ in 0..LOOKS {
        last = status(server, id).await?;
        if last == wanted {
            return Ok(());
        }
        pause(50);
    }
    anyhow::bail!("{id} is {last}, not {wanted}\n{}", server.output())
}

/// Runs a command that has to succeed, with the variables of clients. It returns the output.
pub fn run(server: &Flatline, command: &mut Command) -> Result<Output> {
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (name, value) in [
        ("FLATLINE_URL", server.url()),
        ("WORKER_URL", server.url()),
        ("FLATLINE_API_KEY", KEY.to_owned()),
        ("API_KEY", KEY.to_owned()),
    ] {
        command.env(name, value);
    }
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}: {said}", output.status);
    Ok(output)
}
