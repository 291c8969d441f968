//! The real client, once or at intervals.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, ensure};
use flatline_harness::process::Launch;
use tokio::task::JoinHandle;

use crate::site::{PATIENCE_MS, clock};

/// From the end of one heartbeat to the beginning of the next.
const PERIOD_MS: i64 = 1_000;

/// `heartbeat-client.sh` for one server.
#[derive(Clone)]
pub struct Client {
    url: String,
    key: String,
}

impl Client {
    /// A client with this key.
    pub fn of(url: &str, key: &str) -> Self {
        Self { url: url.to_owned(), key: key.to_owned() }
    }

    /// Sends one heartbeat, for several services if they are separated by commas; tries for a minute.
    pub async fn beat(&self, services: &str) -> Result<()> {
        self.send(services, &["--retry-for", "60"]).await
    }

    /// Sends one heartbeat with more options.
    pub async fn send(&self, services: &str, options: &[&str]) -> Result<()> {
        let script =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../heartbeat-clients/heartbeat-client.sh");
        assert!(Path::new(script).exists());
        let mut launch = Launch::of("/bin/sh")
            .arg(script)
            .arg("--service")
            .arg(services)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("FLATLINE_URL", &self.url)
            .env("FLATLINE_API_KEY", &self.key);
        for option in options {
            launch = launch.arg(option);
        }
        let mut process = launch.start()?;
        let ended = process.wait(PATIENCE_MS).await?;
        ensure!(ended.success(), "client: {ended}\n{}", process.output());
        Ok(())
    }

    /// Sends heartbeats until told to stop, as a timer would: whether one gets through or not, the
    /// next one follows.
    pub fn keep_beating(&self, services: &str) -> Beating {
        let stop = Arc::new(AtomicBool::new(false));
        let (client, services, stopped) = (self.clone(), services.to_owned(), stop.clone());
        let task = tokio::spawn(async move {
            let clock = clock();
            while !stopped.load(Ordering::SeqCst) {
                // A server that is away is part of the stories.
                let _sent = client.send(&services, &["--retry-for", "2", "--timeout", "2"]).await;
                clock.sleep(PERIOD_MS).await;
            }
        });
        Beating { stop, task }
    }
}

/// Heartbeats at intervals; they end when dropped.
pub struct Beating {
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Beating {
    /// Ends them; none is under way afterwards.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.store(true, Ordering::SeqCst);
        (&mut self.task).await?;
        Ok(())
    }
}

impl Drop for Beating {
    fn drop(&mut self) {
        self.task.abort();
    }
}
