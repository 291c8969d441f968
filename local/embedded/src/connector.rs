//! The AWS SDK's transport, answered by the engine.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::auth::{Params, ResolveAuthScheme};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, ConfigBag, Region, RuntimeComponents, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionsFuture;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use crate::engine::{Answer, Engine};
use crate::operation;
use crate::queue::Queue;

/// Where the engine's (synchronous) work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// On the calling task: no thread is involved, so tokio's paused clock may advance by itself.
    Inline,
    /// On a thread of its own, in the order in which calls come, so that an fsync never holds up a
    /// worker. A call that has begun is finished, also if its caller gives up on it, as it would be at AWS.
    Blocking,
}

/// Hands requests to the engine.
#[derive(Clone)]
pub(crate) enum EmbeddedHttpClient {
    /// Itself.
    Inline(Engine),
    /// By its queue.
    Queued(Arc<Queue>),
}

impl EmbeddedHttpClient {
    pub(crate) fn new(engine: Engine, execution: Execution) -> Self {
        match execution {
            Execution::Inline => Self::Inline(engine),
            Execution::Blocking => Self::Queued(Arc::new(Queue::before(engine))),
        }
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let answer = match (operation::of(target, body), &self) {
            (Err(refused), _) => refused.into(),
            (Ok(work), Self::Inline(engine)) => engine.carry_out(work),
            (Ok(work), Self::Queued(queue)) => queue
                .carry_out(work)
                .await
                .map_err(|lost| ConnectorError::other(lost.into(), None))?,
        };
        response(answer)
    }
}

impl fmt::Debug for EmbeddedHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmbeddedHttpClient")
    }
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status =
        answer.status.try_into().map_err(|error| ConnectorError::user(Box::from(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}

impl HttpConnector for EmbeddedHttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for EmbeddedHttpClient {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Requests that leave no process need no signature.
#[derive(Debug)]
struct Unsigned;

impl ResolveAuthScheme for Unsigned {
    fn resolve_auth_scheme<'a>(
        &'a self,
        _params: &'a Params,
        _config: &'a ConfigBag,
        _components: &'a RuntimeComponents,
    ) -> AuthSchemeOptionsFuture<'a> {
        AuthSchemeOptionsFuture::ready(Ok(Vec::new()))
    }
}

/// The configuration of a client over `http_client`: unsigned, no stalled-stream protection, tokio's
/// sleep. Time-outs and retries are the caller's to add.
pub fn client_config(http_client: SharedHttpClient) -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .auth_scheme_resolver(Unsigned)
        .allow_no_auth()
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client)
}

/// As [`client_with`], but an operation that takes longer fails. There is no time-out for a single
/// attempt: with no network between, another try would only queue behind the first.
pub fn client_within(http_client: SharedHttpClient, operation: Duration) -> Client {
    let timeouts = TimeoutConfig::builder().operation_timeout(operation).build();
    Client::from_conf(client_config(http_client).timeout_config(timeouts).build())
}

/// A client over `http_client`, usually [`Engine::http_client`] with something around it.
pub fn client_with(http_client: SharedHttpClient) -> Client {
    Client::from_conf(client_config(http_client).build())
}
