//! The drains: claim, read, send, mark, release.

use flatline_domain::lane::next_step;
use flatline_domain::{QueuedNotice, Step, Told};

use crate::state::{Action, Drain, State};
use crate::{Mutant, Protocol};

/// The shortest cooldown, so that rows go out one by one.
const COOLDOWN_MS: i64 = 0;

impl Protocol {
    pub(crate) fn drain_actions(state: &State, index: usize, actions: &mut Vec<Action>) {
        match &state.drains[index] {
            Drain::Idle if state.bells > 0 => actions.push(Action::Hear(index)),
            Drain::Idle => return,
            Drain::Holding(_) => actions.push(Action::Read(index)),
            Drain::Ready { rows, told, .. } => {
                match next_step(rows, told.as_ref(), COOLDOWN_MS, state.time()) {
                    Step::Done | Step::Wait(_) => actions.push(Action::Release(index)),
                    Step::Send { .. } | Step::End(_) => actions.push(Action::Work(index)),
                }
            }
            Drain::Sent(..) | Drain::Marked(..) => actions.push(Action::Work(index)),
        }
        if state.drains[index] != Drain::Idle && state.crashes_left > 0 {
            actions.push(Action::DrainCrash(index));
        }
    }

    pub(crate) fn hear(&self, next: &mut State, index: usize) {
        next.bells -= 1;
        if next.lease.is_none() || self.mutant == Mutant::NoLease {
            next.lease = Some(index);
            next.drains[index] = Drain::Holding(next.rings);
        } else if self.mutant != Mutant::NoRingCounter {
            next.rings += 1;
        }
    }

    pub(crate) fn read(next: &mut State, index: usize) {
        if let Drain::Holding(rings) = next.drains[index] {
            let mut rows = next.rows.clone();
            rows.sort_by_key(|row| (row.version, row.n));
            next.drains[index] = Drain::Ready { rings, rows, told: next.told };
        }
    }

    pub(crate) fn work(&self, next: &mut State, index: usize) {
        match next.drains[index].clone() {
            Drain::Ready { rings, rows, told } => {
                match next_step(&rows, told.as_ref(), COOLDOWN_MS, next.time()) {
                    Step::Send { index: row, .. } => self.first_half(next, index, rings, rows[row]),
                    Step::End(ended) => {
                        for (row, _) in ended {
                            remove(next, rows[row]);
                            next.ended.push(rows[row].version);
                        }
                        next.drains[index] = Drain::Holding(rings);
                    }
                    Step::Wait(_) | Step::Done => {}
                }
            }
            Drain::Sent(rings, row) => {
                mark(next, row);
                next.drains[index] = Drain::Holding(rings);
            }
            Drain::Marked(rings, row) => {
                next.accepted.push(row.version);
                next.drains[index] = Drain::Holding(rings);
            }
            Drain::Idle | Drain::Holding(_) => {}
        }
    }

    fn first_half(&self, next: &mut State, index: usize, rings: u8, row: QueuedNotice) {
        next.drains[index] = if self.mutant == Mutant::MarkBeforeSend {
            mark(next, row);
            Drain::Marked(rings, row)
        } else {
            next.accepted.push(row.version);
            Drain::Sent(rings, row)
        };
    }

    pub(crate) fn release(&self, next: &mut State, index: usize) {
        let Drain::Ready { rings, .. } = next.drains[index] else { return };
        if rings == next.rings || self.mutant == Mutant::NoRingCounter {
            next.lease = None;
            next.drains[index] = Drain::Idle;
        } else {
            next.drains[index] = Drain::Holding(next.rings);
        }
    }

    /// The lease of a dead drain runs out, and the timer rings.
    pub(crate) fn drain_crash(next: &mut State, index: usize) {
        next.crashes_left -= 1;
        next.drains[index] = Drain::Idle;
        next.lease = next.lease.filter(|owner| *owner != index);
        next.bells += 1;
    }
}

/// A row that is gone was marked by somebody else: a fact is a fact.
fn mark(next: &mut State, row: QueuedNotice) {
    remove(next, row);
    next.told = Some(Told { status: row.status, version: row.version, at: next.time() });
}

fn remove(next: &mut State, row: QueuedNotice) {
    next.rows.retain(|other| (other.version, other.n) != (row.version, row.n));
}
