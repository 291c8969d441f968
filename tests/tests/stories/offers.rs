//! What programs are offered besides answers of ours, judged by programs that were not written here:
//! metrics by promtool, the feed by feedparser, the description of the API by its validator, and the
//! answers by that description.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use flatline_harness::config::{ConfigDir, KEY};
use flatline_harness::http_client;
use serde_json::{Value, json};

use crate::world::World;

const READ_KEY: &str = "fl_test_key_of_readers";

/// Reads a document and `[path, status, answer]`s; fails where one of them is not what it says.
const API_JUDGE: &str = "
import json, sys
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

given = json.load(sys.stdin)
document = given['document']
OpenAPIV31SpecValidator(document).validate()
for path, status, answer in given['answers']:
    responses = document['paths'][path]['get']['responses']
    response = responses.get(str(status), responses['default'])
    if '$ref' in response:
        response = document['components']['responses'][response['$ref'].split('/')[-1]]
    schema = response['content']['application/json']['schema']
    whole = {**schema, 'components': document['components']}
    error = next(Draft202012Validator(whole).iter_errors(answer), None)
    assert error is None, f'{path} {status} {error.json_path}: {error.message}'
print('as described')
";

/// Reads a feed; prints what is wrong with it, if anything, and ids and links of its entries.
const FEED_JUDGE: &str = "
import json, sys, feedparser

feed = feedparser.parse(sys.stdin.buffer.read())
print(json.dumps({
    'wrong': str(feed.bozo_exception) if feed.bozo else None,
    'version': feed.version,
    'updated': feed.feed.get('updated_parsed') is not None,
    'entries': [[entry.id, entry.link, entry.title, entry.updated_parsed is not None]
                for entry in feed.entries],
}))
";

/// What a program says of this text; `None` if it is not there.
fn judged(program: &str, arguments: &[&str], text: &str) -> Result<Option<String>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {program} is not installed; `cargo xtask test e2e` installs it");
            return Ok(None);
        }
        child => child?,
    };
    child.stdin.take().context("piped")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(output.status.success(), "{program}: {said}\n{text}");
    Ok(Some(said))
}

/// What Python says, with the packages that were installed for tests.
fn judged_by_python(script: &str, text: &str) -> Result<Option<String>> {
    let python = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/venv/bin/python"));
    judged(&python.display().to_string(), &["-c", script], text)
}

/// The status and the text of an answer to whoever has the key of readers.
async fn read(world: &World, path: &str) -> Result<(u16, String)> {
    let request = http_client().get(format!("{}{path}", world.flatline.url()));
    let answer = request.bearer_auth(READ_KEY).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// A service that went down, came back and said something, and an alert of another tool.
async fn world() -> Result<World> {
    let api = json!({"id": "api", "name": "The <API> & \"more\"", "stalenessThreshold": 2});
    let config = ConfigDir::new()?
        .service_json(api)?
        .service("quiet", 600)?
        .variable("READ_API_KEY", READ_KEY);
    let mut world = World::start(config).await?;
    world.watching().await?;
    world.client().send("api", &["--status", "degraded", "--message", "disk full"]).await?;
    world.site.until("api", "degraded").await?;
    world.site.until("api", "down").await?;
    world.hears("down", "api").await?;
    world.client().beat("api").await?;
    world.hears("up", "api").await?;
    Ok(world)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_programs_are_offered_is_what_they_know() -> Result<()> {
    let mut world = world().await?;
    let (_, metrics) = read(&world, "/metrics").await?;
    ensure!(metrics.contains("flatline_outbox_depth{"), "{metrics}");
    if let Some(said) = judged("promtool", &["check", "metrics"], &metrics)? {
        ensure!(said.trim().is_empty(), "promtool: {said}");
    }

    let (_, feed) = read(&world, "/feed.atom").await?;
    if let Some(said) = judged_by_python(FEED_JUDGE, &feed)? {
        let judged: Value = serde_json::from_str(&said)?;
        ensure!(judged["wrong"].is_null() && judged["version"] == "atom10", "{said}");
        let entries = judged["entries"].as_array().context("entries")?;
        ensure!(entries.len() >= 3 && judged["updated"] == true, "{said}");
        let link = format!("{}/services/api", world.flatline.url());
        ensure!(entries[0][1] == link, "{said}");
        ensure!(entries[0][2] == "Service Recovered: The <API> & \"more\"", "{said}");
        ensure!(entries.iter().all(|entry| entry[3] == true), "{said}");
    }

    let (_, document) = read(&world, "/openapi.json").await?;
    let mut answers = Vec::new();
    for (path, query) in [
        ("/health", ""),
        ("/api/status", ""),
        ("/api/services", ""),
        ("/api/uptime", "?serviceId=api"),
        ("/api/uptime", ""),
        ("/api/logs", "?serviceId=api"),
        ("/api/logs", "?serviceId=nope"),
        ("/api/alerts/recent", ""),
        ("/api/alerts/recent", "?limit=x"),
        ("/api/deliveries", ""),
    ] {
        let (status, answer) = read(&world, &format!("{path}{query}")).await?;
        answers.push(json!([path, status, serde_json::from_str::<Value>(&answer)?]));
    }
    let (status, badge) = read(&world, "/badge/api.json?metric=uptime").await?;
    answers.push(json!(["/badge/{file}", status, serde_json::from_str::<Value>(&badge)?]));
    let document: Value = serde_json::from_str(&document)?;
    ensure!(document["servers"][0]["url"] == world.flatline.url(), "{}", document["servers"]);
    let given = json!({ "document": document, "answers": answers }).to_string();
    if let Some(said) = judged_by_python(API_JUDGE, &given)? {
        ensure!(said.trim() == "as described", "{said}");
    }
    for secret in [KEY, READ_KEY] {
        ensure!(![&metrics, &feed, &given].iter().any(|text| text.contains(secret)), "a secret");
    }
    world.end().await
}
