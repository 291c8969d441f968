//! Many messages for a channel that people read.

use std::collections::BTreeSet;
use std::sync::Arc;

use flatline_domain::{Reason, Status};
use flatline_harness::bridge::{Action, Rule};
use flatline_harness::dice::Dice;
use flatline_shared::clock::Clock;
use flatline_shared::store::{Lane, NewDelivery};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::bench::{Bench, Reply, Sent, folding, pager, pause, webhook};
use crate::{drain, run};

const MANY: usize = 300;
const HOOK: &str = "hook.example";

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("service-{number:03}")).collect()
}

/// One message per second, as Slack has it; whoever sends more is asked to wait.
fn slack() -> impl FnMut(&Sent) -> Reply + Send + 'static {
    let mut last_ms = -1_000;
    move |sent| {
        if sent.after_ms - last_ms < 1_000 {
            return Reply::RetryAfter(429, "1");
        }
        last_ms = sent.after_ms;
        Reply::Status(200)
    }
}

/// The local loop, for as long as the test lasts.
fn start(bench: &Arc<Bench>) -> JoinHandle<()> {
    let app = bench.app.clone();
    tokio::spawn(async move { run(app, std::future::pending()).await })
}

/// All services change as their phases in a minute have it.
async fn change_all(bench: &Bench, to: Status) {
    let mut dice = Dice::new(7);
    let mut moments: Vec<(u64, String)> =
        ids(MANY).into_iter().map(|id| (dice.between(0, 60_000), id)).collect();
    moments.sort();
    let mut now_ms = 0;
    for (at_ms, id) in moments {
        pause((at_ms - now_ms) as i64).await;
        now_ms = at_ms;
        if to == Status::Down {
            bench.down(&id).await;
        } else {
            bench.up(&id).await;
        }
        bench.app.doorbell.notify_one();
    }
}

#[tokio::test(start_paused = true)]
async fn three_hundred_services_that_die_together_are_a_few_messages() {
    let bench = Arc::new(Bench::of(ids(MANY), json!([folding("Hook")]), 0).await);
    bench.receiver.script(slack());
    let running = start(&bench);
    change_all(&bench, Status::Down).await;
    pause(60_000).await;
    let accepted = bench.receiver.accepted(HOOK);
    let seconds: Vec<i64> = accepted.iter().map(|sent| sent.after_ms / 1_000).collect();
    assert!(accepted.len() <= 8, "{seconds:?}");
    assert!(seconds[..3].iter().all(|second| *second <= 3), "the first come at once: {seconds:?}");
    let told: BTreeSet<String> = bench.receiver.told(HOOK).into_iter().collect();
    assert_eq!(told.len(), MANY, "every one is told within two minutes");
    let folded = accepted.iter().filter(|sent| sent.body["event"] == "folded");
    assert!(folded.clone().all(|sent| sent.parts().len() as u64 == sent.body["count"]));
    assert!(folded.count() >= 3, "{seconds:?}");
    change_all(&bench, Status::Up).await;
    pause(60_000).await;
    assert_eq!(bench.waiting("Hook").await, 0);
    let told = bench.receiver.told(HOOK);
    assert_eq!(told.len(), 2 * MANY, "nothing twice");
    for id in ids(MANY) {
        assert_eq!(bench.endings(&id).await, ["down 1 delivered", "up 2 delivered"], "{id}");
    }
    running.abort();
}

/// How many services a message to Slack tells of: those it names, and the rest that it counts.
fn services_in(body: &Value) -> (BTreeSet<String>, usize) {
    let text = body.to_string();
    let names = text.match_indices("SERVICE-").map(|(at, _)| text[at..at + 11].to_owned());
    let rest = text.rsplit_once("and ").and_then(|(_, rest)| rest.split_once(" more"));
    (names.collect(), rest.map_or(0, |(count, _)| count.parse().unwrap()))
}

