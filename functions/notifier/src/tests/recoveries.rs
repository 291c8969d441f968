//! A channel that is out for a while loses nothing.

use std::sync::Arc;

use flatline_domain::Status;
use flatline_domain::invariant::lane_in_order;
use flatline_shared::clock::Clock;
use serde_json::{Value, json};

use super::bench::{Bench, Reply, folding, pause, webhook};
use crate::run;

const MINUTE_MS: i64 = 60_000;

/// Everything is told so long after the channel is back.
const WITHIN_MS: i64 = 18 * MINUTE_MS;

/// What the channel was told of a service, in versions.
fn versions(told: &[String], id: &str) -> Vec<u64> {
    let of = |line: &String| {
        let mut words = line.split(' ').skip(1);
        (words.next() == Some(id)).then(|| words.next().unwrap().parse().unwrap())
    };
    told.iter().filter_map(of).collect()
}

async fn out_for(outage_ms: i64, channel: Value, reply: Reply) {
    let bench = Arc::new(Bench::with(json!([channel]), 0).await);
    let back_ms = 5_000 + outage_ms;
    bench.receiver.script(move |sent| {
        if (5_000..back_ms).contains(&sent.after_ms) { reply.clone() } else { Reply::Status(200) }
    });
    let running = tokio::spawn({
        let app = bench.app.clone();
        async move { run(app, std::future::pending()).await }
    });
    pause(5_500).await;
    // Three changes of each service, spread over the outage.
    for (turn, to) in [Status::Down, Status::Up, Status::Down].into_iter().enumerate() {
        for id in ["api", "db", "web"] {
            if to == Status::Down {
                bench.down(id).await;
            } else {
                bench.up(id).await;
            }
            bench.app.doorbell.notify_one();
        }
        pause(if turn < 2 { outage_ms / 3 } else { 0 }).await;
    }
    pause((back_ms - bench.clock.monotonic_ms()).max(0) + WITHIN_MS).await;
    assert_eq!(bench.waiting("Hook").await, 0, "out for {outage_ms} ms");
    let told = bench.receiver.told("hook.example");
    for id in ["api", "db", "web"] {
        let versions = versions(&told, id);
        lane_in_order(&versions).unwrap();
        assert_eq!(versions, [1, 2, 3], "nothing lost, nothing twice: {id}, {outage_ms} ms");
        let ended = ["down 1 delivered", "up 2 delivered", "down 3 delivered"];
        assert_eq!(bench.endings(id).await, ended, "{outage_ms} ms");
    }
    running.abort();
}

const OUTAGES_MS: [i64; 4] = [8_000, 10 * MINUTE_MS, 360 * MINUTE_MS, 1_380 * MINUTE_MS];

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_channel_for_programs_loses_nothing() {
    for outage_ms in OUTAGES_MS {
        out_for(outage_ms, webhook("Hook"), Reply::Status(503)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_channel_for_people_loses_nothing() {
    for outage_ms in OUTAGES_MS {
        out_for(outage_ms, folding("Hook"), Reply::Unreachable).await;
    }
}
