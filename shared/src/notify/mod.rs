//! Channels: notice in, request out; one transport sends. (Adding a channel: described here.)

use std::future::Future;
use std::pin::Pin;

use flatline_domain::UnixMs;

/// A boxed future, so that transports and canaries can be chosen at start.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A request to a channel, ready to send. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct Outgoing {
    /// `POST` or `PUT` ...
    pub method: http::Method,
    /// Where to, secrets included.
    pub url: url::Url,
    /// Headers, secrets included.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: bytes::Bytes,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: http::HeaderMap,
    /// At most 64 KiB of the body.
    pub body: bytes::Bytes,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address is not allowed; trying again is useless.
    #[error("{0}")]
    Forbidden(String),
    /// The request may or may not have arrived.
    #[error("{0}")]
    Failed(String),
}

/// Sends one request; owns time-outs, redirects, proxies and the guard against private addresses.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` and reads the answer.
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>>;
}

/// Proves that heartbeats can be heard, by sending one on the public road.
pub trait Canary: Send + Sync + 'static {
    /// Sends one; the instant is the one that ingest stored.
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>>;
}
