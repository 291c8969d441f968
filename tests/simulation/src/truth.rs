//! What really happened, as somebody sees it who stands outside: times are those of a clock that
//! never jumps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flatline_domain::{Hole, UnixMs};
use flatline_shared::config::Config;

/// Proofs closer to each other than this are no hole for anybody, in ms.
const NO_HOLE_MS: i64 = 2_000;

/// A heartbeat that was stored.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    /// When it arrived.
    pub arrived_ms: i64,
    /// Its place among everything that was written.
    pub turn: u64,
    /// The wall clock when it arrived.
    pub wall: UnixMs,
    /// Whether it states `down`.
    pub says_down: bool,
}

/// A hole that there really was.
#[derive(Clone, Copy, Debug)]
pub struct RealHole {
    /// Its ends, in ms of the run.
    pub hole: Hole,
    /// Its place among everything that was written.
    pub turn: u64,
}

/// A hole that the product noted.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// When it noted it, in ms of the run.
    pub at_ms: i64,
    /// How long ago it began then, in ms of its clock.
    pub began_ago_ms: i64,
}

/// A transaction that changed a status.
#[derive(Clone, Debug)]
pub struct Committed {
    /// When.
    pub at_ms: i64,
    /// Its place among everything that was written.
    pub turn: u64,
    /// Whose.
    pub id: String,
    /// The versions that it wrote.
    pub versions: Vec<u64>,
    /// Channel and sort key of each row for a channel.
    pub rows: Vec<(String, String)>,
    /// Channels that had a row of the service waiting, or were told of trouble, just before.
    pub open: BTreeSet<String>,
    /// The configuration of whoever committed.
    pub config: Arc<Config>,
}

/// A jump of the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    /// When.
    pub at_ms: i64,
    /// How far.
    pub ms: i64,
    /// Whether a checker was there to see it.
    pub is_seen: bool,
}

/// Everything that really happened.
#[derive(Debug, Default)]
pub struct Truth {
    /// Heartbeats that were stored, by service.
    pub signs: BTreeMap<String, Vec<Sign>>,
    /// The newest proof.
    pub last_proof: Option<Sign>,
    /// Holes between proofs.
    pub holes: Vec<RealHole>,
    /// Holes that the product noted: when, in ms of the run, and how long.
    pub claims: Vec<Claim>,
    /// How much was written.
    turns: u64,
    /// A failed canary was stored, and no proof since.
    failed: bool,
    /// Commits that nobody checked yet.
    pub commits: Vec<Committed>,
    /// Jumps of the wall clock, in order.
    pub jumps: Vec<Jump>,
    /// Times in which something was wrong with us.
    pub troubles: Vec<(i64, i64)>,
    /// Rows that wait: channel and sort key.
    pub waiting: BTreeSet<(String, String)>,
    /// Channels that were told of trouble, by service.
    pub told_of_trouble: BTreeMap<String, BTreeSet<String>>,
    /// Who holds which channel: its name and the number of its process.
    pub owners: BTreeMap<String, (String, u32)>,
    /// Leases that somebody took over because they had run out, by channel.
    pub overruns: BTreeMap<String, u32>,
    /// Processes that died.
    pub crashes: u32,
    /// Something that does not hold was seen outside the checks.
    pub violation: Option<String>,
}

impl Truth {
    /// The next place among everything that was written.
    pub fn turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    /// How much was written.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// A service's heartbeat was stored.
    pub fn sign(&mut self, id: &str, sign: Sign) {
        self.signs.entry(id.to_owned()).or_default().push(sign);
        self.proof(sign);
    }

    /// A proof was stored.
    pub fn proof(&mut self, proof: Sign) {
        if let Some(last) = self.last_proof {
            let (start, end) = (UnixMs(last.arrived_ms), UnixMs(proof.arrived_ms));
            let failed = std::mem::take(&mut self.failed);
            if end.since_ms(start) > NO_HOLE_MS || (failed && end > start) {
                let hole = Hole { start, end, failed };
                self.holes.push(RealHole { hole, turn: proof.turn });
            }
        }
        if self.last_proof.is_none_or(|last| last.arrived_ms < proof.arrived_ms) {
            self.last_proof = Some(proof);
        }
    }

    /// It was stored that a canary failed.
    pub fn mark_blind(&mut self) {
        self.failed = true;
    }

    /// A channel was claimed.
    pub fn claimed(&mut self, channel: &str, owner: &str, process: u32) {
        let before = self.owners.insert(channel.to_owned(), (owner.to_owned(), process));
        if before.is_some_and(|before| before.0 != owner) {
            *self.overruns.entry(channel.to_owned()).or_default() += 1;
        }
    }

    /// A process died; what it held is nobody's.
    pub fn died(&mut self, process: u32) {
        self.crashes += 1;
        self.owners.retain(|_, (_, holder)| *holder != process);
    }

    /// Something is wrong with us from `from_ms` to `until_ms`.
    pub fn trouble(&mut self, from_ms: i64, until_ms: i64) {
        self.troubles.push((from_ms, until_ms));
    }

    /// When the last hole ended that a service with this window must count, in ms of the run.
    pub fn last_hole_ms(&self, window_ms: i64) -> i64 {
        let counted = self.holes.iter().filter(|real| real.hole.counts_for(window_ms));
        counted.map(|real| real.hole.end.0).max().unwrap_or(0)
    }

    /// Since when nothing was wrong with us. `None`: something is.
    pub fn calm_since_ms(&self, now_ms: i64) -> Option<i64> {
        let last = self.troubles.iter().map(|(_, until_ms)| *until_ms).max().unwrap_or(0);
        (last <= now_ms).then_some(last)
    }

    /// Whether something was wrong with us between these two.
    pub fn was_troubled(&self, from_ms: i64, until_ms: i64) -> bool {
        self.troubles.iter().any(|(from, until)| *from <= until_ms && *until >= from_ms)
    }

    /// The jump that came last before `at_ms`, if any.
    pub fn last_jump_ms(&self) -> Option<i64> {
        self.jumps.last().map(|jump| jump.at_ms)
    }

    /// When the wall clock showed `wall`, the last time before `not_after_ms`.
    pub fn real_ms(&self, start: UnixMs, wall: UnixMs, not_after_ms: i64) -> i64 {
        let mut offset_ms: i64 = self.jumps.iter().map(|jump| jump.ms).sum();
        let mut until_ms = i64::MAX;
        for jump in self.jumps.iter().rev() {
            let real_ms = wall.since_ms(start) - offset_ms;
            if jump.at_ms <= not_after_ms && (jump.at_ms..=until_ms).contains(&real_ms) {
                return real_ms.min(not_after_ms);
            }
            until_ms = jump.at_ms;
            offset_ms -= jump.ms;
        }
        (wall.since_ms(start)).min(not_after_ms)
    }

    /// Notes a violation, if it is the first.
    pub fn violates(&mut self, sentence: String) {
        self.violation.get_or_insert(sentence);
    }
}
