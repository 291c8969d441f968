//! The engine alone: the same write that a heartbeat is, without anything around it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use flatline_domain::UnixMs;
use flatline_embedded::{Engine, Execution, client_with};
use flatline_shared::clock::SharedClock;
use flatline_shared::store::{Beat, IfMissing, Store};

/// Remembers the last request on its way.
#[derive(Clone)]
struct Eavesdropper {
    inner: SharedHttpConnector,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl fmt::Debug for Eavesdropper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Eavesdropper")
    }
}

impl HttpConnector for Eavesdropper {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = body;
        self.inner.call(request)
    }
}

/// The transport that is listened to.
#[derive(Clone, Debug)]
struct Tapped {
    inner: SharedHttpClient,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl HttpClient for Tapped {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Eavesdropper { inner, heard: self.heard.clone() })
    }
}

/// A file-backed engine with a record per service, and the requests that store their heartbeats.
pub struct Alone {
    engine: Engine,
    requests: Vec<Vec<u8>>,
    _home: tempfile::TempDir,
}

impl Alone {
    /// Stores one heartbeat per service, as ingest does.
    pub async fn with(ids: &[String], clock: &SharedClock) -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let engine = Engine::open(&home.path().join("flatline.db"))?;
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let inner = engine.http_client(Execution::Inline);
        let client = client_with(SharedHttpClient::new(Tapped { inner, heard: heard.clone() }));
        let store = Store::open(client, "flatline", clock.clone(), IfMissing::Create).await?;
        let mut requests = Vec::new();
        for id in ids {
            let at = UnixMs(clock.now().0);
            store.beat(&Beat { id, at, window_ms: 3_600_000, stated: None }).await?;
            requests.push(heard.lock().unwrap_or_else(PoisonError::into_inner).clone());
        }
        Ok(Self { engine, requests, _home: home })
    }

    /// Writes per second by so many callers of which each makes `each` calls.
    pub fn rate(&self, callers: usize, each: usize, clock: &SharedClock) -> io::Result<f64> {
        let began_ms = clock.monotonic_ms();
        let done = thread::scope(|scope| {
            let start = |caller: usize| {
                let requests = self.requests.iter().skip(caller).step_by(callers).cycle();
                scope.spawn(move || {
                    let answers = requests.take(each).map(|it| self.engine.call("UpdateItem", it));
                    answers.filter(|answer| answer.status == 200).count()
                })
            };
            let running: Vec<_> = (0..callers).map(start).collect();
            running.into_iter().map(|caller| caller.join().unwrap_or(0)).sum::<usize>()
        });
        if done != callers * each {
            return Err(io::Error::other(format!("{done} of {} writes", callers * each)));
        }
        Ok(done as f64 * 1_000.0 / (clock.monotonic_ms() - began_ms).max(1) as f64)
    }
}
