//! Every route of the route table, asked of the functions and of `flatline` on the same table: the same
//! bytes.

use flatline_harness::config::{ALERT_KEY, KEY};
use flatline_harness::deployment::Stream;
use flatline_harness::http_client;
use flatline_harness::process::FlatlineLaunch;
use flatline_shared::http::ROUTES;
use reqwest::Method;
use serde_json::json;
use tokio::time::{Duration, interval};

use crate::pages::timeless;
use crate::stage::{Stage, config, sample};

/// Method, path, key and body.
type Question = (&'static str, &'static str, Option<&'static str>, &'static str);

/// Answers that stay the same for at least as long as it takes to ask three times.
const STILL: [Question; 14] = [
    ("GET", "/login", None, ""),
    ("POST", "/login", None, "password=guess"),
    ("GET", "/export", None, ""),
    ("GET", "/badge/broken.svg", None, ""),
    ("GET", "/feed.atom", None, ""),
    ("GET", "/openapi.json", None, ""),
    ("GET", "/app.js", None, ""),
    ("GET", "/favicon.ico", None, ""),
    ("GET", "/robots.txt", None, ""),
    ("GET", "/api/services", None, ""),
    ("GET", "/api/logs?serviceId=broken", None, ""),
    ("GET", "/api/deliveries", Some(ALERT_KEY), ""),
    ("GET", "/api/alerts/recent", None, ""),
    ("POST", "/api/deliveries/replay", Some(ALERT_KEY), r#"{"id":"nothing"}"#),
];

/// Answers that tell when they were made, to the millisecond, or an id that is made for them: the same but
/// for numbers.
const MOVING: [Question; 14] = [
    ("GET", "/", None, ""),
    ("GET", "/board", None, ""),
    ("GET", "/services/broken", None, ""),
    ("POST", "/logout", None, ""),
    ("GET", "/alerts", None, ""),
    ("GET", "/api/export.csv?serviceId=broken&days=7", None, ""),
    ("GET", "/health", None, ""),
    ("GET", "/metrics", None, ""),
    ("GET", "/api/status", None, ""),
    ("GET", "/api/uptime?serviceId=broken", None, ""),
    ("POST", "/api/heartbeat", Some(KEY), r#"{"serviceId":"api"}"#),
    (
        "POST",
        "/api/alert",
        Some(ALERT_KEY),
        r#"{"title":"t <road>","message":"m","severity":"info"}"#,
    ),
    (
        "POST",
        "/api/alert/generic",
        Some(ALERT_KEY),
        r#"{"title":"u <road>","message":"m","severity":"info"}"#,
    ),
    (
        "POST",
        "/api/test-notification",
        Some(ALERT_KEY),
        r#"{"channelType":"hook","eventType":"down"}"#,
    ),
];

/// How often both are asked until nothing has moved in between.
const TURNS: usize = 60;

#[test]
fn each_route_is_asked() {
    for route in ROUTES {
        let asks = |question: &&Question| {
            let path = question.1.split('?').next().unwrap_or_default();
            question.0 == route.method.as_str() && is_under(route.path, path)
        };
        let asked = STILL.iter().chain(&MOVING).any(|question| asks(&question));
        assert!(asked, "{} {}", route.method, route.path);
    }
}

/// Whether a path is of this route.
fn is_under(route: &str, path: &str) -> bool {
    let (mut parts, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_route_answers_as_flatline_does() -> anyhow::Result<()> {
    let services = [("api", 600), ("broken", 600)];
    let stage = Stage::with(&services).await?;
    stage.beat("api").await?;
    let report = json!({"serviceId": "broken", "status": "down", "message": "on fire"});
    stage.post_heartbeat(&report).await?;
    stage.checker().await?.invoke(&sample("checker-schedule")).await?;
    let notifier = stage.notifier().await?;
    notifier.invoke(&sample("notifier-schedule")).await?;
    let same = config(&services, &stage.receiver)?;
    let flatline =
        FlatlineLaunch::with(same).endpoint_url(&stage.deployment.bridge().url()).start().await?;
    let (lambda, local) = (stage.gateway.url(), flatline.url());

    let mut others = Vec::new();
    for question in &STILL {
        let mut looks = interval(Duration::from_millis(250));
        let mut told = (String::new(), String::new());
        let mut is_same = false;
        for _ in 0..TURNS {
            // Both keep what they read for a moment, and say how long ago something was.
            let before = ask(&local, question).await?;
            told = (ask(&lambda, question).await?, ask(&local, question).await?);
            is_same = told.0 == told.1 && before == told.1;
            if is_same {
                break;
            }
            looks.tick().await;
        }
        if !is_same {
            others.push(format!("{question:?}\nLambda: {}\nflatline: {}", told.0, told.1));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n\n"));
    let stream = Stream::start(&stage.deployment, notifier);
    for question in &MOVING {
        let told = (ask(&lambda, question).await?, ask(&local, question).await?);
        assert_eq!(timeless(&told.0), timeless(&told.1), "{question:?}");
    }
    stream.end().await?;
    assert!(stage.gateway.failures().is_empty());
    Ok(())
}

/// Status and body.
async fn ask(url: &str, question: &Question) -> anyhow::Result<String> {
    let (method, path, key, body) = *question;
    let method = Method::from_bytes(method.as_bytes())?;
    // Feeds and descriptions name the address that they were asked for under.
    let request =
        http_client().request(method, format!("{url}{path}")).header("host", "status.example.com");
    let request = key.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    // The same alert twice would be known already the second time; numbers are not compared.
    let road = url.rsplit(':').next().unwrap_or_default();
    let answer = request.body(body.replace("<road>", road)).send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    Ok(format!("{status}\n{}", String::from_utf8_lossy(&body)))
}
