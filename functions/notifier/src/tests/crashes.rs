//! A drain that dies at any step.

use std::collections::BTreeMap;
use std::sync::Arc;

use flatline_domain::{Reason, Status};
use flatline_harness::bridge::{Action, Rule};
use flatline_shared::clock::Clock;
use serde_json::{Value, json};

use super::bench::{Bench, Reply, Sent, folding, pager, pause, stand_in, webhook};
use crate::drain;

/// Longer than a lease.
const LEASE_OVER_MS: i64 = 45_000;

/// What happens to the call at which the drain dies.
fn deaths() -> [Action; 2] {
    [Action::Hang, Action::DelayAfter(3_600_000)]
}

/// Down and up of two services on this channel; what cannot be told goes to `Mail`.
async fn scene(channel: Value) -> Arc<Bench> {
    let bench = Bench::with(json!([channel, stand_in("Mail")]), 0).await;
    bench.receiver.script(|sent: &Sent| match sent.line().as_str() {
        "down db 1" if sent.host == "hook.example" => Reply::Status(404),
        _ => Reply::Status(200),
    });
    for id in ["api", "db"] {
        bench.down(id).await;
        bench.up(id).await;
    }
    Arc::new(bench)
}

/// Messages that a channel accepted and that tell again what was told.
fn repeats(bench: &Bench, host: &str) -> usize {
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let accepted = bench.receiver.accepted(host);
    let again = accepted.iter().filter(|sent| {
        let parts = sent.parts();
        let known = parts.iter().any(|part| told.contains_key(part));
        for part in parts {
            *told.entry(part).or_default() += 1;
        }
        known
    });
    again.count()
}

/// Kills a drain at its n-th call; `false`: it has fewer.
async fn dies_at(nth: u64, death: Action, channel: Value) -> bool {
    let bench = scene(channel.clone()).await;
    bench.gate.fault(Rule::any(death).at(nth));
    let crashed = tokio::spawn({
        let bench = bench.clone();
        async move { drain(&bench.app).await }
    });
    pause(500).await;
    let died = !crashed.is_finished() && bench.clock.monotonic_ms() < 1_000;
    crashed.abort();
    bench.gate.clear_faults();
    for _ in 0..4 {
        pause(LEASE_OVER_MS).await;
        drain(&bench.app).await;
    }
    let what = format!("{channel} at call {nth}");
    assert_eq!((bench.waiting("Hook").await, bench.waiting("Mail").await), (0, 0), "{what}");
    let (hook, mail) = (repeats(&bench, "hook.example"), repeats(&bench, "mail.example"));
    assert!(hook + mail <= 1, "{hook} and {mail} messages twice: {what}");
    assert_eq!(bench.endings("api").await, ["down 1 delivered", "up 2 delivered"], "{what}");
    let ended = bench.endings("db").await;
    // `Mail` is told of the recovery too.
    for (row, expected) in [("down 1 dead", 1), ("down 1 delivered", 1), ("up 2 delivered", 2)] {
        let times = ended.iter().filter(|it| *it == row).count();
        assert_eq!(times, expected, "{row} in {ended:?}: {what}");
    }
    died
}

#[tokio::test(start_paused = true)]
async fn wherever_a_drain_dies_nothing_is_lost_and_one_message_comes_twice_at_most() {
    for death in deaths() {
        let mut steps = 0;
        while dies_at(steps + 1, death.clone(), webhook("Hook")).await {
            steps += 1;
        }
        assert!(steps >= 12, "only {steps} steps were killed");
    }
}

#[tokio::test(start_paused = true)]
async fn wherever_a_drain_that_folds_dies_one_message_comes_twice_at_most() {
    for nth in 1..=14 {
        for death in deaths() {
            folds_and_dies_at(nth, death).await;
        }
    }
}

async fn folds_and_dies_at(nth: u64, death: Action) {
    let bench = Arc::new(Bench::with(json!([folding("Hook")]), 0).await);
    for id in ["api", "db", "web"] {
        bench.down(id).await;
        bench.up(id).await;
    }
    bench.gate.fault(Rule::any(death).at(nth));
    let crashed = tokio::spawn({
        let bench = bench.clone();
        async move { drain(&bench.app).await }
    });
    pause(500).await;
    crashed.abort();
    bench.gate.clear_faults();
    for _ in 0..3 {
        pause(LEASE_OVER_MS).await;
        drain(&bench.app).await;
    }
    assert_eq!(bench.waiting("Hook").await, 0, "call {nth}");
    assert!(repeats(&bench, "hook.example") <= 1, "call {nth}");
    for id in ["api", "db", "web"] {
        assert_eq!(bench.endings(id).await, ["down 1 delivered", "up 2 delivered"], "{nth}");
    }
}

/// A drain that tells of a `down` dies at its n-th call; then the service is removed. `false`: it has
/// fewer calls.
async fn removed_after_death_at(nth: u64, death: Action, channel: Value) -> (bool, Arc<Bench>) {
    let bench = Arc::new(Bench::with(json!([channel]), 0).await);
    bench.down("api").await;
    bench.gate.fault(Rule::any(death).at(nth));
    let crashed = tokio::spawn({
        let bench = bench.clone();
        async move { drain(&bench.app).await }
    });
    pause(500).await;
    let died = !crashed.is_finished();
    crashed.abort();
    bench.gate.clear_faults();
    bench.commit("api", Status::Closed, Reason::Removed).await;
    for _ in 0..2 {
        pause(LEASE_OVER_MS).await;
        drain(&bench.app).await;
    }
    (died, bench)
}

#[tokio::test(start_paused = true)]
async fn an_incident_of_which_nobody_noted_that_it_was_opened_is_resolved() {
    for death in deaths() {
        let mut opened = 0;
        for nth in 1.. {
            let (died, bench) = removed_after_death_at(nth, death.clone(), pager("Pager")).await;
            let open = bench.receiver.open_incidents();
            assert!(open.is_empty(), "{open:?} stay open after a death at call {nth}");
            assert_eq!(bench.waiting("Pager").await, 0, "call {nth}");
            opened += usize::from(bench.receiver.sent().len() > 1);
            if !died {
                break;
            }
        }
        assert!(opened >= 3, "it was opened before {opened} of the deaths");
    }
}

#[tokio::test(start_paused = true)]
async fn people_are_not_told_of_the_end_of_what_they_may_not_know() {
    // The death comes before the message is sent.
    let (died, bench) = removed_after_death_at(3, Action::Hang, webhook("Hook")).await;
    assert!(died && bench.receiver.sent().is_empty(), "{:?}", bench.receiver.lines());
    assert_eq!(bench.endings("api").await, ["down 1 cancelled", "up 2 cancelled"]);
}
