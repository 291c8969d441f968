//! The words for how a service is, and for what is told about it.

use serde::{Deserialize, Serialize};

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing heard since it was configured, resumed or reopened.
    Unknown,
    /// Its heartbeats arrive and report no trouble.
    Up,
    /// Its heartbeats arrive and report trouble.
    Degraded,
    /// Silent for longer than its window, or reported down.
    Down,
    /// Disabled in the configuration: heartbeats are stored, nobody is told.
    Paused,
    /// No longer in the configuration, and not shown.
    Closed,
}

impl Status {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Paused => "paused",
            Self::Closed => "closed",
        }
    }

    /// The status that [`Status::as_str`] wrote; `None` for any other text.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Unknown, Self::Up, Self::Degraded, Self::Down, Self::Paused, Self::Closed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }

    /// How bad it is to be told of it: up < degraded < down. What is neither counts as up.
    #[must_use]
    pub const fn badness(self) -> u8 {
        match self {
            Self::Down => 2,
            Self::Degraded => 1,
            Self::Unknown | Self::Up | Self::Paused | Self::Closed => 0,
        }
    }

    /// Whether an incident is open while a service has it.
    #[must_use]
    pub const fn is_incident(self) -> bool {
        matches!(self, Self::Degraded | Self::Down)
    }

    /// Whether the configuration put the service there, not its heartbeats.
    #[must_use]
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Paused | Self::Closed)
    }
}

/// The status that a heartbeat's `status` word states, in any case. `None`: an unknown word, which
/// counts as up with a warning, because content never refuses a sign of life.
#[must_use]
pub fn reported_status(word: &str) -> Option<Status> {
    match word.trim().to_ascii_lowercase().as_str() {
        "" | "up" | "ok" | "healthy" | "success" => Some(Status::Up),
        "degraded" | "warn" | "warning" => Some(Status::Degraded),
        "down" | "fail" | "failed" | "error" | "critical" => Some(Status::Down),
        _ => None,
    }
}

/// What a channel can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// A service went down.
    Down,
    /// A service recovered.
    Up,
    /// A service reports trouble.
    Degraded,
    /// A service is still down.
    Reminder,
    /// An alert of another tool, or of Flatline about itself.
    Alert,
    /// Somebody tries the channel out.
    Test,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Down, Self::Up, Self::Degraded, Self::Reminder, Self::Alert, Self::Test];

    /// The word that is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Reminder => "reminder",
            Self::Alert => "alert",
            Self::Test => "test",
        }
    }

    /// The event that [`Event::as_str`] wrote; `None` for any other text.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == word)
    }
}
