//! What a flood of readers costs, how old pages may be, and what is not sent again.

use std::collections::BTreeMap;

use flatline_domain::Status;
use flatline_shared::config::Secret;
use flatline_shared::store::{Beat, TickMark};
use http::{HeaderMap, Request, StatusCode, header};

use super::bench::Bench;
use crate::fixture::{MINUTE_MS, NOW, config, service};

async fn bench() -> Bench {
    let mut config = config(vec![service("api", "API"), service("db", "DB")], &[]);
    config.read_key = Some(Secret::new("read-key"));
    let bench = Bench::of(config).await;
    beat(&bench, "api", Status::Up).await;
    let mark = TickMark { at: NOW.plus_ms(-12_000), revision: 1 };
    bench.app.store.start_tick(&mark).await.unwrap();
    bench
}

async fn beat(bench: &Bench, id: &str, stated: Status) {
    let at = bench.app.clock.now();
    let beat = Beat { id, at, window_ms: 5 * MINUTE_MS, stated: Some(stated) };
    bench.app.store.beat(&beat).await.unwrap();
}

async fn get(bench: &Bench, path: &str, known: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).header(header::HOST, "status.example.com");
    bench.answer(request.header(header::IF_NONE_MATCH, known)).await
}

/// Paths that all show the same reading.
const OF_ALL: [&str; 6] =
    ["/", "/board", "/?status=down", "/badge/api.svg", "/badge/api.json?metric=uptime", "/metrics"];

#[tokio::test]
async fn a_flood_of_readers_costs_the_database_one_reading() {
    let bench = bench().await;
    let first = bench.calls_of("/").await;
    assert_eq!(first, BTreeMap::from([("Query".to_owned(), 9), ("GetItem".to_owned(), 2)]));
    for path in OF_ALL {
        assert_eq!(bench.calls_of(path).await, BTreeMap::new(), "{path}");
    }
    bench.pass(2_001);
    assert_eq!(bench.calls_of("/board").await, first, "after two seconds it is read again");
    for path in ["/services/api", "/feed.atom"] {
        bench.pass(2_001);
        assert_ne!(bench.calls_of(path).await, BTreeMap::new(), "{path}");
        assert_eq!(bench.calls_of(path).await, BTreeMap::new(), "{path}, again");
    }
    let of_reader = async || {
        bench.clear_calls();
        let (status, _) = bench.text_with("/services/api", "Bearer read-key").await;
        assert_eq!(status, StatusCode::OK);
        bench.calls()
    };
    assert_ne!(of_reader().await, BTreeMap::new(), "who may see more has a reading of their own");
    assert_eq!(of_reader().await, BTreeMap::new());
}

#[tokio::test]
async fn who_loads_a_page_again_sees_what_just_happened() {
    for path in ["/", "/board", "/services/api"] {
        let bench = bench().await;
        assert_eq!(get(&bench, path, "").await.0, StatusCode::OK);
        bench.pass(20);
        bench.clear_calls();
        let again = Request::get(path).header(header::CACHE_CONTROL, "max-age=0");
        bench.answer(again).await;
        assert_ne!(bench.calls(), BTreeMap::new(), "{path}");
    }
}

#[tokio::test]
async fn all_who_come_at_once_share_one_reading() {
    let bench = bench().await;
    bench.clear_calls();
    let many = (0..40).map(|n| {
        let path = OF_ALL[n % OF_ALL.len()];
        bench.answer(Request::get(path).header(header::HOST, "status.example.com"))
    });
    for (status, ..) in futures_util::future::join_all(many).await {
        assert_eq!(status, StatusCode::OK);
    }
    assert_eq!(bench.calls()["Query"], 9, "{:?}", bench.calls());
}

#[tokio::test]
async fn a_failure_is_shared_too_and_forgotten_as_soon() {
    let bench = Bench::of(config(vec![service("api", "API")], &[])).await;
    bench.drop_table();
    assert_eq!(get(&bench, "/", "").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bench.calls_of("/").await, BTreeMap::new());
    bench.pass(2_001);
    assert_ne!(bench.calls_of("/").await, BTreeMap::new());
}

#[tokio::test]
async fn the_age_that_is_shown_is_true() {
    let bench = bench().await;
    bench.pass(30_000);
    let (_, _, html) = get(&bench, "/", "").await;
    assert!(html.contains(">30 s ago</time>"), "{html}");
    bench.pass(1_500);
    let (_, _, html) = get(&bench, "/", "").await;
    assert!(
        html.contains(">31 s ago</time>"),
        "the reading is older, and so are its times: {html}"
    );
    let read = "Updated <time class=\"at\" datetime=\"2026-11-22T12:00:30.000Z\">";
    assert!(html.contains(read), "{html}");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    for path in ["/board", "/services/api?part"] {
        let bench = bench().await;
        let (status, headers, _) = get(&bench, path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache", "{path}");
        let tag = headers[header::ETAG].to_str().unwrap().to_owned();
        bench.pass(10_000);
        let (status, again, body) = get(&bench, path, &tag).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        for name in [header::CONTENT_SECURITY_POLICY, header::ETAG, header::CACHE_CONTROL] {
            assert_eq!(again[&name], headers[&name], "{path}: {name} of a 304 counts for the page");
        }
        beat(&bench, "api", Status::Up).await;
        bench.pass(10_000);
        let (status, headers, _) = get(&bench, path, &tag).await;
        assert_eq!(status, StatusCode::OK, "{path}: a heartbeat came");
        let tag = headers[header::ETAG].to_str().unwrap().to_owned();
        bench.pass(6 * MINUTE_MS);
        let (status, ..) = get(&bench, path, &tag).await;
        assert_eq!(status, StatusCode::OK, "{path}: its deadline passed");
    }
}

#[tokio::test]
async fn a_whole_page_is_one_with_its_reading_because_nobody_keeps_its_times_true() {
    for path in ["/", "/services/api"] {
        let bench = bench().await;
        let (_, headers, _) = get(&bench, path, "").await;
        let tag = headers[header::ETAG].to_str().unwrap().to_owned();
        bench.pass(1_000);
        assert_eq!(get(&bench, path, &tag).await.0, StatusCode::NOT_MODIFIED, "{path}");
        bench.pass(1_500);
        assert_eq!(get(&bench, path, &tag).await.0, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn what_only_some_may_see_is_kept_nowhere_and_known_by_no_other_tag() {
    let bench = bench().await;
    for path in ["/", "/board", "/services/api", "/services/api?part", "/feed.atom"] {
        let (_, headers, _) = get(&bench, path, "").await;
        let request = Request::get(path).header(header::HOST, "status.example.com");
        let request = request.header(header::AUTHORIZATION, "Bearer read-key");
        let (status, full, _) = bench.answer(request).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(full[header::CACHE_CONTROL], "no-store", "{path}");
        let is_page = path != "/feed.atom";
        assert_eq!(full[header::ETAG] != headers[header::ETAG], is_page, "{path}");
    }
}
