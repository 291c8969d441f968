//! Alerts of other tools, as they are stored.

use std::collections::BTreeMap;

use flatline_domain::{AlertNews, AlertPhase, AlertStep, UnixMs};

/// An external alert to be stored and routed; texts are cut to what may be kept.
#[derive(Clone, Debug, Default)]
pub struct ExternalAlert {
    /// The first 32 hex digits of SHA-256(source, key).
    pub key: String,
    /// Unique: that of its feed entry.
    pub id: String,
    /// When it came, by our clock.
    pub at: UnixMs,
    /// When its sender says that the trouble began.
    pub began_at: UnixMs,
    /// When its sender saw what it says, where no order of arrival can be relied on.
    pub changed_at: Option<UnixMs>,
    /// Who is to hear of it if it opens or ends nothing.
    pub news: AlertNews,
    /// Whether its sender says nothing of a status, so that good news may be the end.
    pub is_status_implied: bool,
    /// Whether the trouble is there or over.
    pub phase: AlertPhase,
    /// As sent.
    pub severity: String,
    /// The tool.
    pub source: String,
    /// What it is about.
    pub title: String,
    /// The text.
    pub message: String,
    /// As sent.
    pub labels: BTreeMap<String, String>,
    /// As sent.
    pub annotations: BTreeMap<String, String>,
    /// A page of its sender that shows more.
    pub link: Option<String>,
    /// Of one without a key of its own: a digest of what it says.
    pub content: Option<u64>,
    /// Name of the key that it was sent with, if keys have names.
    pub sender: Option<String>,
    /// Channels that it names, as sent.
    pub named: Vec<String>,
    /// Names of the channels to tell. An alert that ends what was open is told to exactly those
    /// channels that were told of it instead.
    pub channels: Vec<String>,
    /// Why channels that it names are not told, one sentence each.
    pub undelivered: Vec<String>,
    /// After how long what still fires is told again, in ms. `None`: never.
    pub repeat_ms: Option<i64>,
    /// Days that the feed is kept.
    pub feed_days: u32,
}

/// What became of an external alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAlert {
    /// What it did. Of what is idle nothing was stored.
    pub step: AlertStep,
    /// The channels that got a row.
    pub channels: Vec<String>,
}
