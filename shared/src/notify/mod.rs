//! Channels: message in, request out; one transport sends.
//!
//! # Adding a channel
//!
//! One file here and its name in the list below. The file has a `FORMAT`: what the configuration may
//! say ([`ChannelType`]), a pure `request` (a [`Message`] and the [`Channel`] in, an [`Outgoing`]
//! out) and a pure `judge` (an [`Answer`] in, a [`Verdict`] out; [`verdict::by_status`] if the vendor
//! keeps to HTTP). Where a vendor needs a request of its own first, `ahead` makes it. What a message says is in its [`Story`]; [`fit`] escapes it for the vendor and
//! cuts it to the vendor's limits. Order, retries, time-outs, redirects, the guard against private
//! addresses and the log are the same for all and not its business. A message may
//! tell of many deliveries ([`Message::is_folded`]), but never to a type that holds incidents
//! ([`ChannelType::tracks_incidents`]). Snapshot what `request` makes of every event
//! (`tests`), and add a section to docs/notifications.md.

mod address;
mod base;
mod canary;
pub mod fit;
mod guard;
mod mask;
mod message;
mod outgoing;
pub(crate) mod signature;
mod smtp;
mod story;
mod tls;
mod transport;
pub mod verdict;

use flatline_domain::UnixMs;

use crate::config::{Channel, ChannelKind, ChannelType};

pub use canary::{CanaryError, HttpCanary};
pub use mask::Mask;
pub use message::{Message, Undelivered};
pub use outgoing::{
    Ahead, Answer, BoxFuture, Canary, Encryption, HttpRequest, Outgoing, RequestError, SendError,
    Submission, Transport,
};
pub use story::{Story, Tone};
pub use tls::use_ring;
pub(crate) use transport::client_builder;
pub use transport::{ClientError, HttpTransport, REQUEST_TIMEOUT_MAX_MS};
pub use verdict::Verdict;

/// What one type of channel speaks.
#[derive(Clone, Copy)]
pub struct Format {
    /// What its configuration may say.
    pub about: &'static ChannelType,
    /// Makes the requests that have to go ahead of it; most types have none.
    pub ahead: fn(&Message<'_>, &Channel) -> Result<Vec<Ahead>, RequestError>,
    /// Makes the request that tells the channel of this message.
    pub request: fn(&Message<'_>, &Channel) -> Result<Outgoing, RequestError>,
    /// Says what an answer means; the instant is now.
    pub judge: fn(&Answer, UnixMs) -> Verdict,
}

/// Declares the modules of channels and lists their formats.
macro_rules! channels {
    ($($name:ident,)*) => {
        $(pub mod $name;)*
        const FORMATS: &[Format] = &[$($name::FORMAT),*];
        // Apart, so that whoever only reads configurations has no requests in its binary.
        static TYPES: &[&ChannelType] = &[$($name::FORMAT.about),*];
    };
}

channels! {
    discord,
    slack,
    telegram,
    email,
    webhook,
    pushover,
    pagerduty,
}

/// Every type of channel.
pub(crate) fn types() -> impl Iterator<Item = &'static ChannelType> {
    TYPES.iter().copied()
}

/// What channels of this type speak.
#[must_use]
pub fn format(kind: ChannelKind) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.about.word == kind.as_str())
}

impl std::fmt::Debug for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.about.word)
    }
}

#[cfg(test)]
mod tests;
