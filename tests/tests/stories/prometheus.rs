//! Prometheus and Alertmanager as Debian packages them, with the example of ours, and amtool.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flatline_harness::config::{ALERT_KEY, ConfigDir};
use flatline_harness::process::{Launch, Process};
use flatline_harness::receiver::{Receiver, Reply};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::site::{clock, eventually};
use crate::world::World;

const EXAMPLE: &str = include_str!("../../../heartbeat-clients/alertmanager.yml");

const RULES: &str = "\
groups:
  - name: tests
    rules:
      - alert: InstanceDown
        expr: up{job=\"app\"} == 0
        labels: {severity: critical}
        annotations:
          summary: '{{ $labels.instance }} does not answer'
";

/// Whether the programs are there; says which are not.
fn installed() -> bool {
    let programs = ["prometheus", "prometheus-alertmanager", "amtool"];
    let is_missing = |name: &&str| {
        let found = Command::new("sh").args(["-c", &format!("command -v {name}")]).output();
        !found.is_ok_and(|output| output.status.success())
    };
    let missing = programs.into_iter().find(|name| is_missing(name));
    if let Some(name) = missing {
        eprintln!("skipped: no {name}; `cargo xtask test e2e` installs it");
    }
    missing.is_none()
}

/// A port that is free now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn written(home: &TempDir, name: &str, text: &str) -> Result<PathBuf> {
    let path = home.path().join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Alertmanager with our example; its groups wait for nothing.
struct Alertmanager {
    url: String,
    _process: Process,
    _home: TempDir,
}

impl Alertmanager {
    fn start(flatline: &str) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let key = written(&home, "key", ALERT_KEY)?;
        let key = key.to_str().context("a path in UTF-8")?;
        let mut text = EXAMPLE.to_owned();
        for (ours, theirs) in [
            ("https://flatline.example", flatline),
            ("/etc/prometheus/flatline-alert-key", key),
            ("group_wait: 10s", "group_wait: 100ms"),
            ("group_interval: 1m", "group_interval: 500ms"),
        ] {
            ensure!(text.contains(ours), "the example has no {ours}");
            text = text.replace(ours, theirs);
        }
        let config = written(&home, "alertmanager.yml", &text)?;
        let checked = Command::new("amtool").arg("check-config").arg(&config).output()?;
        ensure!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
        let address = format!("127.0.0.1:{}", free_port()?);
        let process = Launch::of("prometheus-alertmanager")
            .arg("--config.file")
            .arg(&config)
            .arg("--storage.path")
            .arg(home.path().join("data"))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .start()?;
        Ok(Self { url: format!("http://{address}"), _process: process, _home: home })
    }

    /// What amtool does with it, once it answers.
    async fn amtool(&self, arguments: &[&str]) -> Result<()> {
        let url = format!("--alertmanager.url={}", self.url);
        eventually("amtool does as it is told", async || {
            let done = Command::new("amtool").args(arguments).arg(&url).output()?;
            Ok(done.status.success().then_some(()))
        })
        .await
    }
}

/// Prometheus, which looks at these addresses each half second.
fn prometheus(alertmanager: &Alertmanager, instances: [&str; 2]) -> Result<(Process, TempDir)> {
    let home = tempfile::tempdir()?;
    let rules = written(&home, "rules.yml", RULES)?;
    let text = format!(
        "global: {{scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}}\n\
         rule_files: ['{}']\n\
         scrape_configs: [{{job_name: app, static_configs: [{{targets: ['{}', '{}']}}]}}]\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{}']}}]}}]}}\n",
        rules.display(),
        instances[0],
        instances[1],
        alertmanager.url.trim_start_matches("http://"),
    );
    let config = written(&home, "prometheus.yml", &text)?;
    let flag = |name: &str, path: &Path| format!("--{name}={}", path.display());
    let process = Launch::of("prometheus")
        .arg(flag("config.file", &config))
        .arg(flag("storage.tsdb.path", &home.path().join("data")))
        .arg(format!("--web.listen-address=127.0.0.1:{}", free_port()?))
        .start()?;
    Ok((process, home))
}

