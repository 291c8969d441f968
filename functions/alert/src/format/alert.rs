//! One alert of another tool.

use std::collections::BTreeMap;

use flatline_domain::{AlertNews, AlertRank, Status, UnixMs};

/// The longest title that is shown, in bytes.
pub(crate) const MAX_TITLE_BYTES: usize = 1_024;
/// The longest text that is shown, in bytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 4_096;

/// An alert, in whatever format it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Alert {
    /// As sent; never empty.
    pub(crate) title: String,
    /// As sent; may be empty.
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
    /// Without a key: what it is about, if that is not its title.
    pub(crate) topic: Option<String>,
    /// A page that shows more of it, http or https.
    pub(crate) link: Option<String>,
    /// A picture of it, http or https.
    pub(crate) image: Option<String>,
    /// When the trouble began, if the tool says so.
    pub(crate) started_at: Option<UnixMs>,
    /// When the tool saw what this says. Only where alerts may overtake each other: by what is older
    /// than what is known nothing changes.
    pub(crate) changed_at: Option<UnixMs>,
    /// Who is to hear of it if it opens or ends nothing.
    pub(crate) news: AlertNews,
    /// Whether it says nothing of a status, so that good news may be the end.
    pub(crate) is_status_implied: bool,
}

/// Whether the trouble is there or over.
pub(crate) use flatline_domain::AlertPhase as Phase;

impl Alert {
    /// What it is to channels: critical and error are down, info and ok are up, any other severity is
    /// degraded; what is resolved is up.
    pub(crate) fn status(&self) -> Status {
        match self.phase {
            Phase::Resolved => Status::Up,
            Phase::Firing => AlertRank::of(&self.severity).status(),
        }
    }

    /// Who is to hear of it if it opens or ends nothing: severity `none` is that of alerts that are no
    /// trouble, such as Prometheus' Watchdog.
    pub(crate) fn news(&self) -> AlertNews {
        match (self.severity.trim().eq_ignore_ascii_case("none"), self.phase) {
            (false, _) => self.news,
            (true, Phase::Firing) => AlertNews::Note,
            (true, Phase::Resolved) => AlertNews::State,
        }
    }

    /// The same, seen by its tool at this instant.
    pub(crate) fn at(self, seen_at: Option<UnixMs>) -> Self {
        Self { started_at: seen_at, changed_at: seen_at, ..self }
    }

    /// What its source knows it by.
    pub(crate) fn identity(&self) -> &str {
        self.dedup_key.as_deref().or(self.topic.as_deref()).unwrap_or(&self.title)
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
