use std::fs;
use std::path::Path;

use anyhow::Result;
use flatline_domain::time::DAY_MS;
use flatline_domain::{Day, UnixMs};
use flatline_embedded::{Engine, Execution};
use flatline_harness::bridge::Bridge;
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::http_client;
use flatline_harness::process::FlatlineLaunch;
use flatline_shared::clock::SystemClock;
use flatline_shared::render::time::{date, rfc3339};
use flatline_shared::store::{IfMissing, Store};
use serde_json::{Map, Value, json};

use crate::{Done, beat, flatline, flatline_with};

/// Ten days before `today`, each with one check in ten degraded and one in ten down; alerts of yesterday.
fn export(today: Day) -> Value {
    let day = |back: i64| {
        let date = date(Day(today.0 - back));
        let recorded = json!({
            "date": date, "totalChecks": 100, "upChecks": 80, "degradedChecks": 10, "downChecks": 10,
            "unknownChecks": 0, "uptimePercentage": 85.0,
        });
        (date, recorded)
    };
    let days: Map<String, Value> = (0..10).map(day).collect();
    let alert = json!({
        "id": "x", "title": "Disk is full", "message": "m", "severity": "warning", "source": "grafana",
        "timestamp": rfc3339(UnixMs(today.start().0 - 1_000)), "read": false,
    });
    let uptime = json!({"api": {"days": days}, "gone": {"days": days}, "b#d": {"days": days}});
    json!({
        "monitor:data": json!({"summary": null, "uptime": uptime}).to_string(),
        "recent:alerts": [alert],
    })
}

async fn import(file: &Path, data: &Path, config: &Path) -> Result<Done> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let arguments = ["import", "cloudflaremon", &text(file), "--data", &text(data), "--config"];
    flatline(arguments.into_iter().map(str::to_owned).chain([text(config)])).await
}

async fn get(url: &str, path: &str) -> Result<Value> {
    Ok(http_client().get(format!("{url}{path}")).send().await?.json().await?)
}

#[tokio::test]
async fn days_and_alerts_are_taken_over_once_and_shown_as_recorded() -> Result<()> {
    let home = tempfile::tempdir()?;
    let (file, data) = (home.path().join("export.json"), home.path().join("data"));
    let today = SystemClock::shared().now().day();
    fs::write(&file, export(today).to_string())?;
    let config = ConfigDir::new()?.service("api", 3_600)?;
    let first = import(&file, &data, config.path()).await?;
    assert_eq!((first.code, first.stderr.as_str()), (0, ""), "{first:?}");
    assert!(first.stdout.starts_with("18 days of 2 services; 1 new of 1 alerts"), "{first:?}");
    assert!(first.stdout.contains("Not in services.json: gone."), "{first:?}");
    assert!(first.stdout.contains("no id of a service can be like this: b#d"), "{first:?}");
    let again = import(&file, &data, config.path()).await?;
    assert!(again.stdout.starts_with("18 days of 2 services; 0 new of 1 alerts"), "{again:?}");

    let server = FlatlineLaunch::with(config).data(&data).start().await?;
    assert_eq!(beat(&server.url(), "api", KEY).await?.0, 200);
    let uptime = get(&server.url(), "/api/uptime?serviceId=api").await?;
    let days = uptime["days"].as_array().cloned().unwrap_or_default();
    let found = |back: i64| {
        let wanted = date(Day(today.0 - back));
        days.iter().find(|day| day["date"] == *wanted).cloned().unwrap_or_default()
    };
    for back in 1..10 {
        let day = found(back);
        assert_eq!(day["uptimePercentage"].as_f64(), Some(85.0), "{day}");
        assert_eq!(day["downSeconds"], json!(DAY_MS / 10_000), "{day}");
    }
    assert_eq!(found(10)["uptimePercentage"], Value::Null, "a day that nobody recorded");
    let alerts = get(&server.url(), "/api/alerts/recent?hours=0").await?;
    assert_eq!(alerts["alerts"][0]["title"], "Disk is full", "{alerts}");
    Ok(())
}

#[tokio::test]
async fn what_is_no_export_changes_nothing() -> Result<()> {
    let home = tempfile::tempdir()?;
    let (file, data) = (home.path().join("export.json"), home.path().join("data"));
    let config = ConfigDir::new()?.service("api", 3_600)?;
    let missing = import(&file, &data, config.path()).await?;
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""), "{missing:?}");
    fs::write(&file, r#"{"monitor:data": {"uptime": {"api": {"days": {"soon": {}}}}}}"#)?;
    let wrong = import(&file, &data, config.path()).await?;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""), "{wrong:?}");
    let sentence = "monitor:data uptime.api.days.soon: must be a date, YYYY-MM-DD";
    assert!(wrong.stderr.contains(sentence), "{wrong:?}");
    assert!(!data.exists(), "something was written");
    let server = FlatlineLaunch::with(ConfigDir::new()?.service("api", 60)?).start().await?;
    fs::write(&file, export(Day(20_000)).to_string())?;
    let running = import(&file, server.data(), config.path()).await?;
    assert_eq!(running.code, 75, "{running:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_past_goes_into_a_table_of_dynamodb_that_is_there() -> Result<()> {
    let home = tempfile::tempdir()?;
    let file = home.path().join("export.json");
    let today = SystemClock::shared().now().day();
    fs::write(&file, export(today).to_string())?;
    let config = ConfigDir::new()?.service("api", 3_600)?;
    let engine = Engine::memory()?;
    let client = engine.client(Execution::Inline);
    let store =
        Store::open(client, "stack-Table-1", SystemClock::shared(), IfMissing::Create).await?;
    let bridge = Bridge::start(engine).await?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (data, url) = (text(&home.path().join("data")), bridge.url());
    let into = async |table: &str, region: &str| {
        let what = ["import", "cloudflaremon", &text(&file), "--config", &text(config.path())];
        let there = ["--table", table, "--endpoint-url", &url];
        let variables = [
            ("AWS_REGION", region),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("FLATLINE_DATA", &data),
        ];
        let arguments: Vec<_> = what.iter().chain(&there).map(|it| (*it).to_owned()).collect();
        flatline_with(arguments, &variables).await
    };
    let nowhere = into("stack-Table-1", "").await?;
    let sentence = "the variable AWS_REGION is not set";
    assert!(nowhere.code != 0 && nowhere.stderr.contains(sentence), "{nowhere:?}");
    let missing = into("stack-Table-2", "eu-central-1").await?;
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""), "no table is made: {missing:?}");
    let done = into("stack-Table-1", "eu-central-1").await?;
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.starts_with("18 days of 2 services; 1 new of 1 alerts"), "{done:?}");
    let days = store.days("api").await?;
    assert_eq!(days.len(), 9, "{days:?}");
    assert!(!home.path().join("data").exists(), "no data directory of this machine is touched");
    Ok(())
}