/// What the receiver was told of this instance, in order: `firing`, `resolved`.
fn told(world: &World, instance: &str) -> Vec<String> {
    let all = world.receiver.received().into_iter();
    let ours = all.filter(|it| it.json["labels"]["instance"] == instance);
    ours.map(|it| it.json["status"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The same in the feed, oldest first.
async fn shown(world: &World, title: &str) -> Result<Vec<String>> {
    let feed: Value = serde_json::from_str(&world.site.get("/api/alerts/recent?limit=100").await?)?;
    let all = feed["alerts"].as_array().context("no alerts")?;
    let ours = all.iter().filter(|entry| entry["title"] == title);
    let mut words: Vec<_> =
        ours.map(|entry| entry["status"].as_str().unwrap_or_default().to_owned()).collect();
    words.reverse();
    Ok(words)
}

async fn until_told(world: &World, instance: &str, expected: &[&str]) -> Result<()> {
    let told = eventually("the receiver is told", async || {
        Ok((told(world, instance) == expected).then_some(()))
    });
    told.await.with_context(|| {
        format!("{instance}: {:?}\n{}", world.receiver.received(), world.flatline.output())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_fires_for_two_instances_and_is_over_for_one() -> Result<()> {
    if !installed() {
        return Ok(());
    }
    let mut world = World::start(ConfigDir::new()?.service("api", 60)?).await?;
    let apps = [Receiver::start().await?, Receiver::start().await?];
    for app in &apps {
        app.answer(Reply::status(500));
    }
    let [first, second] = &apps;
    let address = |app: &Receiver| app.url().trim_start_matches("http://").to_owned();
    let (first_at, second_at) = (address(first), address(second));
    let alertmanager = Alertmanager::start(&world.flatline.url())?;
    let _prometheus = prometheus(&alertmanager, [&first_at, &second_at])?;
    until_told(&world, &first_at, &["firing"]).await?;
    until_told(&world, &second_at, &["firing"]).await?;

    first.answer(Reply::status(200).header("content-type", "text/plain"));
    until_told(&world, &first_at, &["firing", "resolved"]).await?;
    let title = |at: &str| format!("{at} does not answer");
    ensure!(shown(&world, &title(&first_at)).await? == ["firing", "resolved"]);
    ensure!(shown(&world, &title(&second_at)).await? == ["firing"], "it still fires");
    ensure!(told(&world, &second_at) == ["firing"], "{:?}", world.receiver.received());
    let messages = world.receiver.received();
    let of_first: Vec<_> =
        messages.iter().filter(|it| it.json["labels"]["instance"] == *first_at).collect();
    ensure!(of_first[0].json["severity"] == "critical");
    ensure!(of_first[0].json["alertKey"] == of_first[1].json["alertKey"]);
    ensure!(of_first[1].json["firingSeconds"].is_number(), "{}", of_first[1].json);
    world.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn amtool_adds_an_alert_and_ends_it() -> Result<()> {
    if !installed() {
        return Ok(());
    }
    let mut world = World::start(ConfigDir::new()?.service("api", 60)?).await?;
    let alertmanager = Alertmanager::start(&world.flatline.url())?;
    let labels = ["alert", "add", "alertname=Disk", "instance=db-1", "severity=error"];
    let about = "--annotation=summary=The disk of db-1 is full";
    alertmanager.amtool(&[&labels[..], &[about]].concat()).await?;
    until_told(&world, "db-1", &["firing"]).await?;
    ensure!(shown(&world, "The disk of db-1 is full").await? == ["firing"]);

    let now_s = clock().now().0 / 1_000;
    let second = |ago: i64| Timestamp::from_second(now_s - ago);
    let (start, end) = (format!("--start={}", second(60)?), format!("--end={}", second(1)?));
    alertmanager.amtool(&[&labels[..], &[about, &start, &end]].concat()).await?;
    until_told(&world, "db-1", &["firing", "resolved"]).await?;
    ensure!(shown(&world, "The disk of db-1 is full").await? == ["firing", "resolved"]);
    ensure!(world.receiver.received().len() == 2, "{:?}", world.receiver.received());
    world.end().await
}

#[test]
fn the_example_for_grafana_has_what_its_provisioning_takes() -> Result<()> {
    let text = include_str!("../../../heartbeat-clients/grafana-webhook.json");
    let contact: Value = serde_json::from_str(text)?;
    ensure!(contact["type"] == "webhook" && contact["disableResolveMessage"] == false);
    let settings = &contact["settings"];
    ensure!(settings["url"].as_str().is_some_and(|url| url.ends_with("/api/alert")), "{settings}");
    ensure!(settings["authorization_scheme"] == "Bearer", "{settings}");
    Ok(())
}
