//! Committed changes of status.

use crate::{Event, Status, UnixMs};

/// Why a transition was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The first heartbeat since it was configured or resumed.
    FirstHeartbeat,
    /// A heartbeat stated the status.
    Reported,
    /// A heartbeat came after silence or trouble.
    Recovered,
    /// Silent for longer than the window.
    Silence,
    /// Configured for longer than the first window, and never heard.
    NeverReported,
    /// Disabled in the configuration.
    Paused,
    /// Enabled again.
    Resumed,
    /// Removed from the configuration.
    Removed,
    /// In the configuration again.
    Reopened,
}

impl Reason {
    const ALL: [Self; 9] = [
        Self::FirstHeartbeat,
        Self::Reported,
        Self::Recovered,
        Self::Silence,
        Self::NeverReported,
        Self::Paused,
        Self::Resumed,
        Self::Removed,
        Self::Reopened,
    ];

    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstHeartbeat => "first-heartbeat",
            Self::Reported => "reported",
            Self::Recovered => "recovered",
            Self::Silence => "silence",
            Self::NeverReported => "never-reported",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Removed => "removed",
            Self::Reopened => "reopened",
        }
    }

    /// The reason that [`Reason::as_str`] wrote; `None` for any other text.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// Whether the new status is what a heartbeat stated.
    #[must_use]
    pub const fn is_told_by_heartbeat(self) -> bool {
        matches!(self, Self::FirstHeartbeat | Self::Reported | Self::Recovered)
    }

    /// Whether the decision rests on hearing nothing.
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(self, Self::Silence | Self::NeverReported)
    }
}

/// One committed change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transition {
    /// Its place in the service's history, from 1, without gaps.
    pub version: u64,
    /// The status before.
    pub from: Status,
    /// The status after; never the same.
    pub to: Status,
    /// Since when the status before held.
    pub since: UnixMs,
    /// When the new status began; never before `since`. All arithmetic uses it.
    pub at: UnixMs,
    /// When it was decided.
    pub decided_at: UnixMs,
    /// Why.
    pub reason: Reason,
}

impl Transition {
    /// What channels may be told. `None`: the first heartbeat, and moves that the configuration
    /// made; of those, a closing row ends what was told before.
    #[must_use]
    pub const fn event(&self) -> Option<Event> {
        match (self.from, self.to) {
            (_, Status::Down) => Some(Event::Down),
            (_, Status::Degraded) => Some(Event::Degraded),
            (Status::Degraded | Status::Down, Status::Up) => Some(Event::Up),
            _ => None,
        }
    }

    /// Whether channels that were told of trouble must now be told that it is over because the
    /// service is no longer watched.
    #[must_use]
    pub const fn closes(&self) -> bool {
        self.to.is_out()
    }
}