#[tokio::test(start_paused = true)]
async fn slack_names_or_counts_every_one_of_three_hundred_in_a_few_messages() {
    let slack_channel = json!({"type": "slack", "name": "Hook", "enabled": true});
    let bench = Arc::new(Bench::of(ids(MANY), json!([slack_channel]), 0).await);
    let mut pace = slack();
    bench.receiver.script(move |sent| match pace(sent) {
        // Slack's way of saying that it took the message.
        Reply::Status(200) => Reply::Body(200, "ok"),
        other => other,
    });
    let running = start(&bench);
    change_all(&bench, Status::Down).await;
    pause(60_000).await;
    let accepted = bench.receiver.accepted(HOOK);
    assert!(accepted.len() <= 8, "{} messages in two minutes", accepted.len());
    let mut told = 0;
    for sent in &accepted {
        let (named, counted) = services_in(&sent.body);
        told += named.len() + counted;
        let link = sent.body.to_string().contains("https://status.example/");
        assert!(!named.is_empty() && link, "{}", sent.body);
    }
    assert_eq!(told, MANY, "each is named or counted");
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn at_pagerduty_three_hundred_services_are_three_hundred_incidents_and_each_is_resolved() {
    let bench = Arc::new(Bench::of(ids(MANY), json!([pager("Pager")]), 0).await);
    bench.receiver.script(|_| Reply::Status(202));
    let running = start(&bench);
    change_all(&bench, Status::Down).await;
    pause(5_000).await;
    let open: BTreeSet<String> = ids(MANY).iter().map(|id| format!("flatline/{id}")).collect();
    assert_eq!(bench.receiver.open_incidents(), open);
    change_all(&bench, Status::Up).await;
    pause(5_000).await;
    assert!(bench.receiver.open_incidents().is_empty());
    assert_eq!(bench.receiver.sent().len(), 2 * MANY, "nothing twice");
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn drains_side_by_side_fold_everything_once() {
    let bench = Bench::with(json!([folding("Hook")]), 0).await;
    bench.receiver.script(|_| Reply::Slow(300, 200));
    fill(&bench, 60).await;
    let others = (bench.app.clone(), bench.app.clone());
    for _ in 0..3 {
        tokio::join!(drain(&bench.app), drain(&others.0), drain(&others.1));
    }
    assert_eq!(bench.waiting("Hook").await, 0);
    let counts = bench.receiver.sent().into_iter().map(|sent| sent.body["count"].as_u64());
    let counts: Vec<u64> = counts.map(|count| count.unwrap_or(1)).collect();
    assert_eq!(counts.iter().sum::<u64>(), 60, "each once: {counts:?}");
    assert!(counts.len() <= 4, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn for_programs_three_hundred_services_are_three_hundred_incidents() {
    let bench = Arc::new(Bench::of(ids(MANY), json!([webhook("Hook")]), 0).await);
    let running = start(&bench);
    change_all(&bench, Status::Down).await;
    pause(5_000).await;
    let open: BTreeSet<String> = bench.receiver.lines().into_iter().collect();
    assert_eq!(open, ids(MANY).iter().map(|id| format!("down {id} 1")).collect());
    change_all(&bench, Status::Up).await;
    pause(5_000).await;
    let lines = bench.receiver.lines();
    assert_eq!(lines.len(), 2 * MANY);
    let resolved: BTreeSet<String> = lines[MANY..].iter().cloned().collect();
    assert_eq!(resolved, ids(MANY).iter().map(|id| format!("up {id} 2")).collect());
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_few_are_told_one_by_one_and_what_one_lane_has_to_say_goes_together() {
    let bench = Bench::with(json!([folding("Hook")]), 0).await;
    bench.down("api").await;
    bench.up("api").await;
    bench.down("api").await;
    bench.down("db").await;
    drain(&bench.app).await;
    assert_eq!(bench.receiver.lines()[..2], ["down api 1", "up api 2"]);
    assert_eq!(bench.receiver.sent()[2].parts(), ["down api 3", "down db 1"]);
    assert_eq!(bench.receiver.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_next_drain_goes_on_where_the_last_one_ended() {
    let bench = Bench::with(json!([folding("Hook")]), 0).await;
    for number in 0..3 {
        bench.alert(&format!("alert-{number}"), Status::Down).await;
        drain(&bench.app).await;
    }
    let before_ms = bench.clock.monotonic_ms();
    assert_eq!(bench.receiver.sent().len(), 3, "three at once");
    bench.alert("late", Status::Down).await;
    bench.alert("later", Status::Down).await;
    drain(&bench.app.clone()).await;
    let sent = bench.receiver.sent();
    assert_eq!(sent.len(), 4);
    assert_eq!(sent[3].parts(), ["alert late 1", "alert later 1"]);
    assert!(sent[3].after_ms - before_ms >= 19_000, "another process waits as well");
}

#[tokio::test(start_paused = true)]
async fn many_as_one_that_fail_are_tried_again_as_one() {
    let bench = Bench::with(json!([folding("Hook")]), 0).await;
    bench.receiver.script(|sent| match sent.line().as_str() {
        "folded  null" if sent.after_ms < 200_000 => Reply::Unreachable,
        _ => Reply::Status(200),
    });
    for number in 0..6 {
        bench.alert(&format!("alert-{number}"), Status::Down).await;
    }
    for _ in 0..4 {
        drain(&bench.app).await;
        pause(30_000).await;
    }
    let sent = bench.receiver.sent();
    let counts: Vec<_> = sent[2..].iter().map(|sent| sent.body["count"].as_u64()).collect();
    assert_eq!(counts, vec![Some(4); counts.len()], "an answer may have got lost: the same again");
    assert!((4..=9).contains(&counts.len()), "with growing waits: {}", counts.len());
    assert_eq!(bench.receiver.told(HOOK).len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_became_a_pager_is_told_one_by_one_of_what_waited_as_one() {
    let bench = Bench::with(json!([folding("Hook")]), 0).await;
    bench.receiver.script(|sent| match sent.line().as_str() {
        "folded  null" => Reply::Unreachable,
        _ => Reply::Status(202),
    });
    for number in 0..6 {
        bench.alert(&format!("alert-{number}"), Status::Down).await;
    }
    drain(&bench.app).await;
    let app = bench.reconfigured(&json!([pager("Hook")]));
    for _ in 0..4 {
        pause(30_000).await;
        drain(&app).await;
    }
    let open = (2..6).map(|number| format!("flatline/alert/alert-{number}")).collect();
    assert_eq!(bench.receiver.open_incidents(), open);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_fails_is_tried_with_few() {
    let bench = Bench::with(json!([folding("Hook")]), 0).await;
    bench.receiver.script(|sent| Reply::Status(if sent.after_ms < 8_000 { 500 } else { 200 }));
    for number in 0..6 {
        bench.alert(&format!("alert-{number}"), Status::Down).await;
    }
    drain(&bench.app).await;
    let sent = bench.receiver.sent();
    let refused = sent.iter().filter(|sent| !sent.accepted).count();
    assert!(refused <= 4, "one failing channel is not tried with every lane: {refused}");
    let told: BTreeSet<String> = bench.receiver.told(HOOK).into_iter().collect();
    assert_eq!((told.len(), bench.receiver.told(HOOK).len()), (6, 6), "all, and nothing twice");
    assert_eq!(bench.waiting("Hook").await, 0);
}

#[tokio::test(start_paused = true)]
async fn many_as_one_that_are_refused_are_told_one_by_one() {
    let bench = Bench::with(json!([folding("Hook")]), 0).await;
    bench.receiver.script(|sent| match sent.line().as_str() {
        "folded  null" => Reply::Status(413),
        "alert alert-4 1" => Reply::Status(400),
        _ => Reply::Status(200),
    });
    for number in 0..6 {
        bench.alert(&format!("alert-{number}"), Status::Down).await;
    }
    for _ in 0..3 {
        drain(&bench.app).await;
    }
    assert_eq!(bench.waiting("Hook").await, 0);
    let told = bench.receiver.told(HOOK);
    assert_eq!(told.len(), 5, "{told:?}");
    let seconds: Vec<_> =
        bench.receiver.accepted(HOOK).iter().map(|sent| sent.after_ms / 1_000).collect();
    assert_eq!(seconds, [0, 0, 0, 20, 40], "as slowly as any other");
}

/// Puts so many alerts for `Hook` into the outbox, each in a lane of its own.
async fn fill(bench: &Bench, count: usize) {
    let ids: Vec<String> = (0..count).map(|number| format!("{number:032x}")).collect();
    for part in ids.chunks(80) {
        let record = bench.app.store.service("api").await.unwrap().unwrap();
        let to = if record.status == Status::Down { Status::Up } else { Status::Down };
        let alerts = |rows: Vec<NewDelivery>| {
            let alert = |id: &String| {
                let mut row = rows[0].clone();
                row.delivery.lane = Lane::Alert(id.clone());
                row.delivery.notice.id.clone_from(id);
                row
            };
            part.iter().map(alert).collect()
        };
        bench.commit_with("api", to, Reason::Reported, alerts).await;
    }
}

async fn five_thousand(channel: serde_json::Value, most_messages: usize) {
    let bench = Bench::with(json!([channel]), 0).await;
    fill(&bench, 5_000).await;
    while bench.waiting("Hook").await > 0 {
        drain(&bench.app).await;
    }
    let counts = bench.receiver.sent().into_iter().map(|sent| sent.body["count"].as_u64());
    assert_eq!(counts.map(|count| count.unwrap_or(1)).sum::<u64>(), 5_000, "each once");
    let messages = bench.receiver.sent().len();
    assert!(messages <= most_messages, "{messages} messages");
}

#[tokio::test(start_paused = true)]
async fn five_thousand_rows_end_and_nothing_is_sent_twice() {
    five_thousand(webhook("Hook"), 5_000).await;
}

#[tokio::test(start_paused = true)]
async fn five_thousand_rows_fold_into_a_few_messages() {
    five_thousand(folding("Hook"), 6).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_many_are_marked_repeats_only_those_that_were_not() {
    for nth in 1..=4 {
        let bench = Arc::new(Bench::with(json!([folding("Hook")]), 0).await);
        fill(&bench, 100).await;
        // Two singles are marked first; of the 98 as one each transaction marks 30.
        bench.gate.fault(Rule::on("TransactWriteItems", Action::Hang).at(2 + nth));
        let crashed = tokio::spawn({
            let bench = bench.clone();
            async move { drain(&bench.app).await }
        });
        pause(1_000).await;
        assert_eq!(bench.receiver.sent().len(), 3);
        crashed.abort();
        pause(60_000).await;
        drain(&bench.app).await;
        let sent = bench.receiver.sent();
        assert_eq!(sent.len(), 4, "one message more");
        assert_eq!(sent[3].body["count"].as_u64(), Some(98 - 30 * (nth - 1)));
        assert_eq!(bench.waiting("Hook").await, 0);
    }
}
