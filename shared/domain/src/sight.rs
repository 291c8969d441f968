//! Blind time: when we could not have heard a heartbeat, silence proves nothing.
//!
//! A *proof* is a heartbeat that ingest stored: the canary's, which takes the same public road as
//! everybody's, or any service's. The time between two proofs is a *hole* if it is longer than a
//! limit, or if a canary failed in it. How long a limit is fair depends on the service's window: a
//! service with a window of minutes does not care about two blind seconds. So the log keeps the
//! last hole for each of eight limits, and a service uses the largest that is not above its own.

use crate::time::overlap_ms;
use crate::{ServiceRecord, ServiceSpec, UnixMs};

/// The limits for which the last hole is kept, in ms.
pub const LIMITS_MS: [i64; 8] = [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000];

/// How far clocks of two machines may disagree before we call it a jump, in ms.
pub const CLOCK_JUMP_MS: i64 = 2_000;

/// A proof that is older than the newest by no more than this was overtaken on its way, in ms;
/// requests take no longer.
pub const OVERTAKEN_MS: i64 = 10_000;

/// After this many windows of seen silence a service is silent whatever holes lay between. Only holes
/// that are long for the service hide silence here: if failing canaries did, one that flickers would
/// hide an outage for ever.
pub const SEEN_WINDOWS: i64 = 3;

/// Time in which we could not have heard a heartbeat: between two proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hole {
    /// The proof before.
    pub start: UnixMs,
    /// The proof after.
    pub end: UnixMs,
    /// Whether it counts for every service, however short: a canary failed in it, or a clock jumped.
    pub failed: bool,
}

/// The same blind time in holes that do not touch each other, oldest first.
#[must_use]
pub fn merged(mut holes: Vec<Hole>) -> Vec<Hole> {
    holes.sort_unstable_by_key(|hole| hole.start);
    let mut apart: Vec<Hole> = Vec::new();
    for hole in holes {
        match apart.last_mut() {
            Some(last) if hole.start <= last.end => {
                last.end = last.end.max(hole.end);
                last.failed |= hole.failed;
            }
            _ => apart.push(hole),
        }
    }
    apart
}

impl Hole {
    /// Its length in ms.
    #[must_use]
    pub const fn len_ms(&self) -> i64 {
        self.end.since_ms(self.start)
    }

    /// Whether a service with this window must count it.
    #[must_use]
    pub fn counts_for(&self, window_ms: i64) -> bool {
        self.failed || self.is_long_for(window_ms)
    }

    /// Whether it is longer than the limit of a service with this window.
    #[must_use]
    pub fn is_long_for(&self, window_ms: i64) -> bool {
        self.len_ms() > LIMITS_MS[limit_index(window_ms)]
    }
}

/// Which of [`LIMITS_MS`] a service with this window uses: the largest that is not above
/// max(2 s, min(window / 2, 150 s)).
#[must_use]
pub fn limit_index(window_ms: i64) -> usize {
    let own_ms = (window_ms / 2).clamp(LIMITS_MS[0], LIMITS_MS[LIMITS_MS.len() - 1]);
    LIMITS_MS.iter().rposition(|&limit_ms| limit_ms <= own_ms).unwrap_or(0)
}

/// How often the checker must send a canary when this is the smallest window, in ms: three times a
/// window, and twice within the limit that makes a hole, so that one late canary is none.
#[must_use]
pub fn canary_period_ms(smallest_window_ms: i64) -> i64 {
    let limit_ms = LIMITS_MS[limit_index(smallest_window_ms)];
    (smallest_window_ms / 3).min(limit_ms / 2).clamp(1_000, 60_000)
}

/// After how long a canary that failed is repeated when this is the smallest window, in ms: period and
/// repetition stay within the limit that makes a hole, so that one canary that is refused hides nothing.
#[must_use]
pub fn canary_retry_ms(smallest_window_ms: i64) -> i64 {
    (LIMITS_MS[limit_index(smallest_window_ms)] / 4).min(1_000)
}

/// What is known of our own sight. Advanced only by [`SightLog::prove`], one proof at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SightLog {
    /// The newest proof.
    pub last_proof: Option<UnixMs>,
    /// A canary failed, or a clock jumped, after `last_proof`.
    pub failed: bool,
    /// The last hole longer than each of [`LIMITS_MS`].
    pub holes: [Option<Hole>; LIMITS_MS.len()],
    /// The finest limit that canaries were sent often enough for; holes shorter than it were not
    /// looked for.
    pub finest_ms: i64,
}

impl SightLog {
    /// The hole that a proof at `at` ends, if it ends one for any limit not below the finest in use.
    #[must_use]
    pub fn hole_before(&self, at: UnixMs) -> Option<Hole> {
        // Before the first proof nothing was proven: silence is counted from it.
        let last = self.last_proof.unwrap_or(at);
        let jumped_back = last.since_ms(at) > OVERTAKEN_MS;
        let failed = self.failed || jumped_back || self.last_proof.is_none();
        let long = at.since_ms(last) > self.finest_ms.max(LIMITS_MS[0]);
        (failed || long).then(|| Hole { start: last.min(at), end: at, failed })
    }

    /// The log after a proof at `at`. A proof a little older than the newest changes nothing:
    /// requests overtake each other.
    #[must_use]
    pub fn prove(&self, at: UnixMs) -> Self {
        let hole = self.hole_before(at);
        let overtaken = self.last_proof.is_some_and(|last| at <= last);
        if hole.is_none() && overtaken {
            return self.clone();
        }
        let mut next = Self { last_proof: Some(at), failed: false, ..self.clone() };
        if let Some(hole) = hole {
            for (slot, limit_ms) in next.holes.iter_mut().zip(LIMITS_MS) {
                if hole.failed || hole.len_ms() > limit_ms {
                    *slot = Some(hole);
                }
            }
        }
        next
    }

