//! Instants and days. All arithmetic is in whole milliseconds of UTC.

use serde::{Deserialize, Serialize};

/// Milliseconds of one UTC day.
pub const DAY_MS: i64 = 86_400_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// Later than anything that will be compared with it (9999-12-31T23:59:59.999Z): "never".
    pub const NEVER: Self = Self(253_402_300_799_999);

    /// This instant moved by `ms`; it stays within what can be written as a date.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        let moved = self.0.saturating_add(ms);
        if moved > Self::NEVER.0 { Self::NEVER } else { Self(moved) }
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is later.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The UTC day that this instant lies in.
    #[must_use]
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY_MS))
    }
}

/// A UTC day, counted from 1970-01-01 = 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i64);

impl Day {
    /// Its first instant.
    #[must_use]
    pub const fn start(self) -> UnixMs {
        UnixMs(self.0 * DAY_MS)
    }

    /// The day after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Milliseconds that `[a_start, a_end)` and `[b_start, b_end)` have in common.
#[must_use]
pub fn overlap_ms(a_start: UnixMs, a_end: UnixMs, b_start: UnixMs, b_end: UnixMs) -> i64 {
    a_end.min(b_end).since_ms(a_start.max(b_start)).max(0)
}
