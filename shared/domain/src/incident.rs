//! Stretches of trouble.

use crate::{Status, Transition, UnixMs};

/// What a transition does to a service's incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentChange {
    /// Nothing.
    None,
    /// Trouble begins.
    Open {
        /// When, and the incident's key.
        start: UnixMs,
        /// Degraded or down.
        kind: Status,
    },
    /// A degraded service went down: the same incident, now of the worse kind.
    Worsen {
        /// The incident's key.
        start: UnixMs,
    },
    /// Trouble ends.
    Close {
        /// The incident's key.
        start: UnixMs,
        /// When.
        end: UnixMs,
    },
}

impl Transition {
    /// What this transition does to the incident that began at `open`, if one is open.
    #[must_use]
    pub fn incident(&self, open: Option<UnixMs>) -> IncidentChange {
        match (open, self.to) {
            (Some(start), Status::Down) if self.from == Status::Degraded => {
                IncidentChange::Worsen { start }
            }
            (Some(_), to) if to.is_incident() => IncidentChange::None,
            (Some(start), _) => IncidentChange::Close { start, end: self.at },
            (None, kind) if kind.is_incident() => IncidentChange::Open { start: self.at, kind },
            (None, _) => IncidentChange::None,
        }
    }
}
