//! The loop of the local server.

use std::sync::Arc;

use flatline_shared::clock::Clock;
use serde_json::json;
use tokio::sync::oneshot;

use super::bench::{Bench, Reply, pause, webhook};
use crate::run;

struct Running {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

fn start(bench: &Arc<Bench>) -> Running {
    let (stop, stopped) = oneshot::channel();
    let app = bench.app.clone();
    let shutdown = async {
        stopped.await.expect("the test tells it to stop");
    };
    Running { stop, task: tokio::spawn(run(app, shutdown)) }
}

impl Running {
    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_doorbell_is_answered_at_once() {
    let bench = Arc::new(Bench::new().await);
    let running = start(&bench);
    pause(10_500).await;
    bench.down("api").await;
    bench.app.doorbell.notify_one();
    pause(500).await;
    assert_eq!(bench.receiver.seconds(), [10]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_doorbell_each_channel_is_visited_each_minute() {
    let bench = Arc::new(Bench::new().await);
    let running = start(&bench);
    pause(10_000).await;
    bench.down("api").await;
    pause(120_000).await;
    assert_eq!(bench.receiver.seconds(), [60]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_doorbell_reaches_every_channel_and_a_hanging_one_delays_none() {
    let bench = Arc::new(Bench::with(json!([webhook("Hang"), webhook("Hook")]), 0).await);
    bench.receiver.script(|sent| match sent.host.as_str() {
        "hang.example" => Reply::Hang,
        _ => Reply::Status(200),
    });
    let running = start(&bench);
    for id in ["api", "db"] {
        pause(1_000).await;
        bench.down(id).await;
        bench.app.doorbell.notify_one();
    }
    pause(500).await;
    let sent = bench.receiver.sent();
    let healthy: Vec<i64> = sent
        .iter()
        .filter(|sent| sent.host == "hook.example")
        .map(|sent| sent.after_ms / 1_000)
        .collect();
    assert_eq!(healthy, [1, 2]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_needs_no_doorbell() {
    let bench = Arc::new(Bench::new().await);
    let mut tries = 0;
    bench.receiver.script(move |_| {
        tries += 1;
        Reply::Status(if tries < 5 { 503 } else { 200 })
    });
    bench.down("api").await;
    let running = start(&bench);
    pause(300_000).await;
    assert_eq!(bench.endings("api").await, ["down 1 delivered"]);
    assert_eq!(bench.receiver.sent().len(), 5);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_makes_nothing_wait_for_hours() {
    let bench = Arc::new(Bench::with(json!([webhook("Hook")]), 5).await);
    let mut tries = 0;
    bench.receiver.script(move |_| {
        tries += 1;
        Reply::Status(if tries < 3 { 503 } else { 200 })
    });
    bench.down("api").await;
    let running = start(&bench);
    // In the middle of a wait for the next try.
    pause(20_000).await;
    bench.clock.jump(-7_200_000);
    pause(120_000).await;
    assert_eq!(bench.endings("api").await, ["down 1 delivered"]);
    // In the middle of a cooldown.
    bench.up("api").await;
    bench.clock.jump(-7_200_000);
    bench.app.doorbell.notify_one();
    pause(600_000).await;
    assert_eq!(bench.receiver.lines().last().unwrap(), "up api 2");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_awaits_the_send_under_way_and_begins_no_other() {
    let bench = Arc::new(Bench::new().await);
    bench.receiver.script(|_| Reply::Slow(5_000, 200));
    bench.down("api").await;
    bench.down("db").await;
    let running = start(&bench);
    pause(1_000).await;
    running.stop().await;
    assert_eq!(bench.receiver.lines(), ["down api 1"]);
    assert_eq!(bench.endings("api").await, ["down 1 delivered"]);
    assert_eq!(bench.waiting("Hook").await, 1, "the other one is for the next process");
    assert!(bench.clock.monotonic_ms() < 6_000, "nothing else was waited for");
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_what_falls_due_later() {
    let bench = Arc::new(Bench::new().await);
    bench.receiver.script(|_| Reply::RetryAfter(503, "50"));
    bench.down("api").await;
    let running = start(&bench);
    pause(1_000).await;
    running.stop().await;
    assert!(bench.clock.monotonic_ms() < 2_000, "the row is for the next process");
    assert_eq!(bench.waiting("Hook").await, 1);
}
