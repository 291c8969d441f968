//! The store is away at the worst moment.

use std::sync::Arc;

use flatline_harness::bridge::{Action, Rule};
use tokio::sync::oneshot;

use super::bench::{Bench, Reply, pause};
use crate::{Drained, drain, run};

/// From the first send on, the store answers nobody.
fn lose_store_at_send(bench: &Bench) {
    let gate = bench.gate.clone();
    let mut sends = 0;
    bench.receiver.script(move |_| {
        sends += 1;
        if sends == 1 {
            gate.fault(Rule::any(Action::DropBefore));
        }
        Reply::Status(200)
    });
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_is_written_down_when_the_store_is_back() {
    let bench = Bench::new().await;
    lose_store_at_send(&bench);
    bench.down("api").await;
    bench.up("api").await;
    let recovery = async {
        pause(60_000).await;
        bench.gate.clear_faults();
    };
    tokio::join!(drain(&bench.app), recovery);
    assert_eq!(bench.receiver.lines(), ["down api 1", "up api 2"], "nothing twice");
    assert_eq!(bench.endings("api").await, ["down 1 delivered", "up 2 delivered"]);
}

#[tokio::test(start_paused = true)]
async fn the_local_loop_outlasts_any_outage_of_the_store() {
    let bench = Arc::new(Bench::new().await);
    lose_store_at_send(&bench);
    bench.down("api").await;
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { stopped.await.expect("the test tells it to stop") };
    let running = tokio::spawn(run(bench.app.clone(), shutdown));
    pause(600_000).await;
    bench.app.doorbell.notify_one();
    bench.gate.clear_faults();
    pause(60_000).await;
    assert_eq!(bench.receiver.lines(), ["down api 1"], "nothing twice");
    assert_eq!(bench.endings("api").await, ["down 1 delivered"]);
    bench.down("db").await;
    bench.app.doorbell.notify_one();
    pause(1_000).await;
    assert_eq!(bench.receiver.lines(), ["down api 1", "down db 1"]);
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_the_store_duplicates_nothing() {
    for operation in ["UpdateItem", "TransactWriteItems", "Query", "GetItem"] {
        for nth in 1..=4 {
            let bench = Bench::new().await;
            bench.down("api").await;
            bench.up("api").await;
            bench.gate.fault(Rule::on(operation, Action::ApplyThenDrop).at(nth));
            drain(&bench.app).await;
            let lines = bench.receiver.lines();
            assert_eq!(lines, ["down api 1", "up api 2"], "answer {nth} of {operation}");
            let endings = bench.endings("api").await;
            assert_eq!(endings, ["down 1 delivered", "up 2 delivered"], "{nth} of {operation}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_from_the_start_only_delays() {
    let bench = Arc::new(Bench::new().await);
    bench.down("api").await;
    bench.gate.fault(Rule::any(Action::FailBefore));
    drain(&bench.app).await;
    assert!(bench.receiver.sent().is_empty());
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { stopped.await.expect("the test tells it to stop") };
    let running = tokio::spawn(run(bench.app.clone(), shutdown));
    pause(60_000).await;
    bench.gate.clear_faults();
    pause(10_000).await;
    assert_eq!(bench.receiver.lines(), ["down api 1"]);
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_the_store_cut_short_says_so() {
    for (rule, is_cut_short, sentence) in [
        (Rule::any(Action::FailBefore), true, "the channels cannot be read"),
        (Rule::on("Query", Action::FailBefore), true, "the rows cannot be read"),
        (Rule::on("UpdateItem", Action::Throttle), true, "no lease can be had"),
        (Rule::on("Query", Action::FailBefore).times(1), false, "it went on by itself"),
        (Rule::any(Action::FailBefore).times(0), false, "nothing is wrong"),
    ] {
        let bench = Bench::new().await;
        bench.down("api").await;
        bench.gate.fault(rule);
        let drained = drain(&bench.app).await;
        assert_eq!(matches!(drained, Drained::CutShort(_)), is_cut_short, "{sentence}");
    }
}
