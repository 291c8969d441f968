//! What happened to a service, told by the read APIs; and who is told.

use anyhow::{Context, Result, ensure};
use flatline_harness::config::ConfigDir;
use flatline_harness::http_client;
use flatline_shared::render::time::parse_rfc3339;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::world::World;

const READ_KEY: &str = "fl_test_key_of_readers";
const PASSWORD: &str = "a long password of the page";

/// An answer to whoever has the key of readers.
async fn read(world: &World, path: &str) -> Result<Value> {
    let request = http_client().get(format!("{}{path}", world.flatline.url()));
    Ok(request.bearer_auth(READ_KEY).send().await?.error_for_status()?.json().await?)
}

fn ms(value: &Value) -> Result<i64> {
    let at = value.as_str().and_then(parse_rfc3339).with_context(|| format!("no time: {value}"))?;
    Ok(at.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn uptime_logs_and_alerts_tell_of_an_outage_exactly() -> Result<()> {
    let api = json!({"id": "api", "name": "The API", "stalenessThreshold": 4});
    let config = ConfigDir::new()?.service_json(api)?.variable("READ_API_KEY", READ_KEY);
    let mut world = World::start(config).await?;
    world.watching().await?;
    let client = world.client();
    client.beat("api").await?;
    client.send("api", &["--status", "degraded", "--message", "disk 91 % full"]).await?;
    world.site.until("api", "degraded").await?;
    world.hears("down", "api").await?;
    client.beat("api").await?;
    world.hears("up", "api").await?;
    world.site.until("api", "up").await?;

    let alerts = read(&world, "/api/alerts/recent").await?;
    let titles: Vec<_> =
        alerts["alerts"].as_array().into_iter().flatten().map(|it| &it["title"]).collect();
    let expected =
        ["Service Recovered: The API", "Service Down: The API", "Service Degraded: The API"];
    ensure!(titles == expected, "{alerts}");
    let since = alerts["alerts"][2]["timestamp"].as_str().context("a time")?;
    let newer = read(&world, &format!("/api/alerts/recent?since={since}")).await?;
    ensure!(newer["count"] == 2, "{newer}");

    let logs = read(&world, "/api/logs?serviceId=api").await?;
    let told: Vec<_> = logs["logs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| (it["status"].clone(), it["message"].clone()))
        .collect();
    let disk = (json!("degraded"), json!("disk 91 % full"));
    let plain = (json!("up"), Value::Null);
    ensure!(told == [plain.clone(), disk, plain], "{logs}");

    let uptime = read(&world, "/api/uptime?serviceId=api").await?;
    let days = uptime["days"].as_array().context("days")?;
    let sum = |key: &str| days.iter().filter_map(|day| day[key].as_f64()).sum::<f64>();
    let books = world.books().await?;
    let history = books.history("api").await?;
    let [up, degraded, down, back] = history.as_slice() else { anyhow::bail!("{history:#?}") };
    let holes = books.store.holes_since(up.at).await?;
    let exact = |from: i64, to: i64| (to - from) as f64 / 1_000.0;
    // What was reported, and what was noticed, is no matter of sight.
    ensure!((sum("degradedSeconds") - exact(degraded.at.0, down.at.0)).abs() < 0.0015, "{uptime}");
    ensure!((sum("downSeconds") - exact(down.at.0, back.at.0)).abs() < 0.0015, "{uptime}");
    ensure!(holes.is_empty() || sum("unknownSeconds") > 0.0, "{holes:?}: {uptime}");
    ensure!(sum("incidents") >= 1.0, "{uptime}");
    let share = uptime["overallUptime"].as_f64().context("a share")?;
    ensure!(share > 0.0 && share < 100.0, "{uptime}");
    ensure!(ms(&alerts["alerts"][1]["timestamp"])? == down.decided_at.0, "{alerts}");

    let open = world.site.get("/api/logs?serviceId=api").await?;
    ensure!(open.contains("contentHidden") && !open.contains("disk"), "{open}");
    world.end().await?;
    ensure!(!world.flatline.output().contains(READ_KEY), "{}", world.flatline.output());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_closes_page_and_read_apis_until_somebody_signs_in() -> Result<()> {
    let config = ConfigDir::new()?
        .service("api", 60)?
        .setting("dashboard", json!({"access": "password"}))?
        .variable("READ_API_KEY", READ_KEY)
        .variable("DASHBOARD_PASSWORD", PASSWORD);
    let world = World::start(config).await?;
    let url = world.flatline.url();
    let get = |path: &str| http_client().get(format!("{url}{path}"));
    let status = async |request: RequestBuilder| -> Result<u16> {
        Ok(request.send().await?.status().as_u16())
    };
    let sign_in = async |password: &str| -> Result<Response> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let form = format!("password={}", password.replace(' ', "+"));
        Ok(client.post(format!("{url}/login")).body(form).send().await?)
    };
    world.client().beat("api").await?;
    let wrong = sign_in("guess").await?;
    ensure!(wrong.status() == 401 && wrong.headers().get("set-cookie").is_none());
    let right = sign_in(PASSWORD).await?;
    ensure!(right.status() == 303);
    let cookie = right.headers()["set-cookie"].to_str()?.to_owned();
    let cookie = cookie.split(';').next().context("a cookie")?;
    for path in ["/", "/api/status", "/api/uptime?serviceId=api", "/api/alerts/recent"] {
        ensure!(status(get(path)).await? == 401, "{path} is open");
        ensure!(status(get(path).bearer_auth("wrong")).await? == 401, "{path}");
        ensure!(status(get(path).bearer_auth(READ_KEY)).await? == 200, "{path}");
        ensure!(status(get(path).header("cookie", cookie)).await? == 200, "{path}");
    }
    ensure!(status(get("/health")).await? == 200);
    for secret in [READ_KEY, PASSWORD, cookie] {
        ensure!(!world.flatline.output().contains(secret), "{}", world.flatline.output());
    }
    Ok(())
}
