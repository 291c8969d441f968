//! What the tests stand on: the embedded engine in memory or, where `FLATLINE_STORE_TESTS_URL` says
//! so, an account of its own on a server that speaks DynamoDB's protocol.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use flatline_embedded::{Engine, Execution, client_with};

use super::super::Carrier;

/// Where the other server listens.
const URL: &str = "FLATLINE_STORE_TESTS_URL";

/// Longer than one of its answers takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server that looks at no signature reads from one: service and region.
const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, \
                     SignedHeaders=host, Signature=0";

/// A fresh database. Clones share it.
#[derive(Clone)]
pub enum Database {
    /// In memory.
    Embedded(Engine),
    /// Elsewhere.
    Remote {
        /// Where it listens.
        url: String,
        /// Twelve digits that nobody else uses: what keeps the tests apart.
        account: String,
    },
}

impl Database {
    /// An empty one.
    pub fn fresh() -> Self {
        static FRESH: AtomicU64 = AtomicU64::new(0);
        #[expect(
            clippy::disallowed_methods,
            reason = "a wish of the test command, not of Flatline"
        )]
        let Ok(url) = std::env::var(URL) else {
            return Self::Embedded(Engine::memory().unwrap());
        };
        let number = FRESH.fetch_add(1, Ordering::Relaxed);
        Self::Remote { url, account: format!("{:07}{number:05}", std::process::id()) }
    }

    /// An SDK client onto it.
    pub fn client(&self, execution: Execution) -> Client {
        client_with(self.http_client(execution))
    }

    /// The transport below [`Database::client`].
    pub fn http_client(&self, execution: Execution) -> SharedHttpClient {
        match self {
            Self::Embedded(engine) => engine.http_client(execution),
            Self::Remote { url, account } => {
                // Another test may have installed it already; all install the same.
                drop(rustls::crypto::ring::default_provider().install_default());
                let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
                let inner = SharedHttpClient::new(Carrier::new(client.unwrap()));
                let (url, account) = (url.clone(), account.clone());
                SharedHttpClient::new(Redirected { inner, url, account })
            }
        }
    }
}

/// Sends to another place, in the name of an account.
#[derive(Clone, Debug)]
struct Redirected<T> {
    inner: T,
    url: String,
    account: String,
}

impl HttpConnector for Redirected<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        request.set_uri(self.url.as_str()).unwrap();
        request.headers_mut().insert("x-moto-account-id", self.account.clone());
        request.headers_mut().insert("authorization", SCOPE);
        // Somebody on the way may have changed the body.
        let length = request.body().bytes().unwrap().len().to_string();
        request.headers_mut().insert("content-length", length);
        self.inner.call(request)
    }
}

impl HttpClient for Redirected<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Redirected {
            inner,
            url: self.url.clone(),
            account: self.account.clone(),
        })
    }
}
