//! More than one drain, drains that die, and channels that are gone.

use std::sync::Arc;

use flatline_domain::UnixMs;
use flatline_shared::store::{Claim, ConfigState, Ending};
use serde_json::json;

use super::bench::{Bench, Reply, START, pause, webhook};
use crate::drain;

#[tokio::test(start_paused = true)]
async fn drains_side_by_side_send_everything_once() {
    let bench = Bench::new().await;
    bench.receiver.script(|_| Reply::Slow(300, 200));
    for id in ["api", "db", "web"] {
        bench.down(id).await;
        bench.up(id).await;
    }
    let others = (bench.app.clone(), bench.app.clone());
    tokio::join!(drain(&bench.app), drain(&others.0), drain(&others.1));
    let mut lines = bench.receiver.lines();
    lines.sort();
    let once = ["down api 1", "down db 1", "down web 1", "up api 2", "up db 2", "up web 2"];
    assert_eq!(lines, once);
}

#[tokio::test(start_paused = true)]
async fn the_lease_of_a_drain_that_died_ends_although_the_clock_was_set_back() {
    let bench = Bench::new().await;
    let now = bench.app.clock.now();
    bench.app.store.claim("Hook", "died", now, 30_000).await.unwrap();
    bench.down("api").await;
    bench.clock.jump(-7_200_000);
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_row_committed_while_the_holder_is_about_to_end_is_delivered() {
    let bench = Arc::new(Bench::new().await);
    bench.receiver.script(|_| Reply::Slow(2_000, 200));
    bench.down("api").await;
    let holder = tokio::spawn({
        let bench = bench.clone();
        async move { drain(&bench.app).await }
    });
    pause(1_000).await;
    bench.down("db").await;
    // Its drain finds the channel taken, rings, and dies.
    let now = UnixMs(START.0 + 1_000);
    let claim = bench.app.store.claim("Hook", "short-lived", now, 30_000).await.unwrap();
    assert_eq!(claim, Claim::Rang);
    holder.await.unwrap();
    assert_eq!(bench.receiver.lines(), ["down api 1", "down db 1"]);
    assert_eq!(bench.receiver.seconds(), [0, 2], "in the same drain, at once");
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_send_and_mark_costs_one_duplicate() {
    let bench = Arc::new(Bench::new().await);
    bench.receiver.script(|_| Reply::Hang);
    bench.down("api").await;
    bench.up("api").await;
    let crashed = tokio::spawn({
        let bench = bench.clone();
        async move { drain(&bench.app).await }
    });
    pause(1_000).await;
    assert_eq!(bench.receiver.lines(), ["down api 1"], "it got there, but nobody wrote it down");
    crashed.abort();
    bench.receiver.script(|_| Reply::Status(200));
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1", "down api 1", "up api 2"]);
    let seconds = bench.receiver.seconds();
    assert!((30..=41).contains(&seconds[1]), "when the lease had run out: {seconds:?}");
    let ids: Vec<_> = bench.receiver.sent().iter().map(|sent| sent.body["id"].clone()).collect();
    assert_eq!(ids[0], ids[1], "receivers can tell the duplicate");
    assert_ne!(ids[1], ids[2]);
    assert_eq!(bench.endings("api").await, ["down 1 delivered", "up 2 delivered"]);
}

#[tokio::test(start_paused = true)]
async fn voided_leases_need_no_waiting() {
    let bench = Bench::new().await;
    bench.down("api").await;
    bench.app.store.claim("Hook", "killed", START, 30_000).await.unwrap();
    bench.app.store.void_leases(&["Hook".to_owned()]).await.unwrap();
    drain(&bench.app).await;
    assert_eq!(bench.receiver.seconds(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_overran_its_lease_writes_down_what_was_accepted_and_stops() {
    let bench = Arc::new(Bench::new().await);
    let mut first = true;
    bench.receiver.script(move |_| {
        if std::mem::take(&mut first) { Reply::Slow(5_000, 200) } else { Reply::Slow(1_000, 200) }
    });
    for id in ["api", "db", "web"] {
        bench.down(id).await;
    }
    let slow = tokio::spawn({
        let bench = bench.clone();
        async move { drain(&bench.app).await }
    });
    pause(1_000).await;
    // The machine slept: its lease has run out, and somebody else takes over.
    bench.clock.jump(60_000);
    let other = bench.app.clone();
    drain(&other).await;
    slow.await.unwrap();
    let mut lines = bench.receiver.lines();
    lines.sort();
    assert_eq!(lines, ["down api 1", "down api 1", "down db 1", "down web 1"]);
    for id in ["api", "db", "web"] {
        assert_eq!(bench.endings(id).await, ["down 1 delivered"], "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_round_keeps_its_lease() {
    let bench = Bench::new().await;
    bench.receiver.script(|_| Reply::Slow(9_000, 200));
    for number in 0..8 {
        bench.alert(&format!("alert-{number}"), flatline_domain::Status::Down).await;
    }
    let other = bench.app.clone();
    let late = async {
        pause(35_000).await;
        drain(&other).await;
    };
    tokio::join!(drain(&bench.app), late);
    let lines = bench.receiver.lines();
    assert_eq!(lines.len(), 8, "nothing twice: {lines:?}");
    let seconds = bench.receiver.seconds();
    assert_eq!(seconds, [0, 9, 18, 27, 36, 45, 54, 63]);
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_channel_that_is_gone_or_disabled_go_dead() {
    let disabled = json!({"type": "webhook", "name": "Hook", "enabled": false});
    let other = webhook("Other");
    let rows = [
        (json!([other.clone()]), "channel removed"),
        (json!([disabled, other]), "channel disabled"),
    ];
    for (channels, reason) in rows {
        let bench = Bench::new().await;
        let state = ConfigState {
            revision: 1,
            channels: vec!["Hook".to_owned()],
            ..ConfigState::default()
        };
        bench.app.store.apply_config(&state, START).await.unwrap();
        bench.down("api").await;
        drain(&bench.reconfigured(&channels)).await;
        assert!(bench.receiver.sent().is_empty());
        assert_eq!(bench.waiting("Hook").await, 0);
        let entry = bench.newest_entry("api").await;
        assert_eq!((entry.ending, entry.answer.as_str()), (Ending::Dead, reason));
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_configuration_ends_no_rows_of_channels_it_does_not_know() {
    let bench = Bench::new().await;
    let state =
        ConfigState { revision: 2, channels: vec!["Hook".to_owned()], ..ConfigState::default() };
    bench.app.store.apply_config(&state, START).await.unwrap();
    bench.down("api").await;
    drain(&bench.reconfigured(&json!([webhook("Other")]))).await;
    assert_eq!(bench.waiting("Hook").await, 1);
}
