//! Channels: notice in, request out; one transport sends.
//!
//! # Adding a channel
//!
//! One file here with a pure `request` (a [`Message`] and the [`Channel`] in, an [`Outgoing`] out)
//! and a pure `judge` (an [`Answer`] in, a [`Verdict`] out; [`verdict::by_status`] if the vendor
//! keeps to HTTP), and one line in [`FORMATS`]. Order, retries, time-outs, redirects, the guard
//! against private addresses and the log are the same for all and not its business. A message may tell
//! of many deliveries ([`Message::is_folded`]). Snapshot what `request` makes of every event.

mod address;
mod canary;
mod guard;
mod message;
mod tls;
mod transport;
pub mod verdict;
pub mod webhook;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use flatline_domain::UnixMs;

use crate::config::{Channel, ChannelKind};

pub use canary::{CanaryError, HttpCanary};
pub use message::{Message, Undelivered};
pub use tls::use_ring;
pub use transport::{ClientError, HttpTransport, REQUEST_TIMEOUT_MAX_MS};
pub use verdict::Verdict;

/// What one type of channel speaks.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The type.
    pub kind: ChannelKind,
    /// Makes the request that tells the channel of this message.
    pub request: fn(&Message<'_>, &Channel) -> Result<Outgoing, RequestError>,
    /// Says what an answer means; the instant is now.
    pub judge: fn(&Answer, UnixMs) -> Verdict,
}

/// The types that deliver, one line each.
const FORMATS: &[Format] = &[webhook::FORMAT];

/// What channels of this type speak. `None`: they are not delivered yet.
#[must_use]
pub fn format(kind: ChannelKind) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.kind == kind)
}

/// Why a channel cannot be spoken to as it is configured. Names settings, never their values.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    /// A credential is missing.
    #[error("the channel has no {0}")]
    Missing(&'static str),
    /// The address is no URL.
    #[error("the channel's URL cannot be read")]
    Url,
    /// The method cannot carry a message.
    #[error("config.method must be POST, PUT or PATCH")]
    Method,
    /// A header cannot be sent.
    #[error("config.headers: \"{0}\" is not a header that can be sent")]
    Header(String),
}

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

impl fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outgoing")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
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
