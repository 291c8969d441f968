//! The router on the real engine.

mod access;
pub(crate) mod atom;
mod badges;
pub(crate) mod bench;
mod documents;
mod fresh;
mod hostile;
mod metrics;
mod older;
mod parts;
mod reads;
mod recorded;
mod safety;
mod service_page;
mod switches;
mod weight;

use std::collections::BTreeMap;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flatline_domain::{Day, DayTotals, Days, Membership, Status};
use flatline_shared::config::ApiSwitch;
use flatline_shared::store::{Beat, TickMark};
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::bench::Bench;
use crate::fixture::{MINUTE_MS, NOW, config, service};

/// Two services that were heard, the checker ran 12 s ago.
async fn bench() -> Bench {
    let bench =
        Bench::of(config(vec![service("api", "API"), service("db", "DB & more")], &[])).await;
    for id in ["api", "db"] {
        let beat = Beat { id, at: NOW.plus_ms(-42_000), window_ms: 5 * MINUTE_MS, stated: None };
        bench.app.store.beat(&beat).await.unwrap();
    }
    let mark = TickMark { at: NOW.plus_ms(-12_000), revision: 1 };
    bench.app.store.start_tick(&mark).await.unwrap();
    bench
}

async fn get(bench: &Bench, path: &str) -> (StatusCode, HeaderMap, String) {
    bench.answer(Request::get(path).header(header::HOST, "127.0.0.1:8080")).await
}

