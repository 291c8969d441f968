//! The AWS SDK's transport, answered by the engine.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Region, RuntimeComponents, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use crate::engine::{Answer, Engine};

/// Where the engine's (synchronous) work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// On the calling task: no thread is involved, so tokio's paused clock may advance by itself.
    Inline,
    /// On tokio's blocking pool, so that an fsync never holds up a worker. A call that its caller has
    /// given up on is finished all the same, as it would be at AWS.
    Blocking,
}

/// Hands requests to the engine.
#[derive(Clone, Debug)]
pub(crate) struct EmbeddedHttpClient {
    engine: Engine,
    execution: Execution,
}

impl EmbeddedHttpClient {
    pub(crate) fn new(engine: Engine, execution: Execution) -> Self {
        Self { engine, execution }
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let engine = self.engine;
        let answer = match self.execution {
            Execution::Inline => engine.call(&target, &body),
            Execution::Blocking => tokio::task::spawn_blocking(move || engine.call(&target, &body))
                .await
                .map_err(|lost| ConnectorError::other(lost.into(), None))?,
        };
        response(answer)
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

/// The configuration of a client over `http_client`: static credentials, no stalled-stream protection,
/// tokio's sleep. Time-outs and retries are the caller's to add.
pub fn client_config(http_client: SharedHttpClient) -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("embedded", "embedded", None, None, "embedded"))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client)
}

/// A client over `http_client`, usually [`Engine::http_client`] with something around it.
pub fn client_with(http_client: SharedHttpClient) -> Client {
    Client::from_conf(client_config(http_client).build())
}
