//! The canary: a heartbeat of our own on the public road.

use std::time::Duration;

use flatline_domain::UnixMs;
use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::transport::{ClientError, client_builder, failure};
use super::{BoxFuture, Canary, SendError};
use crate::config::Secret;
use crate::render::time::parse_rfc3339;

/// How long a canary may take; a slower one proves nothing.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Where heartbeats go when the configured address names no path.
const HEARTBEAT_PATH: &str = "/api/heartbeat";

/// Sends canaries by HTTP. Its address is our own, so it may be private.
#[derive(Clone, Debug)]
pub struct HttpCanary {
    client: Client,
    url: Url,
    key: Secret,
}

/// Why a canary cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    /// FLATLINE_CANARY_URL cannot be used.
    #[error("the canary's address is not an http or https URL")]
    Url,
    /// No client.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The part of the answer that matters.
#[derive(Deserialize)]
struct Heard {
    timestamp: String,
}

impl HttpCanary {
    /// Sends to `url`: the base address of ingest, or the full address of its heartbeat endpoint.
    /// Certificates that one of `roots` (DER) signed are trusted besides those of public authorities.
    pub fn new(url: &str, key: Secret, roots: &[Vec<u8>]) -> Result<Self, CanaryError> {
        let mut url: Url = url.parse().map_err(|_| CanaryError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(CanaryError::Url);
        }
        let base = url.path().trim_end_matches('/').to_owned();
        if !base.ends_with(HEARTBEAT_PATH) {
            url.set_path(&format!("{base}{HEARTBEAT_PATH}"));
        }
        let client = client_builder(roots, TIMEOUT)?.build().map_err(ClientError::from)?;
        Ok(Self { client, url, key })
    }

    async fn send(self) -> Result<UnixMs, SendError> {
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let sent = self
            .client
            .post(self.url)
            .bearer_auth(self.key.expose())
            .json(&serde_json::json!({"serviceId": "#canary"}))
            .send()
            .await
            .map_err(|error| failure(&host, error))?;
        let status = sent.status();
        if !status.is_success() {
            return Err(SendError::Failed(format!("ingest answered the canary with {status}")));
        }
        let heard: Heard = sent.json().await.map_err(|error| failure(&host, error))?;
        parse_rfc3339(&heard.timestamp).ok_or_else(|| {
            SendError::Failed("ingest's answer to the canary has no readable timestamp".to_owned())
        })
    }
}

impl Canary for HttpCanary {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        Box::pin(self.clone().send())
    }

    fn ping(&self, url: &Secret) -> BoxFuture<Result<(), SendError>> {
        let request = self.client.get(url.expose());
        Box::pin(async move {
            let refused = |error: reqwest::Error| failure("the watchdog", error);
            request.send().await.and_then(reqwest::Response::error_for_status).map_err(refused)?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
