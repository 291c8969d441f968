//! The JSON of README.md and docs/: configuration loads, requests are taken, answers and messages look
//! as shown. A sample that nobody tries fails.

mod shape;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flatline_harness::config::{ALERT_KEY, ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::process::FlatlineLaunch;
use flatline_harness::receiver::{Receiver, Reply};
use flatline_shared::config::{Config, Env};
use serde_json::{Value, json};

use self::shape::alike;
use crate::site::{PATIENCE_MS, Site, eventually};
use crate::world::hook_url;

const READ_KEY: &str = "fl_test_key_of_readers";

/// What a sample is.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// The file that its fence names, or this one.
    Configuration(&'static str),
    /// One entry of `channels`.
    Channel,
    /// The answer to a GET.
    Answer(&'static str),
    /// What is posted to a path.
    Request(&'static str),
    /// What the request before it is answered.
    Taken,
    /// What it is answered if it names this channel.
    Refused(&'static str),
    /// What is answered when the channel was tried out.
    Tried,
    /// What is told of deliveries that wait and that died.
    Deliveries,
    /// What a webhook is sent for this event.
    Sent(&'static str),
    /// Compared by a test of the webhook, which can fold without waiting.
    Folded,
}

/// Every sample: document, heading, and what stands below it, in order.
const SAMPLES: [(&str, &str, &[Role]); 24] = [
    ("docs/alert-sources.md", "Datadog", &[Role::Request("/api/alert")]),
    ("docs/alerts.md", "Request", &[Role::Request("/api/alert")]),
    ("docs/alerts.md", "Answers", &[Role::Taken, Role::Refused("teams")]),
    ("docs/api.md", "Errors", &[Role::Answer("/api/uptime?serviceId=nope")]),
    ("docs/api.md", "GET /api/status", &[Role::Answer("/api/status")]),
    ("docs/api.md", "GET /api/uptime", &[Role::Answer("/api/uptime?serviceId=api")]),
    ("docs/api.md", "GET /api/services", &[Role::Answer("/api/services")]),
    ("docs/api.md", "GET /api/logs", &[Role::Answer("/api/logs?serviceId=api")]),
    ("docs/api.md", "GET /api/alerts/recent", &[Role::Answer("/api/alerts/recent?limit=1")]),
    ("docs/api.md", "GET /api/deliveries", &[Role::Deliveries]),
    ("docs/api.md", "GET /health", &[Role::Answer("/health")]),
    ("docs/configuration.md", "services.json", &[Role::Configuration("services.json")]),
    ("docs/configuration.md", "notifications.json", &[Role::Configuration("notifications.json")]),
    ("docs/configuration.md", "settings.json", &[Role::Configuration("settings.json")]),
    ("docs/configuration.md", "dashboard.json", &[Role::Configuration("dashboard.json")]),
    ("docs/heartbeats.md", "Request", &[Role::Request("/api/heartbeat")]),
    ("docs/notifications.md", "Trying a channel out", &[Role::Tried]),
    ("docs/notifications.md", "Discord", &[Role::Channel]),
    ("docs/notifications.md", "Slack", &[Role::Channel]),
    ("docs/notifications.md", "Telegram", &[Role::Channel]),
    ("docs/notifications.md", "E-mail", &[Role::Channel, Role::Channel, Role::Channel]),
    ("docs/notifications.md", "Pushover", &[Role::Channel]),
    ("docs/notifications.md", "PagerDuty", &[Role::Channel]),
    ("docs/notifications.md", "Webhook", &[Role::Configuration("notifications.json")]),
];

/// The samples of this heading are what webhooks are sent.
const SENT: (&str, &str, &[Role]) = (
    "docs/notifications.md",
    "What is sent",
    &[Role::Sent("down"), Role::Sent("alert"), Role::Folded],
);

/// A block of JSON in a document.
#[derive(Debug)]
struct Sample {
    document: String,
    heading: String,
    /// The section around it, in which its variables are named.
    section: String,
    json: Value,
}

/// Every document for users.
fn documents() -> Result<Vec<(String, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = vec!["README.md".to_owned()];
    for entry in fs::read_dir(root.join("docs"))? {
        let path = entry?.path();
        // Beside the documents lie their pictures.
        if let Some(stem) =
            path.file_stem().filter(|_| path.extension().is_some_and(|it| it == "md"))
        {
            names.push(format!("docs/{}.md", stem.display()));
        }
    }
    names.sort();
    let read = |name: String| Ok((name.clone(), fs::read_to_string(root.join(name))?));
    names.into_iter().map(read).collect()
}

fn samples() -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for (document, text) in documents()? {
        for section in text.split("\n#").skip(1) {
            let (heading, _) = section.split_once('\n').unwrap_or((section, ""));
            for fence in section.split("```json").skip(1) {
                let (_, json) = fence.split_once('\n').context("a fence has lines")?;
                let json = json.split("```").next().unwrap_or_default();
                samples.push(Sample {
                    document: document.clone(),
                    heading: heading.trim_start_matches('#').trim().to_owned(),
                    section: section.to_owned(),
                    json: serde_json::from_str(json)
                        .with_context(|| format!("{document}: {json}"))?,
                });
            }
        }
    }
    Ok(samples)
}

/// Every sample with what it is.
fn with_roles() -> Result<Vec<(Sample, Role)>> {
    let mut found = Vec::new();
    let mut left = samples()?;
    for (document, heading, roles) in SAMPLES.iter().chain([&SENT]) {
        let is_here = |sample: &Sample| sample.document == *document && sample.heading == *heading;
        let here: Vec<_> = left.extract_if(.., |sample| is_here(sample)).collect();
        ensure!(here.len() == roles.len(), "{document}, {heading}: {} samples", here.len());
        found.extend(here.into_iter().zip(roles.iter().copied()));
    }
    ensure!(left.is_empty(), "nobody tries these samples: {left:#?}");
    Ok(found)
}

/// The `NOTIFICATION_` variables that a text names, with something that may stand in each.
fn variables(section: &str) -> BTreeMap<String, String> {
    let names = section.split('`').filter(|word| word.starts_with("NOTIFICATION_"));
    let names = names.filter(|word| !word.contains('<'));
    names
        .map(|name| {
            let value = match name {
                name if name.ends_with("URL") => "https://hooks.example/x",
                name if name.ends_with("DOMAIN") => "mg.example.com",
                _ => "x",
            };
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn every_configuration_that_is_shown_loads_without_a_word() -> Result<()> {
    let mut tried = 0;
    for (sample, role) in with_roles()? {
        let (file, document) = match role {
            Role::Configuration(file) => (file, sample.json),
            Role::Channel => ("notifications.json", json!({"channels": [sample.json]})),
            _ => continue,
        };
        let mut files = BTreeMap::from([
            ("services.json", json!({"services": [{"id": "x"}]})),
            (
                "notifications.json",
                json!({"channels": [{"type": "slack", "name": "x", "enabled": false}]}),
            ),
        ]);
        files.insert(file, document);
        let texts: Vec<_> = files.iter().map(|(name, json)| (*name, json.to_string())).collect();
        let load = |env: &Env| Config::from_json(texts.iter().map(|(n, t)| (*n, t.as_str())), env);
        let named = variables(&sample.section);
        let config = load(&Env::of(named.clone()));
        let config = config.unwrap_or_else(|errors| panic!("{}: {errors:?}", sample.heading));
        ensure!(config.warnings.is_empty(), "{}: {:?}", sample.heading, config.warnings);
        let needed = load(&Env::default()).err().map(|errors| format!("{errors:?}"));
        ensure!(named.is_empty() || needed.is_some() || sample.heading == "E-mail");
        tried += 1;
    }
    assert_eq!(tried, 13);
    Ok(())
}

/// A server as the samples assume it, and the receiver of its channel.
struct Shown {
    url: String,
    site: Site,
    receiver: Receiver,
    _server: flatline_harness::process::Flatline,
}

impl Shown {
    async fn start() -> Result<Self> {
        let receiver = Receiver::start().await?;
        let config = ConfigDir::new()?
            .service_json(json!({"id": "api", "name": "API", "stalenessThreshold": 3}))?
            .service("my-service", 3_600)?
            .service("a", 3_600)?
            .service("b", 3_600)?
            .channel_json(json!({"type": "webhook", "name": "Ops webhook"}))?
            .variable("NOTIFICATION_OPS_WEBHOOK_URL", &hook_url(&receiver))
            .variable("FLATLINE_PUBLIC_URL", "https://status.example")
            .variable("READ_API_KEY", READ_KEY);
        let server = FlatlineLaunch::with(config).start().await?;
        let url = server.url();
        Ok(Self { site: Site::at(url.clone()), url, receiver, _server: server })
    }

    /// Posts with the key of the path; the status and the body.
    async fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let key = if path == "/api/heartbeat" { KEY } else { ALERT_KEY };
        let request = http_client().post(format!("{}{path}", self.url)).bearer_auth(key);
        let answer = request.json(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Posts what must be taken as it is.
    async fn taken(&self, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.post(path, body).await?;
        ensure!(status == 200, "{body}: {status} {answer}");
        ensure!(answer.get("warnings").is_none(), "{body}: {answer}");
        Ok(answer)
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let request = http_client().get(format!("{}{path}", self.url)).bearer_auth(READ_KEY);
        Ok(request.send().await?.json().await?)
    }

    /// What the webhook is sent for an event; of alerts, one that names its channels, as shown.
    async fn sent(&self, event: &str) -> Result<Value> {
        let wanted = |it: &flatline_harness::receiver::Received| {
            it.json["event"] == event && it.json["channels"] != json!([])
        };
        Ok(self.receiver.wait_for(wanted, PATIENCE_MS).await?.json)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_answers_and_messages_are_as_shown() -> Result<()> {
    let shown = Shown::start().await?;
    let plain = json!({"serviceId": "api"});
    let mut content = json!({"serviceId": "api", "status": "warn", "message": "slow"});
    content["metadata"] = json!({"disk": 0.91});
    content["durationMs"] = json!(1_250);
    shown.taken("/api/heartbeat", &plain).await?;
    shown.sent("down").await?;
    for heartbeat in [&content, &plain] {
        shown.taken("/api/heartbeat", heartbeat).await?;
    }
    let (mut asked, mut answered) = (Value::Null, Value::Null);
    let (reads, rest): (Vec<_>, Vec<_>) =
        with_roles()?.into_iter().partition(|(_, role)| matches!(role, Role::Answer(_)));
    for (Sample { document, heading, json, .. }, role) in rest {
        let found = match role {
            Role::Request(path) => {
                answered = shown.taken(path, &json).await?;
                asked = json;
                continue;
            }
            Role::Taken => answered.clone(),
            Role::Refused(channel) => {
                asked["channels"] = json!([channel]);
                shown.post("/api/alert", &asked).await?.1
            }
            Role::Tried => {
                let asked = json!({"channelType": "Ops webhook", "eventType": "down"});
                let answer = shown.taken("/api/test-notification", &asked).await?;
                alike(&json, &answer).context(document)?;
                continue;
            }
            Role::Sent(event) => {
                alike(&json, &shown.sent(event).await?).context(document)?;
                continue;
            }
            _ => continue,
        };
        ensure!(found == json, "{document}, {heading}: {found:#}");
    }
    // The newest entry of the feed is that of a service, as in the sample.
    shown.site.until("my-service", "degraded").await?;
    shown.taken("/api/heartbeat", &json!({"serviceId": "api", "status": "down"})).await?;
    shown.site.until("api", "down").await?;
    for (sample, role) in reads {
        let Role::Answer(path) = role else { continue };
        alike(&sample.json, &shown.get(path).await?).context(path)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_as_shown() -> Result<()> {
    let (busy, gone) = (Receiver::start().await?, Receiver::start().await?);
    busy.answer(Reply::status(503));
    gone.answer(Reply::status(410));
    let channel = |name: &str| json!({"type": "webhook", "name": name});
    let config = ConfigDir::new()?
        .service("api", 3_600)?
        .channel_json(channel("busy"))?
        .channel_json(channel("gone"))?
        .variable("NOTIFICATION_BUSY_URL", &hook_url(&busy))
        .variable("NOTIFICATION_GONE_URL", &hook_url(&gone))
        .variable("READ_API_KEY", READ_KEY);
    let server = FlatlineLaunch::with(config).start().await?;
    let shown =
        Shown { url: server.url(), site: Site::at(server.url()), receiver: busy, _server: server };
    shown.taken("/api/heartbeat", &json!({"serviceId": "api", "status": "down"})).await?;
    let both = async || {
        let found = shown.get("/api/deliveries").await?;
        let has = |state: &str| found["deliveries"].to_string().contains(&format!("\"{state}\""));
        let waits = found["deliveries"].to_string().contains("nextAttempt");
        Ok((has("dead") && waits).then_some(found))
    };
    let found = eventually("one waits, one is dead", both).await?;
    let sample = with_roles()?.into_iter().find(|(_, role)| matches!(role, Role::Deliveries));
    alike(&sample.context("a sample")?.0.json, &found)
}

/// `curl` of a document: where to, and what is sent.
fn commands(text: &str) -> Vec<(&'static str, Value)> {
    let text = text.replace("\\\n", " ");
    let commands = text.lines().filter(|line| line.trim_start().starts_with("curl "));
    // There is nothing to replay on a new server.
    let commands = commands.filter(|line| !line.contains("/api/deliveries/replay"));
    let paths = ["/api/heartbeat", "/api/alert", "/api/test-notification"];
    commands
        .filter_map(|line| {
            let (_, body) = line.split_once("-d '")?;
            let path = paths.into_iter().find(|path| line.contains(path));
            let body = serde_json::from_str(body.split('\'').next()?).expect("-d has JSON");
            Some((path.expect("the address of a command"), body))
        })
        .collect()
}

/// The heartbeats that stand within a text.
fn inline(text: &str) -> Vec<(&'static str, Value)> {
    let spans = text.split('`').filter(|span| span.starts_with("{\"service"));
    spans
        .map(|span| ("/api/heartbeat", serde_json::from_str(span).expect("a heartbeat is JSON")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commands_and_sentences_send_is_taken() -> Result<()> {
    let shown = Shown::start().await?;
    let mut sent = 0;
    for (document, text) in documents()? {
        for (path, body) in commands(&text).into_iter().chain(inline(&text)) {
            shown.taken(path, &body).await.with_context(|| document.clone())?;
            sent += 1;
        }
    }
    assert!(sent >= 4, "{sent} requests in all documents");
    Ok(())
}
