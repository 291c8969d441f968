//! What the tests of the router stand on: an engine in memory that counts calls, a clock that
//! stands still until it is told otherwise.

use std::collections::BTreeMap;
use std::future::ready;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use axum::Router;
use axum::body::Body;
use flatline_domain::UnixMs;
use flatline_embedded::{Engine, Execution, client_with};
use flatline_shared::app::App;
use flatline_shared::clock::{Clock, SharedClock};
use flatline_shared::config::{Config, Secret};
use flatline_shared::notify::{Answer, BoxFuture, Canary, Outgoing, SendError, Transport};
use flatline_shared::store::{IfMissing, Store};
use http::request::Builder;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::fixture::NOW;

/// Calls by operation.
type Calls = Arc<Mutex<BTreeMap<String, usize>>>;

/// A router over a fresh database.
pub struct Bench {
    pub app: App,
    router: Router,
    engine: Engine,
    calls: Calls,
    clock: Arc<ByHand>,
}

impl Bench {
    pub async fn of(config: Config) -> Self {
        let by_hand = Arc::new(ByHand::default());
        let clock: SharedClock = by_hand.clone();
        let engine = Engine::memory().unwrap();
        let calls = Calls::default();
        let counting =
            Counting { inner: engine.http_client(Execution::Inline), calls: calls.clone() };
        let client = client_with(SharedHttpClient::new(counting));
        let store =
            Store::open(client, "flatline", clock.clone(), IfMissing::Create).await.unwrap();
        let app = App {
            config: Arc::new(config),
            revision: 1,
            store,
            clock,
            canary: Arc::new(Nobody),
            canary_key: Secret::new("canary"),
            transport: Arc::new(Nobody),
            doorbell: Arc::new(Notify::new()),
        };
        Self { router: crate::router(app.clone()), app, engine, calls, clock: by_hand }
    }

    /// Time passes.
    pub fn pass(&self, ms: i64) {
        self.clock.passed_ms.fetch_add(ms, Ordering::Relaxed);
    }

    pub async fn answer(&self, request: Builder) -> (StatusCode, HeaderMap, String) {
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
    }

    /// An answer in JSON to whoever sends this `Authorization`.
    pub async fn json_with(&self, path: &str, authorization: &str) -> (StatusCode, Value) {
        let request = Request::get(path).header("authorization", authorization);
        let (status, _, body) = self.answer(request).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Sends the form with this password, over TLS.
    pub async fn sign_in(&self, password: &str) -> (StatusCode, HeaderMap, String) {
        let form = format!("password={}", password.replace(' ', "+"));
        let request = Request::post("/login").header("host", "status.example.com");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// An answer to whoever sends this `Authorization`.
    pub async fn text_with(&self, path: &str, authorization: &str) -> (StatusCode, String) {
        let request = Request::get(path).header("authorization", authorization);
        let (status, _, body) = self.answer(request).await;
        (status, body)
    }

    /// What one request asks of the database.
    pub async fn calls_of(&self, path: &str) -> BTreeMap<String, usize> {
        self.clear_calls();
        self.answer(Request::get(path)).await;
        self.calls()
    }

    /// What was asked of the database since [`Bench::clear_calls`].
    pub fn calls(&self) -> BTreeMap<String, usize> {
        self.calls.lock().unwrap().clone()
    }

    /// Forgets what was asked of the database.
    pub fn clear_calls(&self) {
        self.calls.lock().unwrap().clear();
    }

    /// Makes every attribute of the item with this sort key, but for its key, unreadable.
    pub fn spoil(&self, sort_key: &str) {
        let filter = json!({
            "TableName": "flatline",
            "FilterExpression": "SK = :sk",
            "ExpressionAttributeValues": { ":sk": { "S": sort_key } },
        });
        let found = self.call("Scan", &filter);
        let mut item = found["Items"][0].clone();
        for (name, value) in item.as_object_mut().unwrap() {
            if name != "PK" && name != "SK" {
                *value = json!({ "BOOL": true });
            }
        }
        self.call("PutItem", &json!({ "TableName": "flatline", "Item": item }));
    }

    /// Takes the database away.
    pub fn drop_table(&self) {
        self.call("DeleteTable", &json!({ "TableName": "flatline" }));
    }

    fn call(&self, operation: &str, request: &Value) -> Value {
        let answer = self.engine.call(operation, request.to_string().as_bytes());
        let body = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 200, "{operation}: {body}");
        body
    }
}

/// A clock that stands still until it is told otherwise; sleeping on it takes no time.
#[derive(Default)]
struct ByHand {
    passed_ms: AtomicI64,
}

impl Clock for ByHand {
    fn now(&self) -> UnixMs {
        NOW.plus_ms(self.monotonic_ms())
    }

    fn monotonic_ms(&self) -> i64 {
        self.passed_ms.load(Ordering::Relaxed)
    }

    fn sleep(&self, _ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(ready(()))
    }
}

/// Whom a page never talks to.
struct Nobody;

impl Canary for Nobody {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        Box::pin(ready(Err(SendError::Forbidden("a page sends no canaries".to_owned()))))
    }
}

impl Transport for Nobody {
    fn send(&self, _request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        Box::pin(ready(Err(SendError::Forbidden("a page tells nobody".to_owned()))))
    }
}

/// Counts calls on their way to the engine.
#[derive(Clone, Debug)]
struct Counting {
    inner: SharedHttpClient,
    calls: Calls,
}

impl HttpClient for Counting {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(CountingConnector { inner, calls: self.calls.clone() })
    }
}

#[derive(Debug)]
struct CountingConnector {
    inner: SharedHttpConnector,
    calls: Calls,
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        *self.calls.lock().unwrap().entry(operation).or_default() += 1;
        self.inner.call(request)
    }
}
