//! What every answer says to browsers.

use flatline_shared::http::{Function, ROUTES};
use http::{Method, Request, StatusCode, header};

use super::bench;

#[tokio::test]
async fn every_answer_has_security_headers() {
    let bench = bench().await;
    let ours = ROUTES.iter().filter(|route| route.function == Function::Dashboard);
    let named = |path: &str| path.replace("{id}", "api").replace("{file}", "api.svg");
    let known = ours.map(|route| (route.method.clone(), named(route.path)));
    let more =
        ["/nowhere", "/services/nope", "/badge/nope.svg", "/api/uptime", "/api/export.csv?days=x"];
    let more = more.map(|path| (Method::GET, path.to_owned()));
    for (method, path) in known.chain(more) {
        let request = Request::builder().method(method.clone()).uri(&path);
        let (status, headers, _) = bench.answer(request).await;
        let what = format!("{method} {path} {status}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{what}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{what}");
        assert!(headers["permissions-policy"].to_str().unwrap().contains("camera=()"), "{what}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
        assert!(!policy.contains("unsafe"), "{what}: {policy}");
        let is_page =
            headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "text/html; charset=utf-8");
        if is_page {
            assert!(policy.contains("img-src 'self' https: data:;"), "{what}: {policy}");
            assert!(policy.contains("base-uri 'none'; form-action 'self'"), "{what}: {policy}");
        }
        assert!(headers.contains_key(header::CACHE_CONTROL), "{what}");
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY), "{what}");
    }
}

#[tokio::test]
async fn browsers_that_came_by_tls_stay_with_it() {
    let bench = bench().await;
    for (path, status) in [("/", 200), ("/api/status", 200), ("/app.js", 200), ("/nowhere", 404)] {
        let request = Request::get(path).header("x-forwarded-proto", "https");
        let (found, headers, _) = bench.answer(request).await;
        assert_eq!(found.as_u16(), status, "{path}");
        assert_eq!(headers[header::STRICT_TRANSPORT_SECURITY], "max-age=31536000", "{path}");
    }
}

#[tokio::test]
async fn how_long_an_answer_may_be_kept() {
    let bench = bench().await;
    for (path, caching) in [
        ("/", "private, no-cache"),
        ("/board", "private, no-cache"),
        ("/services/api", "private, no-cache"),
        ("/feed.atom", "private, no-cache"),
        ("/openapi.json", "no-cache"),
        ("/badge/api.json", "public, max-age=30"),
        ("/alerts", "no-store"),
        ("/api/status", "no-store"),
        ("/metrics", "no-store"),
        ("/health", "no-store"),
        ("/nowhere", "no-store"),
    ] {
        let (status, headers, _) = bench.answer(Request::get(path)).await;
        assert!(status == StatusCode::OK || path == "/nowhere", "{path} {status}");
        assert_eq!(headers[header::CACHE_CONTROL], caching, "{path}");
    }
}
