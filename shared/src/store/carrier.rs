//! The AWS SDK's transport: the HTTP client that everything else of ours uses too, so that a function
//! carries one stack.

use std::error::Error;

use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::Client;

/// Hands requests to the client. How long they may take is up to the SDK, which drops them.
#[derive(Clone, Debug)]
pub struct Carrier(Client);

impl Carrier {
    /// Over this client.
    pub const fn new(client: Client) -> Self {
        Self(client)
    }

    async fn carry(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(Box::new(error)))?
            .map(|body| body.bytes().map(<[u8]>::to_vec).unwrap_or_default());
        let request = request.try_into().map_err(|error| ConnectorError::user(Box::new(error)))?;
        let mut answer = self.0.execute(request).await.map_err(failure)?;
        let headers = std::mem::take(answer.headers_mut());
        let mut response = http::Response::new(());
        *response.status_mut() = answer.status();
        *response.headers_mut() = headers;
        let body = SdkBody::from(answer.bytes().await.map_err(failure)?);
        let response = response.map(|()| body);
        response.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))
    }
}

impl HttpConnector for Carrier {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().carry(request))
    }
}

impl HttpClient for Carrier {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Whether the request went out is unknown of all but the first two.
fn failure(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    let is_request = error.is_builder();
    let is_late = error.is_timeout();
    let error: Box<dyn Error + Send + Sync> = Box::new(error);
    if is_request {
        ConnectorError::user(error)
    } else if is_late {
        ConnectorError::timeout(error)
    } else {
        ConnectorError::io(error)
    }
}
