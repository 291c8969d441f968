//! Formats of alerts. Adding one: a file with a `read` like [`generic::read`], and a line in
//! [`FORMATS`].

mod generic;

use std::collections::BTreeMap;

use flatline_domain::Status;
use flatline_shared::http::ApiError;
use serde_json::{Map, Value};

/// The longest title that is shown, in bytes.
pub(crate) const MAX_TITLE_BYTES: usize = 1_024;
/// The longest text that is shown, in bytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 4_096;

/// An alert, in whatever format it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alert {
    /// As sent.
    pub(crate) title: String,
    /// As sent.
    pub(crate) message: String,
    /// As sent, in any case; never empty.
    pub(crate) severity: String,
    /// The tool; never empty.
    pub(crate) source: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// Channels that it names; empty: those that its severity goes to.
    pub(crate) channels: Vec<String>,
    /// Whether it says that the trouble is over.
    pub(crate) phase: Phase,
    /// By which the source knows it again. `None`: it stands for itself.
    pub(crate) dedup_key: Option<String>,
}

/// Whether the trouble is there or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Firing,
    Resolved,
}

impl Alert {
    /// What it is to channels: critical and error are down, info and ok are up, any other severity is
    /// degraded; what is resolved is up.
    pub(crate) fn status(&self) -> Status {
        match (self.phase, self.severity.to_ascii_lowercase().as_str()) {
            (Phase::Resolved, _) | (_, "info" | "ok") => Status::Up,
            (_, "critical" | "error") => Status::Down,
            _ => Status::Degraded,
        }
    }

    /// What is not kept as sent, one sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        [("title", &self.title, MAX_TITLE_BYTES), ("message", &self.message, MAX_MESSAGE_BYTES)]
            .into_iter()
            .filter(|(_, text, max_bytes)| text.len() > *max_bytes)
            .map(|(name, _, max_bytes)| format!("{name} is longer than {max_bytes} bytes: cut"))
            .collect()
    }
}

/// `None`: the body has another format.
type Read = fn(&Map<String, Value>) -> Option<Result<Alert, ApiError>>;

/// Every format; the first that knows a body reads it.
const FORMATS: &[Read] = &[generic::read];

/// Reads a body.
pub(crate) fn read(body: &Value) -> Result<Alert, ApiError> {
    let fields = body.as_object().ok_or_else(|| invalid("The body must be a JSON object"))?;
    let known = FORMATS.iter().find_map(|read| read(fields));
    known.unwrap_or_else(|| {
        Err(ApiError::invalid(
            "unsupported-format",
            "Unsupported alert format. Use Alertmanager, Grafana, or generic format.",
        ))
    })
}

fn invalid(sentence: impl Into<String>) -> ApiError {
    ApiError::invalid("invalid-alert", sentence)
}
