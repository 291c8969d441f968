//! What is sent, what comes back, and who carries it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use flatline_domain::UnixMs;

use super::fit::one_line;
use crate::config::Secret;

/// Why a channel cannot be spoken to as it is configured. Names settings, never their values.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    /// A credential is missing.
    #[error("the channel has no {0}")]
    Missing(&'static str),
    /// An option is missing.
    #[error("the channel has no config.{0}")]
    Option(&'static str),
    /// The address is no URL.
    #[error("the channel's URL cannot be read")]
    Url,
    /// The method cannot carry a message.
    #[error("config.method must be POST, PUT, PATCH, DELETE or GET")]
    Method,
    /// A header cannot be sent.
    #[error("config.headers: \"{0}\" is not a header that can be sent")]
    Header(String),
    /// A secret cannot be used.
    #[error("the channel's {0} cannot be used")]
    Credential(&'static str),
    /// A mailbox cannot be used.
    #[error("config.{0} has no usable address")]
    Mailbox(&'static str),
}

/// A boxed future, so that transports and canaries can be chosen at start.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A message to a channel, ready to send. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// By HTTP.
    Http(HttpRequest),
    /// By SMTP.
    Smtp(Submission),
}

impl Outgoing {
    /// The host it goes to.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Http(request) => request.url.host_str().unwrap_or_default(),
            Self::Smtp(submission) => &submission.host,
        }
    }

    /// The request, if it is one.
    #[must_use]
    pub const fn http(&self) -> Option<&HttpRequest> {
        match self {
            Self::Http(request) => Some(request),
            Self::Smtp(_) => None,
        }
    }
}

/// A request that goes ahead of a message, in the same attempt. When it fails for now, so does the
/// attempt, before the message; when it is refused, the message goes all the same.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// What it does, as errors begin: `ending the emergency`.
    pub doing: &'static str,
    /// The request, judged as the message is.
    pub outgoing: Outgoing,
}

/// One HTTP request.
#[derive(Clone)]
pub struct HttpRequest {
    /// `POST` or `PUT` ...
    pub method: http::Method,
    /// Where to, secrets included.
    pub url: url::Url,
    /// Headers, secrets included.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: bytes::Bytes,
}

/// One e-mail for an SMTP server.
#[derive(Clone)]
pub struct Submission {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// User name and password.
    pub login: Option<(String, Secret)>,
    /// The bare address that it comes from.
    pub from: String,
    /// The bare addresses that it goes to.
    pub to: Vec<String>,
    /// The message, RFC 5322.
    pub message: bytes::Bytes,
}

/// How an SMTP connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte (usually port 465).
    Tls,
    /// After STARTTLS, which must succeed (usually port 587).
    StartTls,
    /// Not at all: only for listed addresses.
    None,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Submission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Submission")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("message_bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// What came back. A reply of an SMTP server is an answer too: 2yz as 200, 4yz as 503, 5yz as 400,
/// with the reply's line as the body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: http::HeaderMap,
    /// At most 64 KiB of the body.
    pub body: bytes::Bytes,
}

impl Answer {
    /// The reply of a mail server, if it may be one: one line, cut to 200 characters.
    #[must_use]
    pub fn reply(&self) -> Option<String> {
        let line = one_line(&String::from_utf8_lossy(&self.body));
        let is_reply = self.headers.is_empty() && !line.is_empty();
        is_reply.then(|| line.chars().take(200).collect())
    }
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

/// Sends one message; owns time-outs, redirects, proxies and the guard against private addresses.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` and reads the answer.
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>>;
}

/// Proves that heartbeats can be heard, by sending one on the public road.
pub trait Canary: Send + Sync + 'static {
    /// Sends one; the instant is the one that ingest stored.
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>>;

    /// Tells another monitor, whose address is a secret, that all is well here. Who cannot, does not.
    fn ping(&self, _url: &Secret) -> BoxFuture<Result<(), SendError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
