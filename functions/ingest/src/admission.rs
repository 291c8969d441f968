//! Who may send a heartbeat for what. Whoever has no valid key learns nothing, not even which ids
//! there are; the log says what the answer does not.

use flatline_shared::app::App;
use flatline_shared::config::Service;
use flatline_shared::http::keys;

use crate::CANARY;
use crate::entry::{Entry, Malformed};

/// What an admitted entry is a sign of life of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sender<'a> {
    /// A configured service.
    Service(&'a Service),
    /// Flatline itself: the proof that heartbeats can be heard.
    Canary,
}

impl<'a> Sender<'a> {
    /// Its id.
    pub(crate) fn id(self) -> &'a str {
        match self {
            Self::Service(service) => &service.spec.id,
            Self::Canary => CANARY,
        }
    }
}

/// Why an entry is refused, or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It names no service.
    #[error("{}", .0.sentence())]
    Malformed(Malformed),
    /// No key, a wrong one, or none that could be right.
    #[error("Invalid API key")]
    Key,
    /// There is no such service; only who has a valid key is told.
    #[error("Unknown serviceId")]
    Unknown,
    /// It was admitted, but the database is out of reach: worth trying again.
    #[error("The database is busy or out of reach: try again")]
    Busy,
    /// It was admitted and could not be stored.
    #[error("Internal error")]
    Fault,
}

impl Malformed {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Format => "Invalid service format",
            Self::Empty => "Invalid service entry",
        }
    }
}

/// Admits an entry with its own key or else the header's.
pub(crate) fn admit<'a>(
    app: &'a App,
    entry: &Entry,
    header_key: Option<&str>,
) -> Result<Sender<'a>, Failure> {
    if let Some(why) = entry.malformed {
        return Err(Failure::Malformed(why));
    }
    let key = entry.token.as_deref().or(header_key);
    if entry.is_canary() && keys::matches(&app.canary_key, key) {
        return Ok(Sender::Canary);
    }
    let api_keys = &app.config.api_keys;
    let Some(service) = entry.id.as_str().and_then(|id| app.config.service(id)) else {
        return Err(if api_keys.knows(key) { Failure::Unknown } else { Failure::Key });
    };
    let group = service.group.as_deref();
    if service.auth_required && !api_keys.allows(&service.spec.id, group, key) {
        log_refusal(service, key);
        return Err(Failure::Key);
    }
    Ok(Sender::Service(service))
}

fn log_refusal(service: &Service, key: Option<&str>) {
    let reason = if key.is_some() { "the key does not open it" } else { "no key was sent" };
    tracing::info!(service = service.spec.id, reason, "a heartbeat was refused");
}
