//! All functions as they would be deployed, with what sets them going.

use std::sync::Arc;

use flatline_harness::config::{ALERT_KEY, ConfigDir, KEY};
use flatline_harness::deployment::Deployment;
use flatline_harness::http_client;
use flatline_harness::process::Launch;
use flatline_harness::receiver::Receiver;
use flatline_harness::runtime_api::{Gateway, InvokeError, LambdaProcess};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Duration, interval};

/// Longer than anything takes on the busiest machine, in ms.
pub const LONG_MS: u64 = 90_000;

/// The shell client, as users run it.
const CLIENT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../heartbeat-clients/heartbeat-client.sh");

/// A deployment with its HTTP API and a receiver of messages. Checker and notifier are started by the
/// stories: how many there are is what some of them are about.
pub struct Stage {
    pub deployment: Deployment,
    pub gateway: Gateway,
    pub receiver: Receiver,
    pub ingest: Arc<LambdaProcess>,
    pub alert: Arc<LambdaProcess>,
    pub dashboard: Arc<LambdaProcess>,
}

impl Stage {
    /// With these services: id and window in seconds.
    pub async fn with(services: &[(&str, u64)]) -> anyhow::Result<Self> {
        let receiver = Receiver::start().await?;
        Self::on(config(services, &receiver)?, receiver).await
    }

    /// With this configuration, one of whose channels is the receiver.
    pub async fn on(config: ConfigDir, receiver: Receiver) -> anyhow::Result<Self> {
        let deployment = Deployment::of(config).await?;
        let ingest = deployment.function("ingest", &[]).await?;
        let alert = deployment.function("alert", &[]).await?;
        let dashboard = deployment.function("dashboard", &[]).await?;
        let (heartbeats, alerts, rest) = (ingest.clone(), alert.clone(), dashboard.clone());
        let routes = [
            ("/api/heartbeat", heartbeats),
            ("/api/alert", alerts.clone()),
            ("/api/test-notification", alerts.clone()),
            ("/api/deliveries/replay", alerts),
            ("/", rest),
        ];
        let gateway = Gateway::start(routes).await?;
        Ok(Self { deployment, gateway, receiver, ingest, alert, dashboard })
    }

    /// A checker whose canaries take the public road.
    pub async fn checker(&self) -> anyhow::Result<Arc<LambdaProcess>> {
        let url = self.gateway.url();
        Ok(self.deployment.function("checker", &[("FLATLINE_CANARY_URL", &url)]).await?)
    }

    /// A notifier.
    pub async fn notifier(&self) -> anyhow::Result<Arc<LambdaProcess>> {
        Ok(self.deployment.function("notifier", &[]).await?)
    }

    /// A heartbeat with this body; status and answer.
    pub async fn post_heartbeat(&self, body: &Value) -> anyhow::Result<(u16, Value)> {
        self.post("/api/heartbeat", KEY, body).await
    }

    /// A plain heartbeat, which must be stored.
    pub async fn beat(&self, id: &str) -> anyhow::Result<()> {
        let (status, answer) = self.post_heartbeat(&json!({"serviceId": id})).await?;
        anyhow::ensure!(status == 200, "{status} {answer}");
        Ok(())
    }

    /// An alert of another tool, which must be stored.
    pub async fn post_alert(&self, body: &Value) -> anyhow::Result<()> {
        let (status, answer) = self.post("/api/alert", ALERT_KEY, body).await?;
        anyhow::ensure!(status == 200, "{status} {answer}");
        Ok(())
    }

    /// A request with this key and body; status and answer.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let request = http_client().post(format!("{}{path}", self.gateway.url()));
        let answer = request.bearer_auth(key).json(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// The body of a page or a read API, which must answer with 200.
    pub async fn get(&self, path: &str) -> anyhow::Result<String> {
        let answer = http_client().get(format!("{}{path}", self.gateway.url())).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// The status of a service, as `/api/status` tells it.
    pub async fn status(&self, id: &str) -> anyhow::Result<String> {
        let answer: Value = serde_json::from_str(&self.get("/api/status").await?)?;
        let results = answer["summary"]["results"].as_array().cloned().unwrap_or_default();
        let service = results.iter().find(|service| service["serviceId"] == id);
        let status = service.and_then(|service| service["status"].as_str());
        Ok(status.unwrap_or("absent").to_owned())
    }

    /// Waits until a service has this status.
    pub async fn until(&self, id: &str, status: &str) -> anyhow::Result<()> {
        let mut looks = interval(Duration::from_millis(100));
        for _ in 0..LONG_MS / 100 {
            if self.status(id).await? == status {
                return Ok(());
            }
            looks.tick().await;
        }
        anyhow::bail!("{id} is {}, not {status}", self.status(id).await?)
    }

    /// How many messages still wait.
    pub async fn waiting(&self) -> anyhow::Result<usize> {
        Ok(self.deployment.store().queued("hook").await?.len())
    }

    /// Event and service or title of every message that arrived.
    pub fn told(&self) -> Vec<String> {
        let line = |json: &Value| {
            let whom = json["service"]["id"].as_str().or(json["title"].as_str());
            format!("{} {}", json["event"].as_str().unwrap_or("?"), whom.unwrap_or("?"))
        };
        self.receiver.received().iter().map(|it| line(&it.json)).collect()
    }

    /// The shell client sends a heartbeat each second until it is stopped.
    pub fn heart(&self, id: &str) -> Heart {
        let launch = Launch::of("/bin/sh")
            .arg(CLIENT)
            .arg("--quiet")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("FLATLINE_URL", &self.gateway.url())
            .env("FLATLINE_API_KEY", KEY)
            .env("FLATLINE_SERVICE_ID", id);
        Heart(tokio::spawn(async move {
            let mut beats = interval(Duration::from_secs(1));
            loop {
                beats.tick().await;
                let mut client = launch.clone().start()?;
                let status = client.wait(LONG_MS).await?;
                anyhow::ensure!(status.success(), "{status}: {}", client.output());
            }
        }))
    }
}

/// These services, and a channel to this receiver.
pub fn config(services: &[(&str, u64)], receiver: &Receiver) -> anyhow::Result<ConfigDir> {
    let mut config = ConfigDir::new()?.hook(&receiver.url())?;
    for (id, window_s) in services {
        config = config.service(id, *window_s)?;
    }
    Ok(config)
}

/// A service that is alive.
pub struct Heart(JoinHandle<anyhow::Result<()>>);

impl Heart {
    /// The service dies. An error tells of a heartbeat that was not taken.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.0.abort();
        match self.0.await {
            Ok(Err(refused)) => Err(refused),
            _ => Ok(()),
        }
    }
}

/// Rings a function every few seconds, as a schedule does each minute.
pub struct Schedule(JoinHandle<Result<(), InvokeError>>);

impl Schedule {
    /// Begins at once.
    pub fn start(function: Arc<LambdaProcess>, event: Value, period_s: u64) -> Self {
        Self(tokio::spawn(async move {
            let mut rings = interval(Duration::from_secs(period_s));
            loop {
                rings.tick().await;
                function.invoke(&event).await?;
            }
        }))
    }

    /// Ends whatever runs; the function dies with its last owner.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.0.abort();
        match self.0.await {
            Ok(Err(failed)) => Err(failed.into()),
            _ => Ok(()),
        }
    }
}

/// A sample event from `events/`.
pub fn sample(name: &str) -> Value {
    let path = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
