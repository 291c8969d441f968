//! Everything there is at one moment, and everything that can happen next.

use flatline_domain::{QueuedNotice, ServiceRecord, Status, Told, Transition, UnixMs};

use crate::UNIT_MS;

/// Everything that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Time passes.
    Pass,
    /// A heartbeat that states up is stored.
    Beat,
    /// A heartbeat that states down is stored.
    Report,
    /// Ingest commits what the heartbeat stated.
    IngestCommit,
    /// Ingest dies before it does.
    IngestCrash,
    /// A checker reads the record and decides.
    Look(usize),
    /// It writes what it decided.
    Commit(usize),
    /// The second of two writes.
    Finish(usize),
    /// It dies with something in its hands.
    CheckerCrash(usize),
    /// A drain hears the doorbell and asks for the channel.
    Hear(usize),
    /// It reads what waits.
    Read(usize),
    /// It sends, marks or ends a row.
    Work(usize),
    /// It gives the channel back.
    Release(usize),
    /// It dies; its lease runs out, and the timer rings.
    DrainCrash(usize),
}

/// What a checker holds in its hands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Checker {
    /// Nothing.
    Idle,
    /// A decision and what it rests on.
    Decided {
        /// The record that was read.
        seen: ServiceRecord,
        /// What is to be committed.
        transition: Transition,
    },
    /// A row still to be written, when two writes are made of one.
    Half(QueuedNotice),
}

/// What a drain is at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Drain {
    /// Nothing.
    Idle,
    /// It has the channel, and the ring counter as it was then.
    Holding(u8),
    /// It knows what waits.
    Ready {
        /// The ring counter as it was when it last looked.
        rings: u8,
        /// What waited.
        rows: Vec<QueuedNotice>,
        /// What was told.
        told: Option<Told>,
    },
    /// It sent a row that is not marked yet.
    Sent(u8, QueuedNotice),
    /// It marked a row that is not sent yet, when that order is turned round.
    Marked(u8, QueuedNotice),
}

/// Everything there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The time, in units.
    pub now: u8,
    /// The service's record.
    pub record: ServiceRecord,
    /// Heartbeats still to come.
    pub beats_left: u8,
    /// Heartbeats that state down still to come.
    pub reports_left: u8,
    /// Crashes still to come.
    pub crashes_left: u8,
    /// Committed transitions.
    pub history: Vec<Transition>,
    /// The record as ingest left it, while it has not committed what that means.
    pub ingest: Option<ServiceRecord>,
    /// Two checkers whose ticks overlap.
    pub checkers: [Checker; 2],
    /// A checker looked and found nothing to do, and nothing changed since.
    pub looked: bool,
    /// The outbox.
    pub rows: Vec<QueuedNotice>,
    /// What the channel accepted last.
    pub told: Option<Told>,
    /// The drain that has the channel.
    pub lease: Option<usize>,
    /// The ring counter.
    pub rings: u8,
    /// Doorbells that nobody has heard yet.
    pub bells: u8,
    /// Two drains.
    pub drains: [Drain; 2],
    /// Versions that the receiver got, in order.
    pub accepted: Vec<u64>,
    /// Versions that ended without being sent.
    pub ended: Vec<u64>,
    /// Silence was committed that was none.
    pub false_alarm: bool,
}

impl State {
    /// The time.
    #[must_use]
    pub fn time(&self) -> UnixMs {
        UnixMs(i64::from(self.now) * UNIT_MS)
    }

    /// Nobody has anything in hand, and nothing is on its way.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let idle = self.checkers.iter().all(|checker| *checker == Checker::Idle)
            && self.drains.iter().all(|drain| *drain == Drain::Idle);
        idle && self.ingest.is_none() && self.bells == 0 && self.looked
    }

    /// Messages that the receiver got more than once.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        let mut distinct = self.accepted.clone();
        distinct.sort_unstable();
        distinct.dedup();
        self.accepted.len() - distinct.len()
    }

    /// Whether a message about this version is somewhere: waiting, accepted, ended, or in the hands
    /// of somebody alive.
    #[must_use]
    pub fn has_message(&self, version: u64) -> bool {
        let in_hand = self.drains.iter().any(
            |drain| matches!(drain, Drain::Marked(_, row) | Drain::Sent(_, row) if row.version == version),
        );
        let half = self
            .checkers
            .iter()
            .any(|checker| matches!(checker, Checker::Half(row) if row.version == version));
        in_hand
            || half
            || self.rows.iter().any(|row| row.version == version)
            || self.accepted.contains(&version)
            || self.ended.contains(&version)
    }

    /// What a service in this status is told as.
    #[must_use]
    pub fn told_status(&self) -> Status {
        self.told.map_or(Status::Up, |told| told.status)
    }
}
