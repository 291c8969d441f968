//! When a channel as a whole is left alone: it asked for fewer messages, or it fails.

use crate::UnixMs;
use crate::lane::LONGEST_WAIT_MS;

/// After so many failures in a row a channel is failing: one lane at a time finds out when it
/// recovers.
pub const FAILING_AFTER: u32 = 3;
/// The longest that a failing channel is left alone, in ms.
pub const PAUSE_MS: i64 = 60_000;

/// What the last messages say of a channel. The default is well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Circuit {
    /// Attempts that failed since one was accepted.
    pub failures: u32,
    /// Nothing is sent before then.
    pub held_until: Option<UnixMs>,
}

/// How an attempt failed, as far as the whole channel is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It may be this message's alone; it is tried again then.
    Message(UnixMs),
    /// The channel wants no message before then.
    Limit(UnixMs),
    /// Many as one were not accepted; they are tried again, as one, then.
    Whole(UnixMs),
}

impl Circuit {
    /// A message was accepted.
    #[must_use]
    pub const fn accepted() -> Self {
        Self { failures: 0, held_until: None }
    }

    /// A message was not accepted.
    #[must_use]
    pub fn failed(self, fault: Fault, now: UnixMs) -> Self {
        let failures = self.failures.saturating_add(1);
        let pause = |until: UnixMs| Some(until.min(now.plus_ms(PAUSE_MS)));
        let (failures, held_until) = match fault {
            Fault::Limit(until) => (failures, Some(until)),
            Fault::Whole(until) => (failures.max(FAILING_AFTER), Some(until)),
            Fault::Message(until) if failures >= FAILING_AFTER => (failures, pause(until)),
            Fault::Message(_) => (failures, None),
        };
        Self { failures, held_until }
    }

    /// Until when nothing is sent. An end further ahead than any wait was written by a clock that has
    /// been set back since: it is over.
    #[must_use]
    pub fn held(self, now: UnixMs) -> Option<UnixMs> {
        let held = |until: &UnixMs| (1..=LONGEST_WAIT_MS).contains(&until.since_ms(now));
        self.held_until.filter(held)
    }

    /// Whether the channel takes nothing now, as far as is known.
    #[must_use]
    pub fn is_open(self, now: UnixMs) -> bool {
        self.failures >= FAILING_AFTER || self.held(now).is_some()
    }
}
