//! The one sender: no redirects, no proxies, no private addresses, no waiting for ever.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ipnet::IpNet;
use reqwest::{Certificate, Client, ClientBuilder, Response};

use super::guard::{Guard, Refusal, Road, road};
use super::tls::{in_words, use_ring};
use super::{Answer, BoxFuture, Encryption, HttpRequest, Outgoing, SendError, Transport, smtp};

/// Bytes of an answer that are read; the rest is dropped.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest that a whole request may take, in ms; also the default.
pub const REQUEST_TIMEOUT_MAX_MS: u64 = 10_000;

/// What every client of ours has in common: its name, whom it trusts, no redirects, no proxies.
pub(crate) fn client_builder(
    roots: &[Vec<u8>],
    timeout: Duration,
) -> Result<ClientBuilder, ClientError> {
    use_ring();
    let mut builder = Client::builder()
        .user_agent(concat!("flatline/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout);
    for root in roots {
        builder = builder.add_root_certificate(Certificate::from_der(root)?);
    }
    Ok(builder)
}

/// A client could not be built; nothing can be sent.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built: {0}")]
pub struct ClientError(#[from] pub(crate) reqwest::Error);

/// Sends to channels over the network, by HTTP and by SMTP.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    encrypted: Line,
    plain: Line,
    roots: Arc<[Vec<u8>]>,
    timeout: Duration,
}

/// One client with the guard that its resolver obeys.
#[derive(Clone, Debug)]
struct Line {
    client: Client,
    guard: Guard,
}

impl Line {
    fn new(
        allow_private: &[IpNet],
        road: Road,
        roots: &[Vec<u8>],
        timeout: Duration,
    ) -> Result<Self, ClientError> {
        let guard = Guard::new(allow_private, road);
        let builder = client_builder(roots, timeout)?
            .https_only(road == Road::Encrypted)
            .dns_resolver(guard.clone());
        Ok(Self { client: builder.build()?, guard })
    }
}

impl HttpTransport {
    /// Reaches public addresses by https, and those in `allow_private` also by http. `timeout_ms`
    /// (`REQUEST_TIMEOUT`) bounds a whole request; more than [`REQUEST_TIMEOUT_MAX_MS`] counts as
    /// that.
    pub fn new(allow_private: &[IpNet], timeout_ms: u64) -> Result<Self, ClientError> {
        Self::trusting(&[], allow_private, timeout_ms)
    }

    /// The same, for receivers whose certificates one of these signed as well (DER).
    pub fn trusting(
        roots: &[Vec<u8>],
        allow_private: &[IpNet],
        timeout_ms: u64,
    ) -> Result<Self, ClientError> {
        let timeout = Duration::from_millis(timeout_ms.clamp(1, REQUEST_TIMEOUT_MAX_MS));
        Ok(Self {
            encrypted: Line::new(allow_private, Road::Encrypted, roots, timeout)?,
            plain: Line::new(allow_private, Road::Plain, roots, timeout)?,
            roots: roots.into(),
            timeout,
        })
    }

    async fn deliver(self, outgoing: Outgoing) -> Result<Answer, SendError> {
        match outgoing {
            Outgoing::Http(request) => self.request(request).await,
            Outgoing::Smtp(submission) => {
                let line = match submission.encryption {
                    Encryption::None => self.plain,
                    Encryption::Tls | Encryption::StartTls => self.encrypted,
                };
                smtp::submit(submission, line.guard, &self.roots, self.timeout).await
            }
        }
    }

    async fn request(self, outgoing: HttpRequest) -> Result<Answer, SendError> {
        let line = match road(&outgoing.url)? {
            Road::Encrypted => self.encrypted,
            Road::Plain => self.plain,
        };
        line.guard.judge_url(&outgoing.url)?;
        let host = outgoing.url.host_str().unwrap_or_default().to_owned();
        let sent = line
            .client
            .request(outgoing.method, outgoing.url)
            .headers(outgoing.headers)
            .body(outgoing.body)
            .send()
            .await;
        let response = sent.map_err(|error| failure(&host, error))?;
        Ok(read(response).await)
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        Box::pin(self.clone().deliver(request))
    }
}

/// Reads the answer. Its status says what became of the request, so a body that breaks off or never
/// ends is cut, not an error.
async fn read(mut response: Response) -> Answer {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while body.len() < ANSWER_MAX_BYTES {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        let room = ANSWER_MAX_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    Answer { status, headers, body: Bytes::from(body) }
}

impl From<Refusal> for SendError {
    fn from(refusal: Refusal) -> Self {
        Self::Forbidden(refusal.to_string())
    }
}

/// Says what went wrong, with the host but never the rest of the URL.
pub(super) fn failure(host: &str, error: reqwest::Error) -> SendError {
    let error = error.without_url();
    let mut causes =
        std::iter::successors(Some(&error as &(dyn Error + 'static)), |cause| (*cause).source());
    if let Some(refusal) = causes.clone().find_map(|cause| cause.downcast_ref::<Refusal>()) {
        return SendError::Forbidden(refusal.to_string());
    }
    let doing = if error.is_connect() { "connecting to" } else { "sending to" };
    if error.is_timeout() {
        return SendError::Failed(format!("{doing} {host} took too long"));
    }
    let innermost = causes.by_ref().last().map(ToString::to_string).unwrap_or_default();
    let innermost = in_words(innermost);
    SendError::Failed(format!("{doing} {host} failed: {innermost}"))
}

#[cfg(test)]
mod tests;
