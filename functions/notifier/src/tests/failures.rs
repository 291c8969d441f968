//! What is tried again, for how long, and what is never tried again.

use flatline_domain::Status;
use flatline_shared::clock::Clock;
use flatline_shared::store::Ending;
use serde_json::json;

use super::bench::{Bench, Reply, START, pause, webhook};
use crate::drain;

/// Drains each minute for so many minutes, as the schedule does.
async fn drain_for(bench: &Bench, minutes: i64) {
    let end_ms = minutes * 60_000;
    while bench.clock.monotonic_ms() < end_ms {
        drain(&bench.app).await;
        pause(60_000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_tried_again_with_growing_waits() {
    let bench = Bench::new().await;
    bench.receiver.script(|_| Reply::Status(500));
    bench.down("api").await;
    drain_for(&bench, 30).await;
    let sent = bench.receiver.sent();
    let waits: Vec<i64> = sent.windows(2).map(|pair| pair[1].after_ms - pair[0].after_ms).collect();
    for (wait_ms, backoff_ms) in waits.iter().zip([5_000, 30_000, 60_000, 120_000, 300_000]) {
        let earliest = backoff_ms * 9 / 10;
        // A drain that comes each minute may be a minute late, plus its own duration.
        let latest = backoff_ms * 11 / 10 + 151_000;
        assert!((earliest..=latest).contains(wait_ms), "{wait_ms} for {backoff_ms}");
    }
    let row = bench.app.store.queued("Hook").await.unwrap().remove(0);
    assert_eq!(row.attempts as usize, sent.len());
    assert_eq!(row.last_error.as_deref(), Some("HTTP 500"));
    bench.receiver.script(|_| Reply::Status(200));
    drain_for(&bench, 60).await;
    assert_eq!(bench.waiting("Hook").await, 0);
    assert_eq!(bench.newest_entry("api").await.attempts as usize, sent.len() + 1);
}

#[tokio::test(start_paused = true)]
async fn the_first_retries_happen_in_the_same_drain() {
    let bench = Bench::new().await;
    let mut tries = 0;
    bench.receiver.script(move |_| {
        tries += 1;
        if tries < 3 { Reply::Unreachable } else { Reply::Status(200) }
    });
    bench.down("api").await;
    drain(&bench.app).await;
    let seconds = bench.receiver.seconds();
    assert_eq!(seconds.len(), 3);
    assert!((4..=6).contains(&seconds[1]), "{seconds:?}");
    assert!((31..=40).contains(&seconds[2]), "{seconds:?}");
    assert_eq!(bench.endings("api").await, ["down 1 delivered"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_asked_for_is_honoured_for_the_whole_channel() {
    let bench = Bench::new().await;
    let mut first = true;
    bench.receiver.script(move |_| {
        if std::mem::take(&mut first) { Reply::RetryAfter(429, "40") } else { Reply::Status(200) }
    });
    bench.down("api").await;
    bench.down("db").await;
    drain(&bench.app).await;
    let (lines, seconds) = (bench.receiver.lines(), bench.receiver.seconds());
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(seconds[0], 0);
    assert!(seconds[1..].iter().all(|second| (40..=46).contains(second)), "{seconds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_one_message_holds_back_no_other() {
    let bench = Bench::new().await;
    bench.receiver.script(|sent| match sent.line().as_str() {
        "down api 1" => Reply::RetryAfter(503, "3600"),
        _ => Reply::Status(200),
    });
    bench.down("api").await;
    bench.down("db").await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1", "down db 1"]);
    let row = bench.app.store.queued("Hook").await.unwrap().remove(0);
    assert_eq!(row.delivery.queued.next_at, Some(START.plus_ms(3_600_000)));
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_delivered_is_dead_at_once_and_the_lane_goes_on() {
    for (reply, answer) in [
        (Reply::Status(410), "HTTP 410: the receiver is gone"),
        (Reply::Status(404), "HTTP 404"),
        (Reply::Forbidden, "not a public address"),
    ] {
        let bench = Bench::new().await;
        let refused = reply.clone();
        bench.receiver.script(move |sent| match sent.line().as_str() {
            "down api 1" => refused.clone(),
            _ => Reply::Status(200),
        });
        bench.down("api").await;
        drain(&bench.app).await;
        let entry = bench.newest_entry("api").await;
        assert_eq!((entry.ending, entry.attempts), (Ending::Dead, 1), "{reply:?}");
        assert_eq!(entry.answer, answer);
        bench.up("api").await;
        drain(&bench.app).await;
        assert_eq!(bench.endings("api").await, ["down 1 dead", "up 2 delivered"], "{reply:?}");
        assert_eq!(bench.waiting("Hook").await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_for_a_day_is_dead() {
    let bench = Bench::new().await;
    bench.receiver.script(|_| Reply::Status(503));
    bench.down("api").await;
    while bench.waiting("Hook").await > 0 {
        let row = bench.app.store.queued("Hook").await.unwrap().remove(0);
        let due = row.delivery.queued.next_at.unwrap_or(START);
        pause(due.since_ms(bench.clock.now()).max(0)).await;
        drain(&bench.app).await;
    }
    let last_hour = bench.receiver.seconds().pop().unwrap() / 3_600;
    assert_eq!(last_hour, 24, "it was tried for a day");
    let entry = bench.newest_entry("api").await;
    assert_eq!((entry.ending, entry.answer.as_str()), (Ending::Dead, "HTTP 503"));
    assert!(entry.attempts > 80, "{} attempts", entry.attempts);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_for_another_try_still_honours_the_wait_that_is_asked_for() {
    for (status, tries) in [(429, 1), (503, 3)] {
        let bench = Bench::new().await;
        for number in 0..6 {
            bench.alert(&format!("alert-{number}"), Status::Down).await;
        }
        pause(25 * 3_600_000).await;
        bench.receiver.script(move |_| match status {
            429 => Reply::RetryAfter(429, "3600"),
            status => Reply::Status(status),
        });
        let started_ms = bench.clock.monotonic_ms();
        drain(&bench.app).await;
        let mut burst = bench.receiver.sent();
        burst.retain(|sent| sent.after_ms - started_ms < 1_000);
        assert_eq!(burst.len(), tries, "{status}");
        let left = 6 - bench.receiver.sent().len();
        assert_eq!(bench.waiting("Hook").await, left, "{status}: the others still wait");
        bench.receiver.script(|_| Reply::Status(200));
        drain_for(&bench, 26 * 60).await;
        assert_eq!(bench.receiver.accepted("hook.example").len(), left, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_channel_delays_no_other_and_never_for_ever() {
    let bench = Bench::with(json!([webhook("Hang"), webhook("Hook")]), 0).await;
    bench.receiver.script(|sent| match sent.host.as_str() {
        "hang.example" => Reply::Hang,
        _ => Reply::Status(200),
    });
    for id in ["api", "db", "web"] {
        bench.down(id).await;
    }
    drain(&bench.app).await;
    let sent = bench.receiver.sent();
    let healthy: Vec<i64> =
        sent.iter().filter(|sent| sent.host == "hook.example").map(|sent| sent.after_ms).collect();
    assert_eq!(healthy, [0, 0, 0], "the healthy channel got all at once");
    assert_eq!((bench.waiting("Hook").await, bench.waiting("Hang").await), (0, 3));
    let took_ms = bench.clock.monotonic_ms();
    assert!(took_ms <= 120_000, "the drain returned after {took_ms} ms");
}

#[tokio::test(start_paused = true)]
async fn a_healthy_channel_hears_of_new_rows_while_a_failing_one_keeps_the_drain_busy() {
    let bench = Bench::with(json!([webhook("Fail"), webhook("Hook")]), 5).await;
    bench.receiver.script(|sent| match sent.host.as_str() {
        "fail.example" => Reply::Status(503),
        _ => Reply::Status(200),
    });
    bench.down("api").await;
    let later = async {
        pause(20_000).await;
        bench.down("db").await;
    };
    tokio::join!(drain(&bench.app), later);
    let sent = bench.receiver.sent();
    let told = sent.iter().find(|sent| sent.host == "hook.example" && sent.line() == "down db 1");
    let after_ms = told.expect("the healthy channel was told").after_ms;
    assert!(after_ms <= 21_500, "no doorbell reached the drain, it looked itself: {after_ms}");
}

#[tokio::test(start_paused = true)]
async fn a_failing_channel_is_probed_with_one_lane() {
    let bench = Bench::new().await;
    bench.receiver.script(|_| Reply::Unreachable);
    for (number, status) in (0..20).map(|number| (number, Status::Down)) {
        bench.alert(&format!("alert-{number:02}"), status).await;
    }
    drain(&bench.app).await;
    let tries = bench.receiver.sent().len();
    assert!((4..=12).contains(&tries), "{tries} tries in one drain");
    bench.receiver.script(|_| Reply::Status(200));
    drain_for(&bench, 10).await;
    assert_eq!(bench.waiting("Hook").await, 0, "once it recovers everything goes out");
    assert_eq!(bench.receiver.sent().len(), tries + 20);
}
