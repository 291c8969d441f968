//! The protocol holds in every interleaving, and each of its parts is needed.

use model::{Mutant, Protocol};
use stateright::{Checker, Model};

/// Explores everything; returns the names of what was found, and how many states there are.
fn explore(protocol: Protocol) -> (Vec<&'static str>, usize) {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    assert!(checker.is_done(), "every state is explored, or a counterexample is found");
    let mut names: Vec<_> = checker.discoveries().into_keys().collect();
    names.sort_unstable();
    (names, checker.unique_state_count())
}

#[test]
fn deciding_holds_in_every_interleaving() {
    let (found, states) = explore(Protocol::deciding(Mutant::None));
    println!("deciding: {states} states");
    assert_eq!(found, ["a service goes down and recovers"], "nothing but the example");
    assert!(states > 10_000, "the model is too small to mean anything: {states} states");
}

#[test]
fn delivering_holds_in_every_interleaving() {
    let (found, states) = explore(Protocol::delivering(Mutant::None));
    println!("delivering: {states} states");
    let examples = ["a message is sent twice after a crash", "a service goes down and recovers"];
    assert_eq!(found, examples, "nothing but the examples");
    assert!(states > 10_000, "the model is too small to mean anything: {states} states");
}

#[test]
fn every_mutant_falls() {
    let rows = [
        (
            "a transition written in two steps loses its message",
            Protocol::deciding(Mutant::TwoWrites),
            "I2",
        ),
        (
            "without the condition on the last heartbeat a racing one loses",
            Protocol::deciding(Mutant::NoBeatCondition),
            "I1",
        ),
        (
            "a sweep for deadlines alone forgets what was reported",
            Protocol::deciding(Mutant::DeadlineOnlyFilter),
            "I9",
        ),
        (
            "marking before sending loses messages",
            Protocol::delivering(Mutant::MarkBeforeSend),
            "I2",
        ),
        ("without a lease two drains send the same", Protocol::delivering(Mutant::NoLease), "I6"),
        (
            "without the ring counter a row waits for ever",
            Protocol::delivering(Mutant::NoRingCounter),
            "I8",
        ),
    ];
    for (says, protocol, broken) in rows {
        let (found, states) = explore(protocol);
        println!("{broken} after {states} states: {says}");
        assert!(found.iter().any(|name| name.starts_with(broken)), "{says}: found only {found:?}");
    }
}
