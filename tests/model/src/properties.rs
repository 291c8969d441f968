//! What must hold in every state.

use flatline_domain::Status;
use flatline_domain::invariant::{history_chains, lane_in_order};
use stateright::Property;

use crate::{Protocol, State};

/// All of them, with their numbers in the design.
pub fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always("I1: nobody is declared silent who was heard", |_, state: &State| {
            !state.false_alarm
        }),
        Property::always("I2: no transition without its message", |_, state: &State| {
            state
                .history
                .iter()
                .filter(|entry| entry.event().is_some())
                .all(|entry| state.has_message(entry.version))
        }),
        Property::always("I3: history chains", |_, state: &State| {
            history_chains(&state.history).is_ok()
        }),
        Property::always("I5: a lane is told in order", |_, state: &State| in_order(state)),
        Property::always("I6: duplicates only after crashes", |model: &Protocol, state: &State| {
            state.duplicates() <= usize::from(model.crashes - state.crashes_left)
        }),
        Property::always("I8: once quiet, nothing waits", |_, state: &State| {
            !state.is_quiet() || state.rows.is_empty()
        }),
        Property::always(
            "I9: once looked at, what was reported is committed",
            |_, state: &State| !(state.looked && state.ingest.is_none()) || settled(state),
        ),
        Property::always("I9: once quiet, what was told is how it is", |_, state: &State| {
            !state.is_quiet() || converged(state)
        }),
        Property::sometimes("a service goes down and recovers", |_, state: &State| {
            state.history.len() >= 3 && state.record.status == Status::Up
        }),
        Property::sometimes("a message is sent twice after a crash", |_, state: &State| {
            state.duplicates() > 0
        }),
    ]
}

/// First sends in order; what a crash makes the next drain repeat may repeat.
fn in_order(state: &State) -> bool {
    lane_in_order(&state.accepted).is_ok()
}

fn settled(state: &State) -> bool {
    let record = &state.record;
    record.reported == Status::Unknown || record.reported == record.status
}

fn converged(state: &State) -> bool {
    state.told_status().badness() == state.record.status.badness()
}
