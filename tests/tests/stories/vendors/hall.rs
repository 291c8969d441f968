//! Channels for vendors, and a process that trusts their certificates.

use anyhow::Result;
use flatline_domain::UnixMs;
use flatline_embedded::{Engine, Execution};
use flatline_harness::authority::{Authority, Certificate};
use flatline_harness::config::{ALERT_KEY, ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::mail::{self, MailServer};
use flatline_harness::process::{Flatline, FlatlineLaunch};
use flatline_harness::vendors::{FaultServer, Vendor};
use flatline_shared::config::variable_name;
use serde_json::{Map, Value, json};

use crate::books::Books;
use crate::client::Client;

/// An authority, a fault server that shows a good certificate of it, and a configuration with one
/// service, `api`, that is silent after so many seconds.
pub struct Hall {
    pub authority: Authority,
    pub server: FaultServer,
    pub config: ConfigDir,
}

impl Hall {
    pub async fn open(name: &str, window_s: u64) -> Result<Self> {
        let authority = Authority::new()?;
        let server = FaultServer::start(&authority, Certificate::Good).await?;
        let service = json!({"id": "api", "name": name, "stalenessThreshold": window_s});
        let config = ConfigDir::new()?.service_json(service)?;
        Ok(Self { authority, server, config })
    }

    /// A channel of this vendor at the desk of the same name.
    pub fn with_channel(self, vendor: Vendor, name: &str) -> Result<Self> {
        let base_url = self.server.url(name);
        self.with_channel_at(vendor, name, &base_url)
    }

    /// A channel of this vendor at this address.
    pub fn with_channel_at(self, vendor: Vendor, name: &str, base_url: &str) -> Result<Self> {
        let (kind, mut options) = match vendor {
            Vendor::Discord => ("discord", json!({})),
            Vendor::Slack => ("slack", json!({})),
            Vendor::Telegram => ("telegram", json!({"topicId": 7})),
            Vendor::Mailgun => ("email", letters("mailgun")),
            Vendor::Ses => ("email", letters("ses")),
            Vendor::Pushover => ("pushover", json!({"emergency": true})),
            Vendor::PagerDuty => ("pagerduty", json!({})),
            Vendor::Webhook => ("webhook", json!({})),
        };
        options["baseUrl"] = base_url.into();
        if vendor == Vendor::Ses {
            options["region"] = "eu-central-1".into();
        }
        let mut hall = self.with_options(kind, name, &options)?;
        for (key, value) in vendor.credentials() {
            hall.config = hall.config.variable(&variable_name(name, key), value);
        }
        Ok(hall)
    }

    /// A channel to this mail server, encrypted by `tls`, `starttls` or `none`.
    pub fn with_mail(self, name: &str, server: &MailServer, encryption: &str) -> Result<Self> {
        let mut options = letters("smtp");
        options["host"] = "127.0.0.1".into();
        options["port"] = server.port().into();
        options["encryption"] = encryption.into();
        let mut hall = self.with_options("email", name, &options)?;
        if encryption != "none" {
            for (key, value) in [("USERNAME", mail::USER), ("PASSWORD", mail::PASSWORD)] {
                hall.config = hall.config.variable(&variable_name(name, key), value);
            }
        }
        Ok(hall)
    }

    /// A channel with these options.
    pub fn with_options(self, kind: &str, name: &str, options: &Value) -> Result<Self> {
        let channel = json!({
            "type": kind, "name": name, "enabled": true, "config": options,
            "events": ["down", "up", "degraded"],
        });
        Ok(Self { config: self.config.channel_json(channel)?, ..self })
    }

    /// With this variable.
    pub fn variable(self, name: &str, value: &str) -> Self {
        Self { config: self.config.variable(name, value), ..self }
    }

    /// Starts the process, which trusts the authority.
    pub async fn start(self) -> Result<Show> {
        let Self { authority, server, config } = self;
        let file = authority.file().display().to_string();
        let launch = FlatlineLaunch::with(config).env("FLATLINE_CA_FILE", &file);
        let flatline = launch.start().await?;
        Ok(Show { server, flatline, _authority: authority })
    }
}

/// What every mail needs.
fn letters(provider: &str) -> Value {
    json!({
        "provider": provider,
        "from": "Flatline <flatline@example.com>",
        "to": ["ops@example.com", "Night shift <night@example.com>"],
    })
}

/// A running process and the vendors that it tells.
pub struct Show {
    pub server: FaultServer,
    pub flatline: Flatline,
    _authority: Authority,
}

impl Show {
    /// A real client.
    pub fn client(&self) -> Client {
        Client::of(&self.flatline.url(), KEY)
    }

    /// The service reports that it is up, then that it is down.
    pub async fn goes_down(&self) -> Result<()> {
        let client = self.client();
        client.beat("api").await?;
        client.send("api", &["--status", "down", "--retry-for", "60"]).await
    }

    /// Another tool sends an alert with this message and more labels than anybody takes.
    pub async fn alerts(&self, message: &str, status: &str) -> Result<()> {
        let labels: Map<String, Value> =
            (0..40).map(|n| (format!("<label> {n}"), message[..200].into())).collect();
        let alert = json!({
            "title": message, "message": message.repeat(3), "severity": "critical",
            "source": "disk & <watch>", "labels": labels, "status": status, "dedup_key": "disk",
        });
        let url = format!("{}/api/alert", self.flatline.url());
        let sent = http_client().post(url).bearer_auth(ALERT_KEY).json(&alert).send().await?;
        sent.error_for_status()?;
        Ok(())
    }

    /// When somebody came to a desk.
    pub fn tried_at(&self, desk: &str) -> Vec<UnixMs> {
        self.server.visits(desk).iter().map(|visit| visit.request.at).collect()
    }

    /// The books as they are now, once a heartbeat was answered.
    pub async fn books(&self) -> Result<Books> {
        let engine = Engine::open(&self.flatline.data().join("flatline.db"))?;
        Books::open(engine.client(Execution::Inline)).await
    }
}
