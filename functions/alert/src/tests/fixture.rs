//! An [`App`] over a database in memory, and requests to it.

use std::sync::Arc;

use axum::body::Body;
use flatline_domain::UnixMs;
use flatline_embedded::{Engine, Execution};
use flatline_shared::app::App;
use flatline_shared::clock::{SharedClock, SystemClock};
use flatline_shared::config::{Config, Env, Secret};
use flatline_shared::notify::{Answer, BoxFuture, Canary, Outgoing, SendError, Transport};
use flatline_shared::store::{IfMissing, OutboxRow, Store};
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::Notify;
use tower::ServiceExt;

/// Channels as in the recorded cases, fewer of them.
pub const CHANNELS: &str = r#"{"enabled": true, "channels": [
  {"type": "discord", "name": "Discord Webhook", "enabled": true, "config": {}, "events": []},
  {"type": "slack", "name": "Slack Webhook", "enabled": true, "config": {}, "events": ["down", "up"]},
  {"type": "webhook", "name": "Custom Webhook", "enabled": true, "config": {}, "events": []},
  {"type": "pagerduty", "name": "PagerDuty", "enabled": false, "config": {}, "events": []},
  {"type": "pagerduty", "name": "Pager Two", "enabled": true, "config": {"externalAlerts": true}},
  {"type": "discord", "name": "Discord Off", "enabled": false, "config": {}, "events": []},
  {"type": "webhook", "name": "Internal Only", "enabled": true,
   "config": {"externalAlerts": false}, "events": []}
]}"#;

const VARIABLES: [(&str, &str); 14] = [
    ("NOTIFICATION_DISCORD_WEBHOOK_WEBHOOKURL", "https://discord.example/x"),
    ("NOTIFICATION_SLACK_WEBHOOK_WEBHOOKURL", "https://slack.example/x"),
    ("NOTIFICATION_CUSTOM_WEBHOOK_URL", "https://hooks.example/x"),
    ("NOTIFICATION_PAGER_TWO_ROUTINGKEY", "x"),
    ("NOTIFICATION_PAGERDUTY_ROUTINGKEY", "x"),
    ("NOTIFICATION_TELEGRAM_BOT_BOTTOKEN", "1:x"),
    ("NOTIFICATION_TELEGRAM_BOT_CHATID", "1"),
    ("NOTIFICATION_MAILGUN_APIKEY", "x"),
    ("NOTIFICATION_MAILGUN_DOMAIN", "mg.example"),
    ("NOTIFICATION_PUSHOVER_USERKEY", "x"),
    ("NOTIFICATION_PUSHOVER_APITOKEN", "x"),
    ("NOTIFICATION_INTERNAL_ONLY_BOTTOKEN", "1:x"),
    ("NOTIFICATION_INTERNAL_ONLY_CHATID", "1"),
    ("NOTIFICATION_INTERNAL_ONLY_URL", "https://hooks.example/y"),
];

/// The function under test.
pub struct Fixture {
    pub app: App,
}

impl Fixture {
    /// With the usual channels and key.
    pub async fn new() -> Self {
        Self::with(CHANNELS, Some("alert-secret")).await
    }

    /// With these notifications.json and ALERT_API_KEY.
    pub async fn with(notifications: &str, key: Option<&str>) -> Self {
        Self::made_of(notifications, "{}", key).await
    }

    /// With this settings.json too.
    pub async fn made_of(notifications: &str, settings: &str, key: Option<&str>) -> Self {
        Self::over(config(notifications, settings, key.map(|key| ("ALERT_API_KEY", key)))).await
    }

    /// With the usual channels and key, and these variables.
    pub async fn with_variables(variables: &[(&'static str, &str)]) -> Self {
        let key = [("ALERT_API_KEY", "alert-secret")];
        Self::over(config(CHANNELS, "{}", key.into_iter().chain(variables.iter().copied()))).await
    }

    async fn over(config: Config) -> Self {
        let clock = SystemClock::shared();
        let client = Engine::memory().unwrap().client(Execution::Inline);
        let store =
            Store::open(client, "flatline", clock.clone(), IfMissing::Create).await.unwrap();
        let app = App {
            config: Arc::new(config),
            revision: 1,
            store,
            clock,
            canary: Arc::new(Silent),
            canary_key: Secret::new("canary"),
            transport: Arc::new(Silent),
            doorbell: Arc::new(Notify::new()),
        };
        Self { app }
    }

    /// The same database with another notifications.json.
    pub fn reconfigured(&self, notifications: &str) -> App {
        let config = config(notifications, "{}", [("ALERT_API_KEY", "alert-secret")]);
        App { config: Arc::new(config), ..self.app.clone() }
    }

    /// The same with this clock.
    pub fn at(mut self, clock: SharedClock) -> Self {
        self.app.clock = clock;
        self
    }

    /// Posts to this path with the right key.
    pub async fn post_to(&self, path: &str, body: Value) -> (u16, Value) {
        let request = Request::post(path)
            .header("authorization", "Bearer alert-secret")
            .body(Body::from(body.to_string()));
        answer_of(&self.app, request.unwrap()).await
    }

    /// Posts an alert with the right key.
    pub async fn post(&self, body: Value) -> (u16, Value) {
        let request = request("authorization", "Bearer alert-secret", body.to_string());
        answer_of(&self.app, request).await
    }

    /// All that waits for any channel.
    pub async fn rows(&self) -> Vec<OutboxRow> {
        let mut rows = Vec::new();
        for channel in &self.app.config.channels {
            rows.extend(self.app.store.queued(&channel.route.name).await.unwrap());
        }
        rows
    }

    /// Titles of the feed.
    pub async fn shown(&self) -> Vec<String> {
        let now = self.app.clock.now();
        let feed = self.app.store.feed(now.plus_ms(-60_000), now, 100).await.unwrap();
        feed.into_iter().map(|entry| entry.title).collect()
    }

    /// Whether the notifier was called.
    pub fn rang(&self) -> bool {
        let notified = self.app.doorbell.notified();
        futures_util::FutureExt::now_or_never(notified).is_some()
    }
}

fn config<'a>(
    notifications: &str,
    settings: &str,
    more: impl IntoIterator<Item = (&'static str, &'a str)>,
) -> Config {
    let variables = VARIABLES.into_iter().chain(more);
    let env = Env::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let files = [
        ("services.json", r#"{"groups": [], "services": []}"#),
        ("notifications.json", notifications),
        ("settings.json", settings),
    ];
    Config::from_json(files, &env).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// A request with one header.
pub fn request(header: &str, value: &str, body: String) -> Request<Body> {
    Request::post("/api/alert").header(header, value).body(Body::from(body)).unwrap()
}

/// Status and body of the answer.
pub async fn answer_of(app: &App, request: Request<Body>) -> (u16, Value) {
    let (status, text) = send(app, request).await;
    (status, serde_json::from_str(&text).unwrap())
}

/// Status and text of the answer.
pub async fn send(app: &App, request: Request<Body>) -> (u16, String) {
    let response = crate::router(app.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// This function sends nothing.
struct Silent;

impl Canary for Silent {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        unreachable!("this function sends no canary")
    }
}

impl Transport for Silent {
    fn send(&self, _request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        unreachable!("this function sends nothing")
    }
}