async fn json(bench: &Bench, path: &str) -> (StatusCode, Value) {
    let (status, _, body) = get(bench, path).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn the_page_shows_what_is_stored() {
    let bench = bench().await;
    let (status, headers, html) = get(&bench, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(
        html.contains("<h3><a href=\"./services/db\">DB &amp; more</a></h3> <code>db</code>"),
        "{html}"
    );
    assert!(
        html.contains("Last heartbeat <time class=\"ago\" datetime=\"2026-11-22T11:59:18.000Z\""),
        "{html}"
    );
    assert!(html.contains(">42 s ago</time>"), "{html}");
    assert!(
        html.contains("last check <time class=\"ago\" datetime=\"2026-11-22T11:59:48.000Z\""),
        "{html}"
    );
}

#[tokio::test]
async fn before_anything_was_heard_the_page_says_how_to_begin() {
    let bench = Bench::of(config(vec![service("api", "API")], &[])).await;
    let (status, _, html) = get(&bench, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Checker not running: it has not run yet"), "{html}");
    assert!(html.contains("curl &#39;http://127.0.0.1:8080/api/heartbeat&#39;"), "{html}");
}

#[tokio::test]
async fn the_policy_allows_exactly_what_is_on_the_page() {
    let (_, headers, html) = get(&bench().await, "/").await;
    let between = |from: &str, to: &str| {
        let (_, rest) = html.split_once(from).unwrap();
        let (text, _) = rest.split_once(to).unwrap();
        STANDARD.encode(Sha256::digest(text))
    };
    let (style, script) = (between("<style>", "</style>"), between("<script>", "</script>"));
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; script-src 'self' 'sha256-{script}'; \
             style-src 'sha256-{style}'; connect-src 'self'; img-src 'self' https: data:; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
    );
    assert_eq!(html.matches("<style").count(), 1);
    assert_eq!(html.matches("<script").count(), 2, "the theme, and the module");
    assert!(!html.contains("style="));
}

#[tokio::test]
async fn the_module_is_kept_for_ever_under_an_address_of_its_content() {
    let bench = bench().await;
    let (_, _, html) = get(&bench, "/").await;
    let (_, rest) = html.split_once("<script type=\"module\" src=\"").unwrap();
    let (address, _) = rest.split_once('"').unwrap();
    let (status, headers, body) = get(&bench, address.trim_start_matches('.')).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert!(body.starts_with("let $="), "{body}");
    let again = Request::get(address.trim_start_matches('.'))
        .header(header::IF_NONE_MATCH, &headers[header::ETAG]);
    let (status, _, body) = bench.answer(again).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
}

#[tokio::test]
async fn a_filter_hides_what_is_not_wanted() {
    let bench = bench().await;
    let hidden = |html: &str| html.matches("<li class=\"row s-unknown\" hidden>").count();
    for (query, expected) in [("", 0), ("?status=unknown", 0), ("?status=down", 2), ("?q=more", 1)]
    {
        let (_, _, html) = get(&bench, &format!("/{query}")).await;
        assert_eq!(hidden(&html), expected, "{query}");
    }
    let (_, _, html) = get(&bench, "/?status=down").await;
    assert!(html.contains("<p class=\"nothing\">No service matches."), "{html}");
    assert!(
        html.contains("<a class=\"tile s-down\" href=\"?status=down\" aria-current=\"true\">"),
        "{html}"
    );
}

#[tokio::test]
async fn the_part_that_refreshes_is_the_page_without_its_frame() {
    let bench = bench().await;
    let (_, _, page) = get(&bench, "/?q=api").await;
    let (status, headers, part) = get(&bench, "/board?q=api").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(part.starts_with("<section class=\"banner"), "{part}");
    assert!(page.contains(part.trim()), "{part}");
}

#[tokio::test]
async fn a_corrupt_record_is_shown_as_such_and_breaks_nothing() {
    let bench = bench().await;
    bench.spoil("db");
    let (status, _, html) = get(&bench, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("<p>1 service unreadable</p>"), "{html}");
    assert!(html.contains("Its record cannot be read"), "{html}");
    assert!(html.contains(">API</a></h3>"), "{html}");
    let (status, answer) = json(&bench, "/api/status").await;
    assert_eq!(status, StatusCode::OK);
    let entry = |index: usize| &answer["summary"]["results"][index];
    assert_eq!((&entry(1)["status"], &entry(1)["unreadable"]), (&"unknown".into(), &true.into()));
    assert_eq!(entry(0)["unreadable"], false);
}

#[tokio::test]
async fn of_corrupt_days_nothing_is_claimed_and_the_status_stays() {
    let bench = bench().await;
    let days = Days::from([(Day(NOW.day().0 - 1), DayTotals::default())]);
    bench.app.store.import_days("db", &days, 120).await.unwrap();
    bench.spoil("db#im");
    let (status, _, html) = get(&bench, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(html.matches("Its days cannot be read; the log says why").count(), 1, "{html}");
    assert_eq!(html.matches("<svg class=\"strip\"").count(), 1, "{html}");
    let (_, badge) = json(&bench, "/badge/db.json?metric=uptime").await;
    assert_eq!(badge["message"], "no data");
    let (_, _, metrics) = get(&bench, "/metrics").await;
    assert!(!metrics.contains("uptime_ratio{service=\"db\"}"), "{metrics}");
    let (_, _, csv) = get(&bench, "/api/export.csv?services=db&days=1").await;
    assert!(csv.contains(",db,Ungrouped,No Data,,0,"), "{csv}");
    assert_eq!(get(&bench, "/services/db").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_corrupt_mark_counts_as_none() {
    let bench = bench().await;
    bench.spoil("tick");
    let (status, _, html) = get(&bench, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Checker not running"), "{html}");
    assert_eq!(json(&bench, "/health").await.1["checker"]["status"], "never-ran");
}

#[tokio::test]
async fn a_disabled_service_is_on_the_page_and_not_in_the_totals() {
    let mut paused = service("off", "Off");
    paused.spec.membership = Membership::Paused;
    let bench = Bench::of(config(vec![paused], &[])).await;
    let (_, _, html) = get(&bench, "/").await;
    assert!(html.contains("<b>Disabled</b>"), "{html}");
    let (_, answer) = json(&bench, "/api/status").await;
    assert_eq!(answer["summary"]["totalServices"], 0);
}

#[tokio::test]
async fn a_page_takes_two_queries_per_shard_and_three_reads_of_ours_however_many_services() {
    let services = (0..60).map(|n| service(&format!("s{n}"), "A service")).collect();
    let bench = Bench::of(config(services, &[])).await;
    for n in 0..60 {
        let id = &format!("s{n}");
        let beat = Beat { id, at: NOW, window_ms: 60_000, stated: Some(Status::Up) };
        bench.app.store.beat(&beat).await.unwrap();
    }
    let calls = bench.calls_of("/").await;
    let expected = BTreeMap::from([("Query".to_owned(), 2 * 4 + 1), ("GetItem".to_owned(), 2)]);
    assert_eq!(calls, expected, "4 shards twice, the holes, mark and canary");
    let calls = bench.calls_of("/api/status").await;
    assert_eq!(calls, BTreeMap::from([("Query".to_owned(), 4)]));
    let calls = bench.calls_of("/health").await;
    assert_eq!(calls, BTreeMap::from([("GetItem".to_owned(), 2)]));
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_can_read_it() {
    let bench = bench().await;
    for path in ["/", "/api/status"] {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, "gzip");
        let (status, headers, _) = bench.answer(request).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CONTENT_ENCODING], "gzip", "{path}");
        let (_, headers, _) = get(&bench, path).await;
        assert!(!headers.contains_key(header::CONTENT_ENCODING), "{path}");
    }
}

#[tokio::test]
async fn methods_and_trailing_slashes_are_as_documented() {
    let bench = bench().await;
    let rows = [
        ("HEAD as GET", "HEAD", "/", StatusCode::OK),
        ("HEAD as GET", "HEAD", "/api/status", StatusCode::OK),
        ("a trailing slash is the same path", "GET", "/api/status/", StatusCode::OK),
        ("nothing is posted here", "POST", "/", StatusCode::METHOD_NOT_ALLOWED),
        ("nor here", "POST", "/api/status", StatusCode::METHOD_NOT_ALLOWED),
        ("nothing is deleted", "DELETE", "/health", StatusCode::METHOD_NOT_ALLOWED),
        ("OPTIONS on a known path", "OPTIONS", "/", StatusCode::NO_CONTENT),
        ("an unknown path", "GET", "/index.html", StatusCode::NOT_FOUND),
    ];
    for (why, method, path, expected) in rows {
        let (status, headers, body) =
            bench.answer(Request::builder().method(method).uri(path)).await;
        assert_eq!(status, expected, "{why}: {method} {path}");
        if method == "HEAD" {
            assert_eq!(body, "", "{why}");
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            assert_eq!(headers[header::ALLOW], "GET, HEAD, OPTIONS", "{why}");
        }
    }
}

#[tokio::test]
async fn the_page_does_not_depend_on_the_switch_of_the_status_api() {
    let mut config = config(vec![service("api", "API")], &[]);
    config.settings.disabled = vec![ApiSwitch::Status];
    let bench = Bench::of(config).await;
    let (status, answer) = json(&bench, "/api/status").await;
    assert_eq!(
        (status, &answer["error"]),
        (StatusCode::FORBIDDEN, &"Status API is disabled".into())
    );
    assert_eq!(get(&bench, "/").await.0, StatusCode::OK);
}

#[tokio::test]
async fn health_says_how_long_ago_the_checker_ran() {
    let (status, answer) = json(&bench().await, "/health").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["status"], "ok");
    assert_eq!(answer["checker"]["status"], "running");
    assert_eq!(answer["checker"]["lastTick"], "2026-11-22T11:59:48.000Z");
    assert_eq!(answer["checker"]["ageMs"], 12_000);
}

#[tokio::test]
async fn without_the_database_the_answer_is_503_and_says_so() {
    let bench = bench().await;
    bench.drop_table();
    let (status, headers, html) = get(&bench, "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key(header::RETRY_AFTER));
    assert!(html.contains("<h2 id=\"state\">The database cannot be read</h2>"), "{html}");
    assert!(!html.contains("flatline_table") && !html.contains("ResourceNotFound"), "{html}");
    let (status, answer) = json(&bench, "/health").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer["success"], false);
}

#[tokio::test]
async fn a_request_body_on_a_page_changes_nothing() {
    let request = Request::get("/").method("GET");
    let (status, _, _) = bench().await.send(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
}
