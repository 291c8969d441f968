//! The protocol as a model: one service, one channel, two checkers, two drains and an ingest whose
//! steps interleave in every order, with crashes in between. What is decided is decided by the
//! product's own `reconcile` and `next_step`; what the model adds are the steps between reading and
//! writing.
//!
//! Each [`Mutant`] leaves out one thing that the protocol insists on. The model must find a
//! counterexample for each of them, and none without.

mod checker;
mod drain;
mod properties;
mod state;

pub use state::{Action, Checker, Drain, State};

use flatline_domain::{Membership, ServiceRecord, ServiceRoute, ServiceSpec, UnixMs};
use stateright::{Model, Property};

/// One unit of the model's time, in ms: twice the arrival slack of `reconcile`.
pub const UNIT_MS: i64 = 1_000;

/// What is left out of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Nothing.
    None,
    /// A transition and its messages are written one after the other.
    TwoWrites,
    /// A row is removed before it is sent.
    MarkBeforeSend,
    /// The commit of a silence does not insist on the last heartbeat it read.
    NoBeatCondition,
    /// Whoever hears the doorbell drains.
    NoLease,
    /// A doorbell that finds the lease taken leaves no trace.
    NoRingCounter,
    /// The sweep asks for nothing but passed deadlines.
    DeadlineOnlyFilter,
}

/// The protocol and how far it is explored.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What is left out.
    pub mutant: Mutant,
    /// The last instant, in units.
    pub last_unit: u8,
    /// Heartbeats that state up.
    pub beats: u8,
    /// Heartbeats that state down.
    pub reports: u8,
    /// Processes that may crash in the middle of something.
    pub crashes: u8,
    /// Checkers whose ticks overlap, at most two.
    pub checkers: usize,
    /// Drains that hear the doorbell, at most two.
    pub drains: usize,
    spec: ServiceSpec,
}

impl Protocol {
    /// Deciding: two checkers and an ingest race for one record; nobody delivers.
    #[must_use]
    pub fn deciding(mutant: Mutant) -> Self {
        Self { checkers: 2, drains: 0, ..Self::small(mutant) }
    }

    /// Delivering: two drains race for one channel; one checker decides.
    #[must_use]
    pub fn delivering(mutant: Mutant) -> Self {
        Self { checkers: 1, drains: 2, last_unit: 2, ..Self::small(mutant) }
    }

    /// As far as a test command has time for.
    fn small(mutant: Mutant) -> Self {
        let spec = ServiceSpec {
            id: "s".into(),
            name: "s".into(),
            membership: Membership::Active,
            window_ms: UNIT_MS,
            first_window_ms: None,
            route: ServiceRoute::default(),
        };
        Self {
            mutant,
            last_unit: 3,
            beats: 2,
            reports: 1,
            crashes: 1,
            checkers: 0,
            drains: 0,
            spec,
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let born = UnixMs(0);
        vec![State {
            now: 0,
            record: ServiceRecord::new(&self.spec, born),
            beats_left: self.beats,
            reports_left: self.reports,
            crashes_left: self.crashes,
            history: Vec::new(),
            ingest: None,
            checkers: [Checker::Idle, Checker::Idle],
            looked: false,
            rows: Vec::new(),
            told: None,
            lease: None,
            rings: 0,
            bells: 0,
            drains: [Drain::Idle, Drain::Idle],
            accepted: Vec::new(),
            ended: Vec::new(),
            false_alarm: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.now < self.last_unit {
            actions.push(Action::Pass);
        }
        Self::ingest_actions(state, actions);
        for index in 0..self.checkers {
            Self::checker_actions(state, index, actions);
        }
        for index in 0..self.drains {
            Self::drain_actions(state, index, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Pass => {
                next.now += 1;
                next.looked = false;
            }
            Action::Beat | Action::Report | Action::IngestCommit | Action::IngestCrash => {
                self.ingest(&mut next, action);
            }
            Action::Look(index) => self.look(&mut next, index),
            Action::Commit(index) => self.commit_decided(&mut next, index),
            Action::Finish(index) => Self::finish(&mut next, index),
            Action::CheckerCrash(index) => {
                next.crashes_left -= 1;
                next.checkers[index] = Checker::Idle;
            }
            Action::Hear(index) => self.hear(&mut next, index),
            Action::Read(index) => Self::read(&mut next, index),
            Action::Work(index) => self.work(&mut next, index),
            Action::Release(index) => self.release(&mut next, index),
            Action::DrainCrash(index) => Self::drain_crash(&mut next, index),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
