//! What Lambda answers is what `flatline` answers on the same table.

use std::fmt::Write;

use flatline_harness::config::{ALERT_KEY, KEY};
use flatline_harness::http_client;
use flatline_harness::process::FlatlineLaunch;
use reqwest::Method;
use serde_json::json;

use crate::stage::{Stage, config, sample};

/// Headers that belong to the answer, not to the server that carries it.
const HEADERS: [&str; 10] = [
    "allow",
    "cache-control",
    "content-security-policy",
    "content-type",
    "location",
    "set-cookie",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
];

/// Method, path, key and body.
type Question = (&'static str, &'static str, Option<&'static str>, &'static str);

const QUESTIONS: [Question; 38] = [
    ("GET", "/", None, ""),
    ("HEAD", "/", None, ""),
    ("GET", "/services/broken", None, ""),
    ("GET", "/badge/broken.svg", None, ""),
    ("GET", "/badge/nobody.json", None, ""),
    ("GET", "/feed.atom?service=broken", None, ""),
    ("GET", "/feed.atom?group=nobody", None, ""),
    ("GET", "/health", None, ""),
    ("GET", "/health/", None, ""),
    ("GET", "/favicon.ico", None, ""),
    ("GET", "/robots.txt", None, ""),
    ("GET", "/nowhere", None, ""),
    ("GET", "/api/status", None, ""),
    ("GET", "/api/status/", None, ""),
    ("POST", "/api/status", None, ""),
    ("GET", "/api/uptime?serviceId=broken", None, ""),
    ("GET", "/api/uptime", None, ""),
    ("GET", "/api/uptime?serviceId=nobody", None, ""),
    ("GET", "/api/services", None, ""),
    ("GET", "/api/logs?serviceId=broken", None, ""),
    ("GET", "/api/logs?serviceId=broken&since=2026-01-01T00:00:00%2B09:30", None, ""),
    ("GET", "/api/alerts/recent?hours=0&limit=5", None, ""),
    ("GET", "/api/alerts/recent?limit=abc", None, ""),
    ("GET", "/login", None, ""),
    ("POST", "/login", None, "password=guess"),
    ("POST", "/logout", None, ""),
    ("GET", "/api/heartbeat", None, ""),
    ("OPTIONS", "/api/heartbeat", None, ""),
    ("POST", "/api/heartbeat", None, r#"{"serviceId":"api"}"#),
    ("POST", "/api/heartbeat", Some("wrong"), r#"{"serviceId":"api"}"#),
    ("POST", "/api/heartbeat", Some(KEY), r#"{"serviceId":"nobody"}"#),
    ("POST", "/api/heartbeat", Some(KEY), r#"{"serviceId":"#),
    ("POST", "/api/heartbeat", Some(KEY), r#"{"services":[]}"#),
    ("POST", "/api/heartbeat", Some(KEY), r#"{"services":["api","nobody","broken"]}"#),
    ("POST", "/api/heartbeat", Some(KEY), r#"{"serviceId":"api"}"#),
    ("POST", "/api/alert", None, r#"{"title":"t","message":"m"}"#),
    ("POST", "/api/alert", Some(ALERT_KEY), r#"{"title":7,"message":"m"}"#),
    (
        "POST",
        "/api/alert",
        Some(ALERT_KEY),
        r#"{"title":"t <road>","message":"m","severity":"info"}"#,
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_functions_answer_as_flatline_does() -> anyhow::Result<()> {
    let services = [("api", 600), ("broken", 600), ("unheard", 600)];
    let stage = Stage::with(&services).await?;
    stage.beat("api").await?;
    stage
        .post_heartbeat(&json!({"serviceId": "broken", "status": "down", "message": "on fire"}))
        .await?;
    stage.checker().await?.invoke(&sample("checker-schedule")).await?;
    stage.notifier().await?.invoke(&sample("notifier-schedule")).await?;
    assert_eq!(stage.told(), ["down broken"]);

    let same = config(&services, &stage.receiver)?;
    let flatline =
        FlatlineLaunch::with(same).endpoint_url(&stage.deployment.bridge().url()).start().await?;
    for question in QUESTIONS {
        let (lambda, local) =
            tokio::join!(ask(stage.gateway.url(), question), ask(flatline.url(), question));
        assert_eq!(lambda?, local?, "{question:?}");
    }
    assert!(stage.gateway.failures().is_empty());
    Ok(())
}

/// Status, headers and body, times and random ids aside.
async fn ask(url: String, question: Question) -> anyhow::Result<String> {
    let (method, path, key, body) = question;
    let request =
        http_client().request(Method::from_bytes(method.as_bytes())?, format!("{url}{path}"));
    let request = key.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    // The same alert twice would be known already the second time; numbers are masked below.
    let road = url.rsplit(':').next().unwrap_or_default();
    let answer = request.body(body.replace("<road>", road)).send().await?;
    let mut told = format!("{}\n", answer.status());
    for name in HEADERS {
        let values = answer.headers().get_all(name).iter();
        for value in values {
            writeln!(told, "{name}: {}", value.to_str()?)?;
        }
    }
    told += &timeless(&answer.text().await?);
    Ok(told)
}

/// With `#` for each number, and for how long ago something was.
pub fn timeless(text: &str) -> String {
    let mut masked = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if masked.ends_with('#') => {}
            '0'..='9' => masked.push('#'),
            c => masked.push(c),
        }
    }
    let spans = ["# s ago", "# seconds ago", "# second ago", "just now"];
    let masked = spans.iter().fold(masked, |text, span| text.replace(span, "some time ago"));
    // A slow machine may need a minute between the two.
    masked.replace("# min some time ago", "some time ago").replace("for # min # s", "for # s")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_to_odd_ids_lead_there_on_every_road() -> anyhow::Result<()> {
    let ids = ["team/api", "a%41", "what?", "two words"];
    let stage = Stage::with(&ids.map(|id| (id, 600))).await?;
    let server =
        FlatlineLaunch::with(config(&ids.map(|id| (id, 600)), &stage.receiver)?).start().await?;
    for root in [stage.gateway.url(), server.url()] {
        let page = http_client().get(&root).send().await?.text().await?;
        let links = page.split("href=\"./").filter_map(|rest| rest.split('"').next());
        let links = links.filter(|link| link.starts_with("services/"));
        let mut seen = 0;
        for link in links {
            let answer = http_client().get(format!("{root}/{link}")).send().await?;
            assert_eq!(answer.status(), 200, "{root} {link}");
            let badge = link.replace("services/", "badge/") + ".svg";
            let answer = http_client().get(format!("{root}/{badge}")).send().await?;
            assert_eq!(answer.status(), 200, "{root} {badge}");
            seen += 1;
        }
        assert!(seen >= ids.len(), "{page}");
    }
    Ok(())
}
