//! The gate as the SDK's transport.

use std::fmt;

use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::gate::Gate;

#[derive(Clone)]
pub(super) struct GateHttpClient {
    gate: Gate,
}

impl GateHttpClient {
    pub(super) fn through(gate: Gate) -> Self {
        Self { gate }
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let answer = self.gate.pass(target, body).await;
        let answer = answer.ok_or_else(|| ConnectorError::io("the connection was cut".into()))?;
        let status =
            answer.status.try_into().map_err(|error| ConnectorError::user(Box::from(error)))?;
        Ok(HttpResponse::new(status, SdkBody::from(answer.body)))
    }
}

impl fmt::Debug for GateHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GateHttpClient")
    }
}

impl HttpConnector for GateHttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for GateHttpClient {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
