//! What people see of a server.

use anyhow::{Context, Result, bail};
use flatline_harness::http_client;
use flatline_shared::clock::{SharedClock, SystemClock};
use serde_json::Value;

/// How long anything may take on a busy machine. Nothing waits that long: everything is polled.
pub const PATIENCE_MS: u64 = 90_000;

/// How often something without a signal of its own is looked at.
const LOOK_MS: i64 = 50;

/// The pages of one server.
#[derive(Clone, Debug)]
pub struct Site {
    url: String,
}

impl Site {
    /// The server at this address.
    pub fn at(url: String) -> Self {
        Self { url }
    }

    /// The text at a path.
    pub async fn get(&self, path: &str) -> Result<String> {
        let url = format!("{}{path}", self.url);
        Ok(http_client().get(url).send().await?.error_for_status()?.text().await?)
    }

    /// `/api/status` of one service.
    pub async fn status(&self, id: &str) -> Result<Value> {
        let answer: Value = serde_json::from_str(&self.get("/api/status").await?)?;
        let results = answer["summary"]["results"].as_array().context("results")?;
        let found = results.iter().find(|result| result["serviceId"] == id);
        found.cloned().with_context(|| format!("{id} is not in {answer}"))
    }

    /// Waits until `/api/status` says so; a server that is away is asked again.
    pub async fn until(&self, id: &str, status: &str) -> Result<Value> {
        let what = format!("{id} is {status}");
        let look = async || Ok(self.status(id).await.ok().filter(|it| it["status"] == status));
        eventually(&what, look).await
    }
}

/// Polls until there is something.
pub async fn eventually<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let clock = clock();
    let end_ms = clock.monotonic_ms() + PATIENCE_MS as i64;
    while clock.monotonic_ms() < end_ms {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        clock.sleep(LOOK_MS).await;
    }
    bail!("not within {PATIENCE_MS} ms: {what}")
}

/// The machine's clock.
pub fn clock() -> SharedClock {
    SystemClock::shared()
}
