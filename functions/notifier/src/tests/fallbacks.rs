//! What one channel cannot be told, another one is told instead.

use std::sync::Arc;

use flatline_domain::{Event, Reason, Status};
use flatline_shared::clock::Clock;
use flatline_shared::store::{ConfigState, DeliveryLogEntry, Ending, Lane, NewDelivery};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::bench::{Bench, Reply, START, pager, pause, stand_in, webhook};
use crate::{drain, run};

const MAIL: &str = "mail.example";
const MINUTE_MS: i64 = 60_000;

/// `Hook`, and `Mail` for what it cannot be told.
async fn bench(cooldown_min: u32) -> Arc<Bench> {
    Arc::new(Bench::with(json!([webhook("Hook"), stand_in("Mail")]), cooldown_min).await)
}

/// `Hook` does this, `Mail` takes everything.
fn hook(bench: &Bench, mut reply: impl FnMut(i64) -> Reply + Send + 'static) {
    bench.receiver.script(move |sent| match sent.host.as_str() {
        MAIL => Reply::Status(200),
        _ => reply(sent.after_ms),
    });
}

fn start(bench: &Arc<Bench>) -> JoinHandle<()> {
    let app = bench.app.clone();
    tokio::spawn(async move { run(app, std::future::pending()).await })
}

