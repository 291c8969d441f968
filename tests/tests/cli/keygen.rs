use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flatline_harness::config::ConfigDir;
use flatline_harness::process::FlatlineLaunch;
use serde_json::json;

use crate::{Done, beat, flatline};

/// Three services, two of them in a group.
fn config() -> Result<ConfigDir> {
    let config =
        ConfigDir::new()?.service("web", 60)?.service("db", 60)?.service("solo", 90_000)?;
    Ok(config.group_json(json!({"id": "core", "name": "Core", "services": ["web", "db"]}))?)
}

async fn keygen(config: &ConfigDir, more: &[&str]) -> Result<Done> {
    let path = config.path().to_string_lossy().into_owned();
    let arguments = ["keygen", "--config", &path].into_iter().chain(more.iter().copied());
    let done = flatline(arguments).await?;
    ensure!((done.code, done.stderr.as_str()) == (0, ""), "{done:?}");
    Ok(done)
}

fn keys(line: &str) -> Result<BTreeMap<String, String>> {
    let keys: BTreeMap<String, String> = serde_json::from_str(line)?;
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    for key in keys.values() {
        let rest = key.strip_prefix("fl_").unwrap_or_default();
        ensure!(rest.len() == 43 && rest.bytes().all(is_base64url), "{key}");
    }
    Ok(keys)
}

/// Flags, the entries that they make, and which of them opens which service.
type Row =
    (&'static [&'static str], &'static [&'static str], &'static [(&'static str, &'static str)]);

#[tokio::test]
async fn keys_open_exactly_what_they_were_made_for() -> Result<()> {
    let rows: [Row; 3] = [
        (&[], &["db", "solo", "web"], &[("web", "web"), ("db", "db"), ("solo", "solo")]),
        (&["--group"], &["core", "solo"], &[("web", "core"), ("db", "core"), ("solo", "solo")]),
        (&["--wildcard"], &["*"], &[("web", "*"), ("db", "*"), ("solo", "*")]),
    ];
    for (flags, entries, owners) in rows {
        let config = config()?;
        let line = keygen(&config, flags).await?.stdout;
        ensure!(line.lines().count() == 1, "{flags:?} printed more than one line");
        let keys = keys(&line)?;
        assert_eq!(keys.keys().collect::<Vec<_>>(), entries, "{flags:?}");
        let config = config.variable("API_KEYS", &line);
        let server = FlatlineLaunch::with(config).start().await?;
        for (service, owner) in owners {
            for (entry, key) in &keys {
                let expected = if entry == owner { 200 } else { 401 };
                let (status, _) = beat(&server.url(), service, key).await?;
                assert_eq!(status, expected, "{flags:?}: the key of {entry} for {service}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn keys_can_be_made_before_there_is_any_other_secret() -> Result<()> {
    let mail = json!({"type": "email", "name": "Mail", "config": {"from": "a@b.example", "to": ["c@d.example"]}});
    let config = config()?
        .setting("dashboard", json!({"access": "password"}))?
        .channel_json(mail)?
        .channel_json(json!({"type": "slack", "name": "Slack"}))?;
    keys(&keygen(&config, &[]).await?.stdout).map(drop)
}

#[tokio::test]
async fn base64_is_the_same_line_and_every_run_makes_other_keys() -> Result<()> {
    let config = config()?;
    let coded = keygen(&config, &["--base64"]).await?.stdout;
    let server =
        FlatlineLaunch::with(config.variable("API_KEYS", coded.trim_end())).start().await?;
    let line = String::from_utf8(STANDARD.decode(coded.trim_end())?)?;
    let (status, _) = beat(&server.url(), "web", &keys(&line)?["web"]).await?;
    assert_eq!(status, 200, "as it was printed");
    let config = self::config()?;
    let line = String::from_utf8(STANDARD.decode(coded.trim_end())?)?;
    let first = keys(&line)?;
    let second = keys(&keygen(&config, &[]).await?.stdout)?;
    let mut all: Vec<&String> = first.values().chain(second.values()).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6, "keys were made twice");
    Ok(())
}

#[tokio::test]
async fn one_key_for_all_and_keys_for_alerts_need_no_configuration() -> Result<()> {
    let done = flatline(["keygen", "--wildcard"]).await?;
    assert_eq!(keys(&done.stdout)?.len(), 1, "{done:?}");
    let done = flatline(["keygen", "--alert"]).await?;
    let lines: Vec<_> = done.stdout.lines().filter_map(|line| line.split_once("=fl_")).collect();
    let names: Vec<_> = lines.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["ALERT_API_KEY", "READ_API_KEY"]);
    assert!(lines.iter().all(|(_, key)| key.len() == 43) && lines[0].1 != lines[1].1);
    let done = flatline(["keygen", "--alert", "--source", "grafana", "--source", "cron"]).await?;
    let line = done.stdout.lines().next().and_then(|line| line.strip_prefix("ALERT_API_KEY="));
    let senders = keys(line.unwrap_or_default())?;
    assert_eq!(senders.keys().collect::<Vec<_>>(), ["cron", "grafana"], "{done:?}");
    Ok(())
}

#[tokio::test]
async fn each_client_has_its_key_in_a_variable_and_nowhere_else() -> Result<()> {
    let config = config()?;
    for client in ["sh", "python", "node", "curl", "cron"] {
        let url = "https://status.example.com/";
        let text = keygen(&config, &["--client", client, "--url", url]).await?.stdout;
        let (line, blocks) = text.split_once("\n\n").unwrap_or_default();
        let (keys, mut shown) = (keys(line)?, blocks.to_owned());
        for (entry, key) in &keys {
            let variable = shown.lines().filter(|line| line.contains("FLATLINE_API_KEY="));
            let found = variable.filter(|line| line.contains(key.as_str())).count();
            assert_eq!(found, 1, "{client}: key of {entry}");
            shown = shown.replace(key, &format!("<key of {entry}>"));
        }
        assert!(!shown.contains("fl_"), "{client}: another key in\n{shown}");
        insta::assert_snapshot!(format!("client_{client}"), shown);
    }
    Ok(())
}

#[tokio::test]
async fn the_lines_for_curl_send_a_heartbeat() -> Result<()> {
    let config = config()?;
    // The address is known only once the server runs, and it needs the keys: they are replaced below.
    let text = keygen(&config, &["--client", "curl", "--url", "http://127.0.0.1:1"]).await?.stdout;
    let (line, blocks) = text.split_once("\n\n").unwrap_or_default();
    let server = FlatlineLaunch::with(config.variable("API_KEYS", line)).start().await?;
    let script = blocks.replace("http://127.0.0.1:1", &server.url());
    let sent = Command::new("sh").args(["-eu", "-c", &script]).output()?;
    let answers = String::from_utf8_lossy(&sent.stdout);
    let errors = String::from_utf8_lossy(&sent.stderr);
    assert!(sent.status.success(), "{errors}");
    assert_eq!(answers.matches("Heartbeat received").count(), 3, "{answers}");
    Ok(())
}

#[tokio::test]
async fn without_a_configuration_there_is_a_sentence_and_no_key() -> Result<()> {
    let done = flatline(["keygen"]).await?;
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(done.stderr.contains("services.json"), "{}", done.stderr);
    Ok(())
}
