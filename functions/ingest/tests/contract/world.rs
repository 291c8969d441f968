//! A router over an engine in memory, with a clock that stands still and a database that can be out
//! of reach.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use axum::Router;
use axum::body::Body;
use flatline_domain::{ServiceRecord, SightLog, UnixMs};
use flatline_embedded::{Engine, Execution, client_with};
use flatline_shared::app::App;
use flatline_shared::clock::Clock;
use flatline_shared::config::{Config, Env, Secret};
use flatline_shared::notify::{Answer, BoxFuture, Canary, Outgoing, SendError, Transport};
use flatline_shared::store::{IfMissing, Store, SweepFilter};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::Notify;
use tower::ServiceExt;

/// When every test begins.
pub const START: UnixMs = UnixMs(1_795_000_000_000);

/// The key of the canary.
pub const CANARY_KEY: &str = "canary-secret";

const API_KEYS: &str = r#"{"api":["key-api","key-api-next"],"core":"key-core","solo":"key-solo",
    "quiet":"key-quiet","never":"key-never","off":"key-off"}"#;

/// What is configured otherwise than usual.
pub struct Setup {
    /// `API_KEYS`.
    pub api_keys: &'static str,
    /// `settings.json`.
    pub settings: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self { api_keys: API_KEYS, settings: "{}" }
    }
}

/// Everything that a test needs.
pub struct World {
    pub app: App,
    pub router: Router,
    clock: Arc<StillClock>,
    road: Road,
}

/// Which operations of the database are out of reach.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Outage<'a> {
    #[default]
    None,
    All,
    Of(&'a str),
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body as text; empty if there is none.
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    /// A header, empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let clock = Arc::new(StillClock(AtomicI64::new(START.0)));
        let road = Road::new(Engine::memory().unwrap().http_client(Execution::Inline));
        let client = client_with(SharedHttpClient::new(road.clone()));
        let store = Store::open(client, "flatline", clock.clone(), IfMissing::Create);
        let app = App {
            config: Arc::new(config(&setup)),
            revision: 1,
            store: store.await.unwrap(),
            clock: clock.clone(),
            canary: Arc::new(Nowhere),
            canary_key: Secret::new(CANARY_KEY),
            transport: Arc::new(Nowhere),
            doorbell: Arc::new(Notify::new()),
        };
        road.calls();
        Self { router: flatline_ingest::router(app.clone()), app, clock, road }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, text }
    }

    /// A heartbeat with this key.
    pub async fn beat(&self, key: &str, body: Value) -> Reply {
        self.post(key, body.to_string()).await
    }

    /// Any text to the heartbeat endpoint; without a key if it is empty.
    pub async fn post(&self, key: &str, body: impl Into<Body>) -> Reply {
        let mut request = Request::post("/api/heartbeat");
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Moves the clock.
    pub fn pass_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// The clock.
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// From now on these operations of the database are out of reach.
    pub fn set_outage(&self, outage: Outage<'static>) {
        *self.road.outage.lock().unwrap() = outage;
    }

    /// Operations of the database since the last call of this.
    pub fn calls(&self) -> Vec<String> {
        self.road.calls()
    }

    /// The record of a service.
    pub async fn record(&self, id: &str) -> Option<ServiceRecord> {
        self.app.store.service(id).await.unwrap()
    }

    /// No service, no log row, no proof was stored.
    pub async fn assert_nothing_stored(&self, sentence: &str) {
        let swept = self.app.store.sweep(SweepFilter::All).await.unwrap();
        assert_eq!(swept.records, [], "{sentence}");
        for service in &self.app.config.services {
            let logs = self.app.store.logs(&service.spec.id, self.now(), 1).await.unwrap();
            assert_eq!(logs, [], "{sentence}");
        }
        let sight = self.app.store.sight_log().await.unwrap();
        assert_eq!(sight, SightLog::default(), "{sentence}");
    }
}

fn config(setup: &Setup) -> Config {
    let hook = "https://hook.example/in";
    let env = [
        ("API_KEYS", setup.api_keys),
        ("NOTIFICATION_HOOK_URL", hook),
        ("NOTIFICATION_DOWNS_ONLY_URL", hook),
    ];
    let files = [
        ("services.json", include_str!("services.json")),
        ("notifications.json", include_str!("notifications.json")),
        ("settings.json", setup.settings),
    ];
    let env = Env::of(env.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Config::from_json(files, &env).unwrap_or_else(|errors| panic!("{:?}", errors.0))
}

/// A clock that moves when somebody sleeps or a test says so.
struct StillClock(AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn sleep(&self, ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.fetch_add(ms, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// The road to the database: counts, and breaks when told.
#[derive(Clone, Debug)]
struct Road {
    engine: SharedHttpClient,
    outage: Arc<Mutex<Outage<'static>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Road {
    fn new(engine: SharedHttpClient) -> Self {
        Self { engine, outage: Arc::default(), calls: Arc::default() }
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

/// The engine's connector behind the road.
#[derive(Debug)]
struct Lane {
    road: Road,
    connector: SharedHttpConnector,
}

impl HttpClient for Road {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.engine.http_connector(settings, components);
        SharedHttpConnector::new(Lane { road: self.clone(), connector })
    }
}

impl HttpConnector for Lane {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let outage = *self.road.outage.lock().unwrap();
        let is_out = outage == Outage::All || outage == Outage::Of(&operation);
        self.road.calls.lock().unwrap().push(operation);
        if is_out {
            let broken = ConnectorError::io("the road is broken".into());
            return HttpConnectorFuture::ready(Err(broken));
        }
        let connector = self.connector.clone();
        HttpConnectorFuture::new(async move {
            // As on a network, whoever else is ready goes first.
            tokio::task::yield_now().await;
            connector.call(request).await
        })
    }
}

/// In place of what ingest never uses.
struct Nowhere;

impl Canary for Nowhere {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        unreachable!("ingest sends no canary")
    }
}

impl Transport for Nowhere {
    fn send(&self, _request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        unreachable!("ingest sends nothing")
    }
}
