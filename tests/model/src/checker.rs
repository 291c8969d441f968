//! Ingest and the checkers: read, decide, write on conditions.

use flatline_domain::invariant::{SilenceFacts, no_false_alarm};
use flatline_domain::{
    Decision, QueuedNotice, ServiceRecord, Sight, Status, Transition, reconcile,
};

use crate::state::{Action, Checker, State};
use crate::{Mutant, Protocol, UNIT_MS};

impl Protocol {
    pub(crate) fn ingest_actions(state: &State, actions: &mut Vec<Action>) {
        if state.ingest.is_some() {
            actions.push(Action::IngestCommit);
            if state.crashes_left > 0 {
                actions.push(Action::IngestCrash);
            }
            return;
        }
        if state.beats_left > 0 {
            actions.push(Action::Beat);
        }
        if state.reports_left > 0 {
            actions.push(Action::Report);
        }
    }

    pub(crate) fn ingest(&self, next: &mut State, action: Action) {
        let stated = match action {
            Action::Beat => {
                next.beats_left -= 1;
                Status::Up
            }
            Action::Report => {
                next.reports_left -= 1;
                Status::Down
            }
            Action::IngestCrash => {
                next.crashes_left -= 1;
                next.ingest = None;
                return;
            }
            _ => {
                self.ingest_commit(next);
                return;
            }
        };
        // A gap is the checker's to note in this world: it looks often enough.
        next.record = next.record.after_beat(next.time(), stated, self.spec.window_ms);
        next.record.was_due = None;
        next.ingest = Some(next.record.clone());
        next.looked = false;
    }

    fn ingest_commit(&self, next: &mut State) {
        let Some(seen) = next.ingest.take() else { return };
        if let Decision::Commit(transitions) = reconcile(&seen, &self.spec, None, next.time()) {
            self.commit(next, &seen, &transitions[0]);
        }
    }

    pub(crate) fn checker_actions(state: &State, index: usize, actions: &mut Vec<Action>) {
        match &state.checkers[index] {
            Checker::Idle => actions.push(Action::Look(index)),
            Checker::Decided { .. } => actions.push(Action::Commit(index)),
            Checker::Half(_) => actions.push(Action::Finish(index)),
        }
        if state.checkers[index] != Checker::Idle && state.crashes_left > 0 {
            actions.push(Action::CheckerCrash(index));
        }
    }

    pub(crate) fn look(&self, next: &mut State, index: usize) {
        let now = next.time();
        let sight = Sight {
            silence_start: next.record.heard_until(),
            seen_silence_ms: 0,
            last_proof: Some(now),
        };
        let decision = reconcile(&next.record, &self.spec, Some(&sight), now);
        next.looked = true;
        if !self.sweep_finds(&next.record, next) {
            return;
        }
        if let Decision::Commit(transitions) = decision {
            next.looked = false;
            next.checkers[index] =
                Checker::Decided { seen: next.record.clone(), transition: transitions[0] };
        }
    }

    /// The filter of the sweep.
    fn sweep_finds(&self, record: &ServiceRecord, state: &State) -> bool {
        let due = record.deadline <= state.time();
        let unsettled = record.status != Status::Up || record.reported != record.status;
        due || (unsettled && self.mutant != Mutant::DeadlineOnlyFilter)
    }

    pub(crate) fn commit_decided(&self, next: &mut State, index: usize) {
        let checker = std::mem::replace(&mut next.checkers[index], Checker::Idle);
        let Checker::Decided { seen, transition } = checker else { return };
        if self.mutant == Mutant::TwoWrites {
            let row = notice(&transition);
            if self.holds(next, &seen, &transition) {
                apply(next, &transition);
                next.checkers[index] = row.map_or(Checker::Idle, Checker::Half);
            }
            return;
        }
        self.commit(next, &seen, &transition);
    }

    pub(crate) fn finish(next: &mut State, index: usize) {
        let checker = std::mem::replace(&mut next.checkers[index], Checker::Idle);
        if let Checker::Half(row) = checker {
            next.rows.push(row);
            next.bells += 1;
        }
    }

    /// The conditions of the transaction.
    fn holds(&self, state: &State, seen: &ServiceRecord, transition: &Transition) -> bool {
        let same_version = state.record.version == seen.version;
        let same_beat = state.record.last_beat == seen.last_beat;
        if transition.reason.is_silence() {
            same_version && (same_beat || self.mutant == Mutant::NoBeatCondition)
        } else {
            same_version && state.record.reported == seen.reported
        }
    }

    /// One transaction: the record, its history and its message, or nothing.
    fn commit(&self, next: &mut State, seen: &ServiceRecord, transition: &Transition) {
        if !self.holds(next, seen, transition) {
            next.looked = false;
            return;
        }
        apply(next, transition);
        if let Some(row) = notice(transition) {
            next.rows.push(row);
            next.bells += 1;
        }
    }
}

fn apply(next: &mut State, transition: &Transition) {
    let facts = SilenceFacts {
        heard_until: next.record.heard_until(),
        allowed_ms: UNIT_MS,
        holes: &[],
        last_proof: Some(next.time()),
    };
    if transition.reason.is_silence() && no_false_alarm(transition, &facts).is_err() {
        next.false_alarm = true;
    }
    next.record = next.record.after(transition);
    next.history.push(*transition);
    next.looked = false;
}

/// The row of a transition that is told.
fn notice(transition: &Transition) -> Option<QueuedNotice> {
    Some(QueuedNotice {
        version: transition.version,
        n: 0,
        event: transition.event()?,
        status: transition.to,
        committed_at: transition.decided_at,
        next_at: None,
        closing: false,
    })
}
