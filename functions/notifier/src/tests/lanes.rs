//! Order and folding: what one channel hears of one service.

use flatline_domain::{Event, Reason, Status};
use flatline_shared::store::{Lane, NewDelivery};
use serde_json::json;

use super::bench::{Bench, Reply, pause, webhook};
use crate::drain;

#[tokio::test(start_paused = true)]
async fn nothing_waits_and_nothing_is_sent() {
    let bench = Bench::new().await;
    drain(&bench.app).await;
    assert!(bench.receiver.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_down_and_its_recovery_are_told_once_and_in_order() {
    let bench = Bench::new().await;
    bench.down("api").await;
    bench.up("api").await;
    drain(&bench.app).await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1", "up api 2"]);
    assert_eq!(bench.endings("api").await, ["down 1 delivered", "up 2 delivered"]);
    assert_eq!(bench.waiting("Hook").await, 0);
    let told = bench.app.store.told_to(&Lane::Service("api".to_owned()), "Hook").await.unwrap();
    assert_eq!(told.map(|told| (told.status, told.version)), Some((Status::Up, 2)));
}

#[tokio::test(start_paused = true)]
async fn nothing_newer_overtakes_what_waits_in_its_lane_but_other_lanes_go_on() {
    let bench = Bench::new().await;
    for id in ["api", "db"] {
        bench.down(id).await;
        bench.up(id).await;
    }
    let mut tries = 0;
    bench.receiver.script(move |sent| {
        let fails = sent.line().starts_with("down api") && tries < 2;
        tries += i32::from(fails);
        Reply::Status(if fails { 503 } else { 200 })
    });
    drain(&bench.app).await;
    let lines = bench.receiver.lines();
    let order = ["down api 1", "down db 1", "up db 2", "down api 1", "down api 1", "up api 2"];
    assert_eq!(lines, order);
}

#[tokio::test(start_paused = true)]
async fn within_the_cooldown_a_recovery_waits_and_a_second_down_folds_it() {
    let bench = Bench::with(json!([webhook("Hook")]), 5).await;
    bench.down("api").await;
    drain(&bench.app).await;
    pause(60_000).await;
    bench.up("api").await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1"], "the recovery waits for the window's end");
    bench.down("api").await;
    pause(230_000).await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1"], "the channel knows that it is down");
    let ended = ["down 1 delivered", "up 2 folded", "down 3 folded"];
    assert_eq!(bench.endings("api").await, ended);
    assert_eq!(bench.waiting("Hook").await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_word_comes_when_the_cooldown_ends() {
    let bench = Bench::with(json!([webhook("Hook")]), 5).await;
    bench.down("api").await;
    drain(&bench.app).await;
    for _ in 0..3 {
        bench.up("api").await;
        bench.down("api").await;
    }
    bench.up("api").await;
    pause(250_000).await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1", "up api 8"]);
    assert_eq!(bench.receiver.seconds(), [0, 300], "at the end of the window, in the same drain");
    assert_eq!(bench.waiting("Hook").await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_cooldown_never_holds_back_what_is_worse() {
    let bench = Bench::with(json!([webhook("Hook")]), 5).await;
    bench.commit("api", Status::Degraded, Reason::Reported).await;
    drain(&bench.app).await;
    pause(1_000).await;
    bench.down("api").await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["degraded api 1", "down api 2"]);
    assert_eq!(bench.receiver.seconds(), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn closing_a_service_resolves_what_was_told() {
    let bench = Bench::new().await;
    bench.down("api").await;
    drain(&bench.app).await;
    bench.commit("api", Status::Closed, Reason::Removed).await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1", "up api 2"]);
    assert_eq!(bench.receiver.sent()[1].body["reason"], "removed");
}

#[tokio::test(start_paused = true)]
async fn closing_a_service_of_which_nothing_was_told_tells_nothing() {
    let bench = Bench::new().await;
    bench.down("api").await;
    bench.commit("api", Status::Closed, Reason::Removed).await;
    assert_eq!(bench.waiting("Hook").await, 2, "only the drain cancels");
    drain(&bench.app).await;
    assert!(bench.receiver.sent().is_empty());
    assert_eq!(bench.endings("api").await, ["down 1 cancelled", "up 2 cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn a_reminder_is_told_while_it_is_true_and_never_after() {
    let only_down = json!({"type": "webhook", "name": "Hook", "enabled": true, "events": ["down"]});
    let bench = Bench::with(json!([only_down]), 0).await;
    let with_reminder = |mut rows: Vec<NewDelivery>| {
        let mut reminder = rows[0].clone();
        reminder.delivery.queued.n = 1;
        reminder.delivery.queued.event = Event::Reminder;
        rows.push(reminder);
        rows
    };
    bench.commit_with("api", Status::Down, Reason::Silence, with_reminder).await;
    drain(&bench.app).await;
    bench.commit_with("db", Status::Down, Reason::Silence, with_reminder).await;
    bench.up("db").await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["down api 1", "reminder api 1", "down db 1"]);
    assert_eq!(bench.endings("db").await, ["down 1 delivered", "reminder 1 cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn alerts_know_no_cooldown() {
    let bench = Bench::with(json!([webhook("Hook")]), 5).await;
    bench.alert("disk", Status::Degraded).await;
    drain(&bench.app).await;
    bench.alert("disk", Status::Down).await;
    bench.alert("disk", Status::Up).await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines(), ["alert disk 1", "alert disk 2", "alert disk 3"]);
    let statuses: Vec<_> =
        bench.receiver.sent().iter().map(|sent| sent.body["status"].clone()).collect();
    assert_eq!(statuses, ["firing", "firing", "resolved"]);
    assert_eq!(bench.receiver.seconds(), [0, 0, 0]);
    let told = bench.app.store.told_to(&Lane::Alert("disk".to_owned()), "Hook").await.unwrap();
    assert_eq!(told.map(|told| told.version), Some(3));
}
