//! Who may send a heartbeat for what. Whoever has no valid key learns nothing, not even which ids
//! there are; the log says what the answer does not.

use flatline_shared::app::App;
use flatline_shared::config::Service;
use flatline_shared::http::keys;

use crate::CANARY;
use crate::entry::{Entry, Malformed};
use crate::refusal::{Reason, Refusals};

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

/// Admits each entry with its own key or else the header's; logs what is refused.
pub(crate) fn admit<'a>(
    app: &'a App,
    entries: &[Entry],
    header_key: Option<&str>,
) -> Vec<Result<Sender<'a>, Failure>> {
    let mut refusals = Refusals::default();
    let admitted =
        entries.iter().map(|entry| admit_one(app, entry, header_key, &mut refusals)).collect();
    refusals.log(app);
    admitted
}

fn admit_one<'a>(
    app: &'a App,
    entry: &Entry,
    header_key: Option<&str>,
    refusals: &mut Refusals,
) -> Result<Sender<'a>, Failure> {
    if let Some(why) = entry.malformed {
        return Err(Failure::Malformed(why));
    }
    let key = entry.token.as_deref().or(header_key);
    let result = sender(app, entry, key);
    result.map_err(|reason| {
        refusals.count(reason, &entry.id);
        let is_nothing = matches!(reason, Reason::UnknownService | Reason::NotTheCanary);
        let told = is_nothing && app.config.api_keys.knows(key);
        if told { Failure::Unknown } else { Failure::Key }
    })
}

fn sender<'a>(app: &'a App, entry: &Entry, key: Option<&str>) -> Result<Sender<'a>, Reason> {
    if entry.is_canary() {
        let is_ours = keys::matches(&app.canary_key, key);
        return if is_ours { Ok(Sender::Canary) } else { Err(Reason::NotTheCanary) };
    }
    let Some(service) = entry.id.as_str().and_then(|id| app.config.service(id)) else {
        return Err(Reason::UnknownService);
    };
    let (id, group) = (service.spec.id.as_str(), service.group.as_deref());
    let api_keys = &app.config.api_keys;
    if !service.auth_required || api_keys.allows(id, group, key) {
        Ok(Sender::Service(service))
    } else if !api_keys.covers(id, group) {
        Err(Reason::NoneConfigured)
    } else if key.is_none() {
        Err(Reason::NoneSent)
    } else {
        Err(Reason::Wrong)
    }
}