    /// The log after a proof at `at` that is learnt of only later: a heartbeat of a service, found in a
    /// ring. That a canary failed stays noted, because nobody knows which of the two was first.
    #[must_use]
    pub fn prove_late(&self, at: UnixMs) -> Self {
        if self.last_proof.is_some_and(|last| last >= at) {
            return self.clone();
        }
        Self { failed: self.failed, ..self.prove(at) }
    }

    /// The log once canaries are sent often enough for `finest_ms`. What was seen more coarsely does
    /// not count for the finer limits: for them the time until `now` is a hole.
    #[must_use]
    pub fn refined(&self, finest_ms: i64, now: UnixMs) -> Self {
        let mut next = Self { finest_ms, ..self.clone() };
        let coarse = finest_ms < self.finest_ms;
        let start = self.last_proof.unwrap_or(now).min(now);
        for (slot, limit_ms) in next.holes.iter_mut().zip(LIMITS_MS) {
            if coarse && (finest_ms..self.finest_ms).contains(&limit_ms) {
                *slot = Some(Hole { start, end: now, failed: false });
            }
        }
        next
    }

    /// The last hole that a service with this window must count.
    #[must_use]
    pub fn last_hole(&self, window_ms: i64) -> Option<Hole> {
        self.holes[limit_index(window_ms)]
    }

    /// What may be concluded from the silence of `record`. `holes` are the rows since its last
    /// heartbeat; they matter only where [`SightLog::needs_rows`] says so.
    #[must_use]
    pub fn sight(
        &self,
        record: &ServiceRecord,
        spec: &ServiceSpec,
        holes: &[Hole],
        now: UnixMs,
    ) -> Sight {
        let allowed_ms = record.allowed_ms(spec).unwrap_or(spec.window_ms);
        let heard = record.heard_until();
        let hole_end = self.last_hole(allowed_ms).map_or(heard, |hole| hole.end);
        Sight {
            silence_start: heard.max(hole_end),
            // Nobody knows yet whether the time since the last proof is a hole.
            seen_silence_ms: seen_ms(
                heard,
                self.last_proof.unwrap_or(heard).min(now),
                allowed_ms,
                holes,
            ),
            last_proof: self.last_proof,
        }
    }

    /// Whether the 3 W clause can matter for `record` at `now`, so that the hole rows since its last
    /// heartbeat must be read.
    #[must_use]
    pub fn needs_rows(&self, record: &ServiceRecord, spec: &ServiceSpec, now: UnixMs) -> bool {
        let Some(allowed_ms) = record.allowed_ms(spec) else { return false };
        let heard = record.heard_until();
        let hole_between = self.last_hole(allowed_ms).is_some_and(|hole| hole.end > heard);
        hole_between && now.since_ms(heard) > SEEN_WINDOWS * allowed_ms
    }
}

/// What may be concluded from one service's silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Where silence is counted from: the last heartbeat, or the end of the last hole, or when the
    /// service was resumed, whichever is latest.
    pub silence_start: UnixMs,
    /// Silence in all since the last heartbeat that did not lie in a long hole, in ms.
    pub seen_silence_ms: i64,
    /// The newest proof, read after it was stored.
    pub last_proof: Option<UnixMs>,
}

impl Sight {
    /// What may be concluded from a silence that a heartbeat ended at `to`: that heartbeat is the
    /// proof. `holes` are the rows since `heard`, where the silence began.
    #[must_use]
    pub fn of_gap(heard: UnixMs, to: UnixMs, window_ms: i64, holes: &[Hole]) -> Self {
        let hole_end = holes
            .iter()
            .filter(|hole| hole.counts_for(window_ms) && hole.start < to)
            .map(|hole| hole.end.min(to))
            .max();
        Self {
            silence_start: hole_end.map_or(heard, |end| end.max(heard)),
            seen_silence_ms: seen_ms(heard, to, window_ms, holes),
            last_proof: Some(to),
        }
    }
}

/// Of many proofs the few that make the same holes: from one to the farthest that is still within
/// `limit_ms`, or, over a hole, to the next. Only proofs after `last` count.
#[must_use]
pub fn sparse_proofs(last: UnixMs, mut proofs: Vec<UnixMs>, limit_ms: i64) -> Vec<UnixMs> {
    proofs.retain(|proof| *proof > last);
    proofs.sort_unstable();
    let mut sparse: Vec<UnixMs> = Vec::new();
    let mut anchor = last;
    for (index, proof) in proofs.iter().enumerate() {
        let next = proofs.get(index + 1);
        let next_is_near = next.is_some_and(|next| next.since_ms(anchor) <= limit_ms);
        if !next_is_near {
            sparse.push(*proof);
            anchor = *proof;
        }
    }
    sparse
}

/// Milliseconds of `[from, to)` that lie in no hole that is long for this window.
#[must_use]
pub fn seen_ms(from: UnixMs, to: UnixMs, window_ms: i64, holes: &[Hole]) -> i64 {
    let blind_ms: i64 = holes
        .iter()
        .filter(|hole| hole.is_long_for(window_ms))
        .map(|hole| overlap_ms(from, to, hole.start, hole.end))
        .sum();
    (to.since_ms(from) - blind_ms).max(0)
}
