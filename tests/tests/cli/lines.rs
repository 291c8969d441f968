//! What `flatline keygen --client` prints is run as it stands, for ids that every reader on the way
//! treats in its own manner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flatline_harness::config::ConfigDir;
use flatline_harness::http_client;
use flatline_harness::process::{Flatline, FlatlineLaunch};
use serde_json::Value;

use crate::flatline;

const IDS: [&str; 12] = [
    "plain",
    "web 1",
    "it's",
    "say \"hi\"",
    "100%",
    "50\\% or \\\\",
    "$HOME `id` $(id)",
    "both ' and \"",
    "\"'q%\\",
    "ü/é",
    "=x; exit 1",
    "*/5 * * * *",
];

/// Where the printed lines expect it.
const URL: &str = "http://127.0.0.1:1";

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../heartbeat-clients")
}

/// A server with the keys that were printed, and what was printed after them.
async fn printed(client: &str, ids: &[&str]) -> Result<(Flatline, String)> {
    let mut config = ConfigDir::new()?;
    for id in ids {
        config = config.service(id, 3_600)?;
    }
    let path = config.path().to_string_lossy().into_owned();
    let arguments = ["keygen", "--config", &path, "--client", client, "--url", URL];
    let done = flatline(arguments).await?;
    ensure!(done.code == 0 && done.stderr.is_empty(), "{done:?}");
    let (keys, blocks) = done.stdout.split_once("\n\n").context("keys and blocks")?;
    let server = FlatlineLaunch::with(config.variable("API_KEYS", keys)).start().await?;
    let blocks = blocks.replace(URL, &server.url());
    Ok((server, blocks))
}

/// Runs lines of a shell where the clients are, with these variables alone.
fn run(script: &str, variables: &BTreeMap<String, String>) -> Result<()> {
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", script]).current_dir(clients());
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", "/nonexistent");
    let done = command.envs(variables).output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{script}: {}: {said}", done.status);
    Ok(())
}

async fn assert_all_up(server: &Flatline, ids: &[&str]) -> Result<()> {
    let answer = http_client().get(format!("{}/api/status", server.url())).send().await?;
    let answer: Value = answer.json().await?;
    let results = answer["summary"]["results"].as_array().context("results")?;
    for id in ids {
        let service = results.iter().find(|service| service["serviceId"] == **id);
        ensure!(service.is_some_and(|it| it["status"] == "up"), "{id}: {service:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_for_a_shell_report_ids_of_any_characters() -> Result<()> {
    for (client, program) in
        [("sh", "sh"), ("curl", "curl"), ("python", "python3"), ("node", "node")]
    {
        let folders = ["/usr/local/bin", "/usr/bin", "/bin"];
        if !folders.iter().any(|folder| Path::new(folder).join(program).exists()) {
            eprintln!("skipped: {program} is not installed");
            continue;
        }
        let (server, blocks) = printed(client, &IDS).await?;
        for block in blocks.split("\n\n") {
            run(block, &BTreeMap::new()).with_context(|| client.to_owned())?;
        }
        assert_all_up(&server, &IDS).await.with_context(|| client.to_owned())?;
    }
    Ok(())
}

/// An assignment as cron reads it: the value as it stands, or what is between two equal quotes, after
/// which nothing may follow (`load_env` of Vixie cron and its descendants).
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
        return None;
    }
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Some((name, value));
    };
    let (inside, after) = value[1..].split_once(quote)?;
    after.is_empty().then_some((name, inside))
}

/// The command of a job as cron hands it to sh: up to the first `%` that has no backslash before it.
fn command(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.splitn(6, ' ').collect();
    let is_time = |field: &&str| field.bytes().all(|b| b.is_ascii_digit() || b"*/,-".contains(&b));
    if fields.len() < 6 || !fields[..5].iter().all(is_time) {
        return None;
    }
    let (mut command, mut rest) = (String::new(), fields[5].chars().peekable());
    while let Some(c) = rest.next().filter(|c| *c != '%') {
        // Some crons take a second backslash away as well, and some do not.
        let next = rest.peek().copied();
        assert!(c != '\\' || next.is_some_and(|next| next.is_ascii_digit()), "{line}");
        command.push(c);
    }
    Some(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_for_a_crontab_report_ids_of_any_characters() -> Result<()> {
    let (server, blocks) = printed("cron", &IDS).await?;
    let client = clients().join("heartbeat-client.sh").display().to_string();
    let (mut variables, mut jobs) = (BTreeMap::new(), 0);
    for line in blocks.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((name, value)) = assignment(line) {
            variables.insert(name.to_owned(), value.to_owned());
            continue;
        }
        let job = command(line).with_context(|| format!("neither job nor assignment: {line}"))?;
        run(&job.replace("/usr/local/bin/heartbeat-client.sh", &client), &variables)?;
        jobs += 1;
    }
    ensure!(jobs == IDS.len(), "{jobs} jobs\n{blocks}");
    assert_all_up(&server, &IDS).await
}

#[tokio::test]
async fn a_crontab_says_where_cron_is_too_slow() -> Result<()> {
    let config = ConfigDir::new()?.service("fast", 60)?.service("slow", 90)?;
    let path = config.path().to_string_lossy().into_owned();
    let text = flatline(["keygen", "--config", &path, "--client", "cron"]).await?.stdout;
    let hint = "# 60 s of silence are too few for cron: rather run the client with --every 20\n";
    ensure!(text.contains(hint) && text.matches("too few").count() == 1, "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_no_client_can_name_are_told_and_sent_by_curl() -> Result<()> {
    let ids = ["a,b", " c"];
    for (client, told) in [("sh", 2), ("cron", 2), ("curl", 0)] {
        let (server, blocks) = printed(client, &ids).await?;
        ensure!(blocks.matches("rename this service").count() == told, "{client}: {blocks}");
        if client == "curl" {
            run(&blocks, &BTreeMap::new())?;
            assert_all_up(&server, &ids).await?;
        }
    }
    Ok(())
}
