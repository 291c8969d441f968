//! The page of one service.

use flatline_domain::{Reason, Status, Transition, UnixMs};
use flatline_shared::config::Secret;
use flatline_shared::store::{Beat, Commit, LogEntry, TickMark};
use http::{Request, StatusCode, header};

use super::bench::Bench;
use super::get;
use crate::fixture::{DAY_MS, HOUR_MS, MINUTE_MS, NOW, config, configured, service};

/// A service that was down for two hours yesterday and comes every minute, with a message.
async fn bench() -> Bench {
    let mut config = config(vec![service("a b", "API <1>")], &[]);
    config.read_key = Some(Secret::new("read-key"));
    let bench = Bench::of(config).await;
    let store = &bench.app.store;
    store
        .create_service(&bench.app.config.services[0].spec, NOW.plus_ms(-40 * DAY_MS))
        .await
        .unwrap();
    for minute in (0..8).rev() {
        let at = NOW.plus_ms(-minute * MINUTE_MS);
        let beat = Beat { id: "a b", at, window_ms: 5 * MINUTE_MS, stated: Some(Status::Up) };
        store.beat(&beat).await.unwrap();
    }
    let entry =
        LogEntry { at: NOW, message: Some("queue empty".to_owned()), ..LogEntry::default() };
    store.write_log("a b", &entry, 0, 30).await.unwrap();
    let steps = [
        (Status::Up, 39 * DAY_MS, Reason::FirstHeartbeat),
        (Status::Down, 14 * HOUR_MS, Reason::Silence),
        (Status::Up, 12 * HOUR_MS, Reason::Recovered),
    ];
    for (to, ago_ms, reason) in steps {
        commit(&bench, to, NOW.plus_ms(-ago_ms), reason).await;
    }
    let mark = TickMark { at: NOW.plus_ms(-12_000), revision: 1 };
    store.start_tick(&mark).await.unwrap();
    bench
}

