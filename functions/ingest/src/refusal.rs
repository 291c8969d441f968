//! What the log says of refused heartbeats: one line per request and reason, never a key.

use std::collections::BTreeMap;

use flatline_shared::app::App;
use flatline_shared::http::keys;
use flatline_shared::render::text::cut;
use serde_json::Value;

/// The longest id that is logged, in bytes: anybody may send anything.
const MAX_ID_BYTES: usize = 100;

/// Why an entry is refused; most of it is only for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// It came without a key.
    NoneSent,
    /// It came with a key that is not the service's.
    Wrong,
    /// `API_KEYS` has none that could be right.
    NoneConfigured,
    /// There is no such service, whatever the key.
    UnknownService,
    /// It is for Flatline itself and not from it.
    NotTheCanary,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NoneSent => "no key was sent",
            Self::Wrong => "the key does not open it",
            Self::NoneConfigured => "no key is configured",
            Self::UnknownService => "unknown service",
            Self::NotTheCanary => "wrong canary key",
        }
    }
}

/// The refused entries of one request: how many for each reason, and the id of the first.
#[derive(Debug, Default)]
pub(crate) struct Refusals(BTreeMap<Reason, (usize, String)>);

impl Refusals {
    /// One more; `id` as sent.
    pub(crate) fn count(&mut self, reason: Reason, id: &Value) {
        let (count, _) = self.0.entry(reason).or_insert_with(|| {
            let first = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            (0, first)
        });
        *count += 1;
    }

    /// Writes the lines.
    pub(crate) fn log(&self, app: &App) {
        for (reason, (count, first)) in &self.0 {
            let service = if is_key(app, first) { "(a key)" } else { cut(first, MAX_ID_BYTES) };
            tracing::info!(service, count, reason = reason.as_str(), "heartbeats were refused");
        }
    }
}

/// Whether somebody mixed up id and key.
fn is_key(app: &App, text: &str) -> bool {
    let config = &app.config;
    config.api_keys.knows(Some(text))
        || keys::matches(&app.canary_key, Some(text))
        || config.alert_keys.find(text).is_some()
}
