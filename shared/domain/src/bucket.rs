//! How many messages a channel bears: a few at once, then one at a time.
//!
//! A channel that people read has a bucket of tokens, one per message; it fills up again one by one.
//! The last token is for everything that is ready, as one message. So however many services go down
//! together, the first few are told at once and the others are never far behind.

use crate::UnixMs;

/// How long one token takes to come back, in ms.
pub const REFILL_MS: i64 = 20_000;

/// The size of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Messages that may go out at once (`foldAbove`); 0 counts as 1.
    pub burst: u32,
    /// How long one token takes to come back, in ms.
    pub refill_ms: i64,
}

/// The tokens of one channel. The default is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// When it is full again, if nothing is taken until then.
    pub full_at: UnixMs,
}

/// What a bucket has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// More than one token: what is ready may go out one by one.
    Several,
    /// One: it is for everything that is ready.
    Last,
    /// None before this instant.
    Empty(UnixMs),
}

impl Allowance {
    const fn burst(self) -> i64 {
        if self.burst == 0 { 1 } else { self.burst as i64 }
    }
}

impl Bucket {
    /// What it has to give now.
    #[must_use]
    pub fn level(self, allowance: Allowance, now: UnixMs) -> Level {
        let room_ms = allowance.burst() * allowance.refill_ms - self.missing_ms(allowance, now);
        if room_ms >= 2 * allowance.refill_ms {
            Level::Several
        } else if room_ms >= allowance.refill_ms {
            Level::Last
        } else {
            Level::Empty(now.plus_ms(allowance.refill_ms - room_ms))
        }
    }

    /// The bucket after one message.
    #[must_use]
    pub fn take(self, allowance: Allowance, now: UnixMs) -> Self {
        let missing_ms = self.missing_ms(allowance, now) + allowance.refill_ms;
        Self { full_at: now.plus_ms(missing_ms) }
    }

    /// How long it takes to be full. What lies further ahead than an empty bucket needs was written by a
    /// clock that has been set back since: such a bucket is full, or it would stay empty until then.
    fn missing_ms(self, allowance: Allowance, now: UnixMs) -> i64 {
        let missing_ms = self.full_at.since_ms(now).max(0);
        if missing_ms > allowance.burst() * allowance.refill_ms { 0 } else { missing_ms }
    }
}