async fn commit(bench: &Bench, to: Status, at: UnixMs, reason: Reason) {
    let store = &bench.app.store;
    let before = store.service("a b").await.unwrap().unwrap();
    let (from, since, version) = (before.status, before.status_since, before.version + 1);
    let one = Transition { version, from, to, since, at, decided_at: at, reason };
    let commit = Commit {
        before: &before,
        transitions: &[one],
        service_name: "API",
        outbox: Vec::new(),
        muted: false,
        retention_days: 120,
        feed_days: 7,
        wake: UnixMs::NEVER,
    };
    store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn the_page_of_a_service_tells_its_whole_story() {
    let (status, _, html) = get(&bench().await, "/services/a%20b").await;
    assert_eq!(status, StatusCode::OK);
    for (what, expected) in [
        ("its name, escaped", "<h2 id=\"state\">API &lt;1&gt;</h2>"),
        ("the title", "<title>API &lt;1&gt;: Up · Flatline</title>"),
        ("links lead out of the folder", "<h1><a href=\"../\">"),
        ("the part that refreshes", "data-part=\"a%20b?part\""),
        ("the deadline", ">in 5 min</time>"),
        ("two of the last 24 hours were down", ">91.66 %</b>"),
        (
            "exactly when",
            "d=\"M600 .5h120\"><title>Down for 2 h at 22:00 UTC.</title></path></svg>",
        ),
        ("the same as a list", "<li class=\"s-down\"><b>Down</b> <span>for 2 h</span> <time"),
        ("how often it comes", "Heartbeats come every 60 s ± 0 s: a threshold of 180 s would do."),
        ("the incident", "<span>for 2 h, no heartbeat within its window"),
        ("mean time to recovery", "<dt>Time to recovery</dt><dd>2 h</dd>"),
        ("a command without key", "-d &#39;{&quot;serviceId&quot;:&quot;a b&quot;}&#39;"),
    ] {
        assert!(html.contains(expected), "{what}: {html}");
    }
}

#[tokio::test]
async fn messages_are_for_those_who_may_read_them() {
    let bench = bench().await;
    let (_, _, html) = get(&bench, "/services/a%20b").await;
    assert!(!html.contains("queue empty"), "{html}");
    assert!(
        html.contains("Messages are shown to whoever has signed in, and there is no"),
        "{html}"
    );
    let request = Request::get("/services/a%20b").header(header::AUTHORIZATION, "Bearer read-key");
    let (_, _, html) = bench.answer(request).await;
    assert!(html.contains("<q>queue empty</q>"), "{html}");
    assert!(!html.contains("read-key"), "{html}");
}

#[tokio::test]
async fn while_the_checker_stands_the_page_of_a_service_says_so() {
    let bench = bench().await;
    bench.pass(6 * HOUR_MS);
    let (_, _, html) = get(&bench, "/services/a%20b").await;
    for expected in [
        "<p class=\"blind\"><b>Checker not running: data is 6 hours old.</b>",
        "Last known: <b>Late</b>",
        "<title>API &lt;1&gt;: Checker not running · Flatline</title>",
        "<path class=\"s-unknown\" d=\"M1079 .5h361\"><title>Nobody watched for 6 h",
        "<dt>Uptime 24 hours</dt><dd><b class=\"k3 uptime-poor\" title=\"Poor\">88.88 %</b>",
    ] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
    assert!(!html.contains("class=\"banner s-up\""), "{html}");
    assert!(!html.contains("class=\"for\""), "nothing is claimed of now: {html}");
}

#[tokio::test]
async fn every_period_leaves_out_what_nobody_watched() {
    let bench = Bench::of(config(vec![service("a b", "API")], &[])).await;
    let store = &bench.app.store;
    let minutes_ago = |minutes: i64| NOW.plus_ms(-minutes * MINUTE_MS);
    store.create_service(&bench.app.config.services[0].spec, minutes_ago(20)).await.unwrap();
    commit(&bench, Status::Up, minutes_ago(20), Reason::FirstHeartbeat).await;
    for minutes in [15, 10] {
        store.prove(minutes_ago(minutes)).await.unwrap();
    }
    commit(&bench, Status::Down, minutes_ago(5), Reason::Reported).await;
    store.start_tick(&TickMark { at: NOW, revision: 1 }).await.unwrap();
    store.prove(NOW).await.unwrap();
    let (_, _, html) = get(&bench, "/services/a%20b").await;
    let shares: Vec<_> = html.split("<dt>Uptime ").skip(1).collect();
    assert_eq!(shares.len(), 4);
    for share in shares {
        assert!(share.contains(">50.00 %</b>"), "5 of 10 min that were watched: {share}");
    }
    assert!(html.contains("<title>Nobody watched for 10 min at 11:45 UTC.</title>"), "{html}");
}

#[tokio::test]
async fn links_to_feeds_lead_to_feeds_whatever_is_in_an_id() {
    let files = [(
        "services.json",
        r#"{"groups":[{"id":"g/ü&","services":["a/b?"]}],"services":[{"id":"a/b?"}]}"#,
    )];
    let bench = Bench::of(configured(files, &[])).await;
    for (page, of_what) in [("/", "group="), ("/services/a%2Fb%3F", "service=")] {
        let (_, _, html) = get(&bench, page).await;
        let (_, rest) = html.split_once(&format!("feed.atom?{of_what}")).unwrap();
        let value = rest.split_once('"').unwrap().0.replace("&amp;", "&");
        let (status, _, atom) = get(&bench, &format!("/feed.atom?{of_what}{value}")).await;
        assert_eq!(status, StatusCode::OK, "{value}: {atom}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_configured_has_no_page() {
    let (status, _, _) = get(&bench().await, "/services/nope").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_service_that_was_never_heard_and_an_unreadable_one_have_a_page() {
    let bench = bench().await;
    bench.spoil("a b");
    let (status, _, html) = get(&bench, "/services/a%20b").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("<b>Unreadable</b>"), "{html}");
    let bench = Bench::of(config(vec![service("new", "New")], &[])).await;
    let (status, _, html) = get(&bench, "/services/new").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("None was heard yet."), "{html}");
    let (_, _, part) = get(&bench, "/services/new?part").await;
    assert!(part.starts_with("<p class=\"crumbs\">") && html.contains(part.trim()), "{part}");
}
