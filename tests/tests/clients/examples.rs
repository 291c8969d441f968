//! The examples, run as they stand against the real server: only address, key and paths are other.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use flatline_harness::config::{ALERT_KEY, ConfigDir, KEY};
use flatline_harness::process::{Flatline, FlatlineLaunch, send_signal};
use flatline_harness::receiver::Receiver;
use serde_json::{Value, json};

use crate::bench::{clients, installed};
use crate::manifests::{documents, pod};
use crate::real_server;
use crate::server::{Answer, Server};

/// A shell line with the paths of examples replaced by ours.
fn line(server: &Flatline, text: &str) -> Result<()> {
    let client = clients().join("heartbeat-client.sh");
    let text = text
        .replace("/usr/local/bin/heartbeat-client.sh", &client.display().to_string())
        .replace("/usr/local/bin/backup.sh", "true")
        .replace("/usr/local/bin/report.sh", "true")
        .replace("--jitter 20", "--jitter 0");
    real_server::run(server, Command::new("sh").args(["-c", &text])).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_the_crontab_send_heartbeats() -> Result<()> {
    let server = real_server::with(&["web-1", "backup", "report"]).await?;
    let text = fs::read_to_string(clients().join("crontab.example"))?;
    let mut jobs = 0;
    for entry in text.lines().filter(|entry| !entry.is_empty() && !entry.starts_with('#')) {
        if entry
            .split_once('=')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        {
            continue;
        }
        let fields = entry.splitn(6, ' ').collect::<Vec<_>>();
        let times =
            |field: &str| field == "*" || field.parse::<u8>().is_ok_and(|number| number < 60);
        ensure!(fields.len() == 6 && fields[..5].iter().all(|field| times(field)), "{entry}");
        ensure!(!fields[5].contains('%'), "cron would make a line end of %: {entry}");
        line(&server, fields[5])?;
        jobs += 1;
    }
    ensure!(jobs == 3, "{jobs} jobs");
    for id in ["web-1", "backup", "report"] {
        ensure!(real_server::status(&server, id).await? == "up", "{id}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_of_the_unit_sends_a_heartbeat() -> Result<()> {
    let server = real_server::with(&["web-1"]).await?;
    let unit = fs::read_to_string(clients().join("systemd/heartbeat.service"))?;
    let command =
        unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).context("a command")?;
    line(&server, &format!("FLATLINE_SERVICE_ID=web-1 {command}"))?;
    real_server::until(&server, "web-1", "up").await
}

/// Runs a container's command as its manifest says, until the service is up.
async fn container(server: &Flatline, words: &[Value], env: &[(String, String)]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("key");
    fs::write(&key, KEY)?;
    let mut command = Command::new("sh");
    let (script, arguments) = words.split_first().context("the client")?;
    ensure!(script == "/opt/flatline/heartbeat-client.sh", "{script}");
    command.arg(clients().join("heartbeat-client.sh"));
    for word in arguments {
        let word = word.as_str().context("a word")?;
        let word = if word == "http://127.0.0.1:8080/" { server.url() } else { word.to_owned() };
        command.arg(word);
    }
    // The last one holds.
    let first = arguments.iter().position(|word| word == "--").is_none();
    if first {
        command.args(["--jitter", "0"]);
    }
    command.env_clear().env("PATH", "/usr/bin:/bin");
    let known = |name: &str| env.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone());
    ensure!(known("FLATLINE_URL").is_some() && known("FLATLINE_API_KEY_FILE").is_some());
    let id = known("FLATLINE_SERVICE_ID").context("a service")?.replace("$(NODE_NAME)", "n1");
    command.env("FLATLINE_URL", server.url()).env("FLATLINE_API_KEY_FILE", &key);
    let mut child = command.env("FLATLINE_SERVICE_ID", &id).stdout(Stdio::null()).spawn()?;
    let up = real_server::until(server, &id, "up").await;
    if arguments.iter().any(|word| word == "--every") {
        send_signal(child.id(), "TERM")?;
    }
    let ended = child.wait()?;
    up?;
    ensure!(ended.success(), "{id}: {ended}");
    Ok(())
}

fn pairs(container: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = container["env"].as_array().into_iter().flatten();
    all.map(|it| (text(&it["name"]), text(&it["value"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_send_heartbeats_and_stop_when_told() -> Result<()> {
    let ids = ["cluster-1", "node-n1", "my-service", "shop-web", "docker-1"];
    let server = real_server::with(&ids).await?;
    for name in ["cronjob", "daemonset", "sidecar", "test-job"] {
        let Some(documents) = documents(&format!("kubernetes/{name}.yaml")) else { return Ok(()) };
        let containers = pod(&documents[0])["containers"].as_array().context("containers")?;
        let ours = containers.iter().find(|it| it["name"] == "heartbeat").context("ours")?;
        ensure!(ours["command"][0] == "/bin/sh");
        let arguments = ours["args"].as_array().context("arguments")?;
        let words = [vec![ours["command"][1].clone()], arguments.clone()].concat();
        container(&server, &words, &pairs(ours)).await.with_context(|| name.to_owned())?;
    }
    let compose = documents("docker-compose.yml").context("the environment is there")?;
    let ours = &compose[0]["services"]["heartbeat"];
    let arguments = ours["command"].as_array().context("arguments")?;
    let words = [vec![ours["entrypoint"][1].clone()], arguments.clone()].concat();
    let env = ours["environment"].as_object().context("variables")?;
    let env = env
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    container(&server, &words, &env.collect::<Vec<_>>()).await.context("compose")
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_sent_by_hand() -> Result<()> {
    let server = real_server::with(&["one"]).await?;
    for (interpreter, script) in
        [("sh", "test-external-alert.sh"), ("python3", "test-external-alert.py")]
    {
        let Some(program) = installed(interpreter) else { continue };
        let alert = |key: &str, arguments: &[&str]| {
            let mut command = Command::new(&program);
            command.arg(clients().join(script)).args(arguments).env_clear();
            command.env("PATH", "/usr/bin:/bin").env("FLATLINE_URL", server.url());
            command.env("ALERT_API_KEY", key).output()
        };
        let lines = |said: &str| said.lines().filter(|line| line.starts_with("200 {")).count();
        let kept = alert(ALERT_KEY, &["--keep", "stays", "critical"])?;
        let said = String::from_utf8_lossy(&kept.stdout).into_owned();
        ensure!(kept.status.success() && lines(&said) == 1, "{script}: {said}");
        ensure!(said.contains(r#""alertTitle":"stays""#), "{script}: {said}");
        let sent = alert(ALERT_KEY, &["Disk \"full\" \\o/", "critical"])?;
        let said = String::from_utf8_lossy(&sent.stdout).into_owned();
        ensure!(
            sent.status.success() && said.starts_with("200 {"),
            "{script}: {said}{:?}",
            sent.stderr
        );
        ensure!(said.contains(r#""alertTitle":"Disk \"full\" \\o/""#), "{script}: {said}");
        ensure!(lines(&said) == 2, "{script}: its end is sent, too: {said}");
        ensure!(!said.contains("known already"), "{script}: the end is one: {said}");
        let refused = alert("wrong", &[])?;
        let said = String::from_utf8_lossy(&refused.stdout).into_owned();
        ensure!(refused.status.code() == Some(1) && said.starts_with("401 "), "{script}: {said}");
        let unknown = alert(ALERT_KEY, &["x", "info", "no \"such\",other"])?;
        let said = String::from_utf8_lossy(&unknown.stdout).into_owned();
        ensure!(unknown.status.code() == Some(1) && said.starts_with("400 "), "{script}: {said}");
        ensure!(said.contains("other"), "{script}: both names arrive: {said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_tried_out_by_hand() -> Result<()> {
    let receiver = Receiver::start().await?;
    let config = ConfigDir::new()?.hook(&receiver.url())?;
    let server = FlatlineLaunch::with(config).start().await?;
    for (interpreter, script) in
        [("sh", "test-notification.sh"), ("python3", "test-notification.py")]
    {
        let Some(program) = installed(interpreter) else { continue };
        let tried = |channel: &str, key: &str| {
            let mut command = Command::new(&program);
            command.arg(clients().join(script)).args([channel, "degraded"]).env_clear();
            command.env("PATH", "/usr/bin:/bin").env("FLATLINE_URL", server.url());
            command.env("ALERT_API_KEY", key).output()
        };
        receiver.clear();
        for (channel, key, code, begin) in [
            ("hook", ALERT_KEY, 0, "200 {"),
            ("nobody", ALERT_KEY, 1, "400 {"),
            ("hook", "wrong", 1, "401 {"),
        ] {
            let output = tried(channel, key)?;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            ensure!(output.status.code() == Some(code), "{script}: {said}{:?}", output.stderr);
            ensure!(said.starts_with(begin), "{script}: {said}");
        }
        ensure!(receiver.received().len() == 1, "{script}: {:#?}", receiver.received());
    }
    Ok(())
}

#[test]
fn scripts_for_alerts_take_the_variables_of_the_clients() -> Result<()> {
    for (interpreter, script, path) in [
        ("sh", "test-external-alert.sh", "/api/alert"),
        ("python3", "test-external-alert.py", "/api/alert"),
        ("sh", "test-notification.sh", "/api/test-notification"),
        ("python3", "test-notification.py", "/api/test-notification"),
    ] {
        let Some(program) = installed(interpreter) else { continue };
        // An alert is followed by its end.
        let sends = if path == "/api/alert" { 2 } else { 1 };
        let server = Server::giving(vec![Answer::Http(200, "", "{}"); sends]);
        let mut command = Command::new(&program);
        command.arg(clients().join(script)).arg("x").env_clear().env("PATH", "/usr/bin:/bin");
        command.env("FLATLINE_URL", format!("{}/api/heartbeat/", server.url));
        command.env("FLATLINE_HEADERS", "X-One: a \"b\" \\c\nX-Two: d");
        let sent = command.env("ALERT_API_KEY", "k").output()?;
        ensure!(sent.status.success(), "{script}: {}", String::from_utf8_lossy(&sent.stderr));
        ensure!(server.asked().len() == sends, "{script}: {:?}", server.asked().len());
        let asked = server.asked().remove(0);
        ensure!(asked.head.starts_with(&format!("post {path} http/1.1\r\n")), "{}", asked.head);
        for header in ["x-one: a \"b\" \\c\r\n", "x-two: d\r\n", "authorization: bearer k\r\n"] {
            ensure!(asked.head.contains(header), "{script}: no {header:?} in {}", asked.head);
        }
        let refused =
            command.env_remove("ALERT_API_KEY").env("ALERT_API_KEY_FILE", "/no/such").output()?;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        ensure!(!refused.status.success() && said.contains("/no/such"), "{script}: {said}");
        ensure!(said.lines().count() == 1 && server.asked().len() == sends, "{script}: {said}");
    }
    Ok(())
}

#[test]
fn services_are_made_of_nodes_and_what_was_changed_stays() -> Result<()> {
    let Some(python) = installed("python3") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let (config, nodes) = (folder.path().join("services.json"), folder.path().join("nodes.json"));
    let before = json!({
        "$schema": "x",
        "groups": [{"id": "web", "services": ["shop"]},
            {"id": "kubernetes-nodes", "services": ["node-a", "node-gone"], "stalenessThreshold": 600}],
        "services": [{"id": "shop"}, {"id": "node-a", "name": "first"}, {"id": "node-gone"}],
    });
    fs::write(&config, before.to_string())?;
    fs::write(
        &nodes,
        json!({"items": [{"metadata": {"name": "b"}}, {"metadata": {"name": "a"}}]}).to_string(),
    )?;
    let output = Command::new(&python)
        .arg(clients().join("kubernetes/generate-services.py"))
        .arg("--merge")
        .arg(&config)
        .stdin(fs::File::open(&nodes)?)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made: Value = serde_json::from_slice(&output.stdout)?;
    let expected = json!({
        "$schema": "x",
        "groups": [{"id": "web", "services": ["shop"]},
            {"id": "kubernetes-nodes", "name": "Kubernetes nodes", "services": ["node-a", "node-b"], "stalenessThreshold": 600}],
        "services": [{"id": "shop"}, {"id": "node-a", "name": "first"}, {"id": "node-b", "name": "b"}],
    });
    ensure!(made == expected, "{made:#}");
    let empty = Command::new(&python)
        .arg(clients().join("kubernetes/generate-services.py"))
        .stdin(Stdio::null())
        .output()?;
    let missing = Command::new(&python)
        .arg(clients().join("kubernetes/generate-services.py"))
        .args(["--merge", "/no/such"])
        .output()?;
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    ensure!(said.lines().count() == 1 && said.contains("/no/such"), "{said}");
    ensure!(
        !empty.status.success()
            && String::from_utf8_lossy(&empty.stderr).contains("kubectl get nodes")
    );
    Ok(())
}