fn undelivered(bench: &Bench) -> Vec<Value> {
    bench.receiver.accepted(MAIL).iter().map(|sent| sent.body["undelivered"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_dead_is_told_elsewhere_with_the_reason() {
    let bench = bench(0).await;
    hook(&bench, |_| Reply::Status(404));
    bench.down("api").await;
    bench.up("api").await;
    for _ in 0..2 {
        drain(&bench.app).await;
    }
    assert_eq!(bench.receiver.told(MAIL), ["down api 1", "up api 2"]);
    let why = json!({"channel": "Hook", "reason": "HTTP 404"});
    assert_eq!(undelivered(&bench), [why, json!({"channel": "Hook"})]);
    let log = bench.app.store.deliveries(&Lane::Service("api".to_owned()), 10).await.unwrap();
    let ended = |entry: &DeliveryLogEntry| (entry.channel.clone(), entry.ending);
    assert_eq!(log.iter().filter(|it| ended(it) == ("Hook".into(), Ending::Dead)).count(), 2);
    assert_eq!(log.iter().filter(|it| it.copy_of.as_deref() == Some("Hook")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_down_that_is_not_accepted_in_time_is_told_elsewhere_once_and_tried_again() {
    let bench = bench(0).await;
    hook(&bench, |at_ms| Reply::Status(if at_ms < 90 * MINUTE_MS { 503 } else { 200 }));
    bench.down("api").await;
    let running = start(&bench);
    pause(9 * MINUTE_MS).await;
    assert!(bench.receiver.told(MAIL).is_empty(), "not too soon");
    pause(2 * MINUTE_MS).await;
    assert_eq!(bench.receiver.told(MAIL), ["down api 1"]);
    let after_ms = bench.receiver.accepted(MAIL)[0].after_ms;
    assert!((600_000..=602_000).contains(&after_ms), "nobody rang: {after_ms} ms");
    let reason = "not accepted for 10 minutes: HTTP 503";
    assert_eq!(undelivered(&bench), [json!({"channel": "Hook", "reason": reason})]);
    pause(120 * MINUTE_MS).await;
    assert_eq!(bench.receiver.told("hook.example"), ["down api 1"], "it is still tried");
    assert_eq!(bench.receiver.told(MAIL).len(), 1, "once");
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn lanes_that_wait_because_the_channel_is_held_are_told_elsewhere_too() {
    let bench = bench(0).await;
    hook(&bench, |_| Reply::RetryAfter(429, "3600"));
    bench.down("api").await;
    bench.down("db").await;
    let running = start(&bench);
    pause(11 * MINUTE_MS).await;
    assert_eq!(bench.receiver.told(MAIL), ["down api 1", "down db 1"]);
    let tries = bench.receiver.sent().iter().filter(|sent| sent.host == "hook.example").count();
    assert_eq!(tries, 1, "only one was ever tried");
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn on_a_schedule_it_is_a_minute_late_at_most() {
    let bench = bench(0).await;
    hook(&bench, |_| Reply::Hang);
    for id in ["api", "db", "web"] {
        bench.down(id).await;
    }
    while bench.clock.monotonic_ms() < 14 * MINUTE_MS {
        tokio::join!(drain(&bench.app), pause(MINUTE_MS));
    }
    let mut told = bench.receiver.told(MAIL);
    told.sort();
    assert_eq!(told, ["down api 1", "down db 1", "down web 1"]);
    let last_ms = bench.receiver.accepted(MAIL).last().unwrap().after_ms;
    assert!(last_ms <= 600_000 + 150_000, "{last_ms}");
}

#[tokio::test(start_paused = true)]
async fn what_only_waits_for_its_cooldown_is_not_late() {
    let bench = bench(60).await;
    hook(&bench, |_| Reply::Status(200));
    bench.down("api").await;
    drain(&bench.app).await;
    pause(MINUTE_MS).await;
    bench.up("api").await;
    bench.down("api").await;
    let running = start(&bench);
    pause(40 * MINUTE_MS).await;
    assert!(bench.receiver.told(MAIL).is_empty());
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_recovery_is_told_elsewhere_only_when_it_is_dead() {
    let bench = bench(0).await;
    hook(&bench, |at_ms| Reply::Status(if at_ms < 1_000 { 200 } else { 503 }));
    bench.down("api").await;
    drain(&bench.app).await;
    pause(2_000).await;
    bench.up("api").await;
    let running = start(&bench);
    pause(20 * 60 * MINUTE_MS).await;
    assert!(bench.receiver.told(MAIL).is_empty());
    pause(5 * 60 * MINUTE_MS).await;
    assert_eq!(bench.receiver.told(MAIL), ["up api 2"]);
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn whoever_is_told_itself_needs_no_copy() {
    let mut mail = stand_in("Mail");
    mail["events"] = json!(["down"]);
    for waits_elsewhere in [false, true] {
        let bench = Bench::with(json!([webhook("Hook"), mail.clone()]), 0).await;
        bench.receiver.script(move |sent| match sent.host.as_str() {
            MAIL if waits_elsewhere && sent.after_ms < 1_000 => Reply::Status(503),
            MAIL => Reply::Status(200),
            _ => Reply::Status(404),
        });
        bench.down("api").await;
        for _ in 0..2 {
            drain(&bench.app).await;
        }
        assert_eq!(bench.receiver.told(MAIL), ["down api 1"], "waits: {waits_elsewhere}");
        bench.up("api").await;
        for _ in 0..2 {
            drain(&bench.app).await;
        }
        assert_eq!(bench.receiver.told(MAIL), ["down api 1", "up api 2"], "of this it is not told");
    }
}

#[tokio::test(start_paused = true)]
async fn tests_and_copies_are_not_copied() {
    let bench = bench(0).await;
    let test = |mut rows: Vec<NewDelivery>| {
        rows[0].delivery.queued.event = Event::Test;
        rows
    };
    bench.receiver.script(|_| Reply::Status(404));
    bench.commit_with("api", Status::Down, Reason::Reported, test).await;
    drain(&bench.app).await;
    assert_eq!(bench.waiting("Mail").await, 0, "whoever tries a channel out is answered");
    bench.down("db").await;
    for _ in 0..2 {
        drain(&bench.app).await;
    }
    assert_eq!((bench.waiting("Mail").await, bench.waiting("Hook").await), (0, 0));
    assert_eq!(bench.receiver.lines(), ["test api 1", "down db 1", "down db 1"]);
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_channel_that_is_gone_or_disabled_are_told_elsewhere() {
    let disabled = json!({"type": "webhook", "name": "Hook", "enabled": false});
    let rows = [
        (json!([stand_in("Mail")]), "channel removed"),
        (json!([disabled, stand_in("Mail")]), "channel disabled"),
    ];
    for (channels, reason) in rows {
        let bench = bench(0).await;
        let state = ConfigState {
            revision: 1,
            channels: vec!["Hook".to_owned()],
            ..ConfigState::default()
        };
        bench.app.store.apply_config(&state, START).await.unwrap();
        for id in ["api", "db", "web"] {
            bench.down(id).await;
        }
        let app = bench.reconfigured(&channels);
        for _ in 0..2 {
            drain(&app).await;
        }
        assert_eq!(bench.receiver.told(MAIL).len(), 3, "{reason}");
        assert_eq!(undelivered(&bench)[0], json!({"channel": "Hook", "reason": reason}));
        let newest = bench.newest_entry("api").await;
        assert_eq!((newest.copy_of.as_deref(), newest.ending), (Some("Hook"), Ending::Delivered));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_channel_that_can_be_told_nothing_is_copied() {
    let mut off = stand_in("Mail");
    off["enabled"] = json!(false);
    for channels in [json!([webhook("Hook")]), json!([webhook("Hook"), off])] {
        let bench = Bench::with(channels, 0).await;
        bench.receiver.script(|_| Reply::Status(404));
        bench.down("api").await;
        drain(&bench.app).await;
        assert_eq!((bench.waiting("Mail").await, bench.receiver.sent().len()), (0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_was_told_of_the_trouble_is_told_that_it_is_over() {
    let recovers_ms = 90 * MINUTE_MS;
    for (sentence, over_ms) in
        [("while the channel is still out", 20 * MINUTE_MS), ("after it", 95 * MINUTE_MS)]
    {
        let bench = bench(0).await;
        hook(&bench, move |at_ms| Reply::Status(if at_ms < recovers_ms { 503 } else { 200 }));
        bench.down("api").await;
        bench.down("db").await;
        let running = start(&bench);
        pause(12 * MINUTE_MS).await;
        assert_eq!(bench.receiver.told(MAIL), ["down api 1", "down db 1"], "{sentence}");
        pause(over_ms - bench.clock.monotonic_ms()).await;
        bench.up("api").await;
        bench.app.doorbell.notify_one();
        pause(2_000).await;
        let told = bench.receiver.told(MAIL);
        assert_eq!(told[2..], ["up api 2"], "{sentence}, at once");
        assert_eq!(undelivered(&bench)[2], json!({"channel": "Hook"}), "it is no failure");
        pause(120 * MINUTE_MS).await;
        let hook: Vec<_> = bench
            .receiver
            .told("hook.example")
            .into_iter()
            .filter(|it| it.contains("api"))
            .collect();
        assert_eq!(hook, ["down api 1", "up api 2"], "{sentence}");
        assert_eq!(bench.receiver.told(MAIL).len(), 3, "{sentence}: once, and nothing of db");
        // The next outage begins anew.
        bench.down("api").await;
        bench.up("api").await;
        bench.app.doorbell.notify_one();
        pause(30 * MINUTE_MS).await;
        assert_eq!(bench.receiver.told(MAIL).len(), 3, "{sentence}");
        running.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn an_incident_opened_by_a_copy_is_resolved() {
    let mut channel = pager("Pager");
    channel["fallback"] = json!(true);
    channel["events"] = json!(["degraded"]);
    // A service that names its channels: the pager has no rows of its own.
    for reason in [Reason::Recovered, Reason::Removed] {
        let bench = Arc::new(Bench::with(json!([webhook("Hook"), channel.clone()]), 0).await);
        bench.receiver.script(|sent| match sent.host.as_str() {
            "hook.example" if sent.after_ms < 90 * MINUTE_MS => Reply::Status(503),
            _ => Reply::Status(202),
        });
        let of_hook = |mut rows: Vec<NewDelivery>| {
            rows.retain(|row| row.channel == "Hook");
            rows
        };
        bench.commit_with("api", Status::Down, Reason::Silence, of_hook).await;
        let running = start(&bench);
        pause(12 * MINUTE_MS).await;
        let open: Vec<_> = bench.receiver.open_incidents().into_iter().collect();
        assert_eq!(open, ["flatline/api"]);
        let to = if reason == Reason::Removed { Status::Closed } else { Status::Up };
        bench.commit_with("api", to, reason, of_hook).await;
        bench.app.doorbell.notify_one();
        pause(2_000).await;
        assert!(bench.receiver.open_incidents().is_empty(), "{reason:?}");
        running.abort();
    }
}

/// `Hook` has no row for the end: it takes no `up`, it is gone, or it was never told of the trouble.
#[tokio::test(start_paused = true)]
async fn the_end_is_told_where_the_other_channel_has_nothing_to_copy() {
    let mut downs = webhook("Hook");
    downs["events"] = json!(["down"]);
    for (sentence, first, later, to, reason) in [
        ("no up", json!([downs, stand_in("Mail")]), None, Status::Up, Reason::Recovered),
        (
            "gone",
            json!([webhook("Hook"), stand_in("Mail")]),
            Some(json!([stand_in("Mail")])),
            Status::Up,
            Reason::Recovered,
        ),
        (
            "never told",
            json!([webhook("Hook"), stand_in("Mail")]),
            None,
            Status::Paused,
            Reason::Paused,
        ),
    ] {
        let bench = Bench::with(first, 0).await;
        hook(&bench, |_| Reply::Status(404));
        bench.down("api").await;
        drain(&bench.app).await;
        drain(&bench.app).await;
        assert_eq!(bench.receiver.told(MAIL), ["down api 1"], "{sentence}");
        let app = later.map_or(bench.app.clone(), |channels| bench.reconfigured(&channels));
        let only_routed = |mut rows: Vec<NewDelivery>| {
            rows.retain(|row| app.config.channels.iter().any(|it| it.route.name == row.channel));
            rows
        };
        bench.commit_with("api", to, reason, only_routed).await;
        for _ in 0..3 {
            drain(&app).await;
        }
        assert_eq!(bench.receiver.told(MAIL), ["down api 1", "up api 2"], "{sentence}: once");
        assert_eq!(undelivered(&bench)[1], json!({"channel": "Hook"}), "{sentence}");
        // The next outage is another story.
        bench.commit_with("api", Status::Up, Reason::Reopened, |_| Vec::new()).await;
        drain(&app).await;
        assert_eq!(bench.receiver.told(MAIL).len(), 2, "{sentence}");
    }
}
