//! The commands of `flatline`, by the real binary: what they print, what they refuse, and that what they
//! make works on a real server.

mod backup;
mod check;
mod deliveries;
mod demo;
mod help;
mod import;
mod keygen;
mod lines;

use std::ffi::OsString;

use anyhow::{Result, anyhow};
use flatline_harness::http_client;
use flatline_harness::process::{Launch, Profile, binary};
use serde_json::{Value, json};

/// How long a command may take on a busy machine.
const PATIENCE_MS: u64 = 120_000;

/// What a command did.
#[derive(Debug)]
struct Done {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs `flatline` with these arguments, in a directory of its own, without any variable.
async fn flatline<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> Result<Done> {
    flatline_with(arguments, &[]).await
}

/// [`flatline`] with these variables.
async fn flatline_with<A: Into<OsString>>(
    arguments: impl IntoIterator<Item = A>,
    variables: &[(&str, &str)],
) -> Result<Done> {
    let mut launch = Launch::of(binary("flatline", "flatline", Profile::of_tests())?);
    for (name, value) in variables {
        launch = launch.env(name, value);
    }
    for argument in arguments {
        launch = launch.arg(argument);
    }
    let mut process = launch.start()?;
    let status = process.wait(PATIENCE_MS).await?;
    let code = status.code().ok_or_else(|| anyhow!("ended by a signal: {status}"))?;
    Ok(Done { code, stdout: process.stdout(), stderr: process.stderr() })
}

/// What a heartbeat of this service with this key is answered: the status, and the stored instant.
async fn beat(url: &str, service: &str, key: &str) -> Result<(u16, String)> {
    let request = http_client().post(format!("{url}/api/heartbeat")).bearer_auth(key);
    let answer = request.json(&json!({"serviceId": service})).send().await?;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await?;
    Ok((status, body["timestamp"].as_str().unwrap_or_default().to_owned()))
}
