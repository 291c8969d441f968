//! Trying channels out, and the log of deliveries.

use anyhow::{Result, ensure};
use flatline_harness::config::{ALERT_KEY, ConfigDir};
use flatline_harness::process::{Flatline, FlatlineLaunch};
use flatline_harness::receiver::{Receiver, Reply};
use serde_json::{Value, json};

use crate::{Done, beat, flatline};

/// How long a message may take on a busy machine.
const PATIENCE_MS: u64 = 60_000;

/// A server with its own keys, the channel `hook` and the disabled channel `off`.
async fn server(receiver: &Receiver) -> Result<Flatline> {
    let off = json!({"type": "webhook", "name": "off", "enabled": false});
    let config = ConfigDir::new()?.service("api", 3_600)?.hook(&receiver.url())?;
    Ok(FlatlineLaunch::with(config.channel_json(off)?).start().await?)
}

/// Runs a command that asks this server; the key is where it reads it from.
async fn ask(server: &Flatline, key: &str, arguments: &[&str]) -> Result<Done> {
    let home = tempfile::tempdir()?;
    if !key.is_empty() {
        std::fs::write(home.path().join("alert-api-key"), format!("{key}\n"))?;
    }
    let (url, data) = (server.url(), home.path().display().to_string());
    let remote = ["--url", &url, "--data", &data];
    flatline(arguments.iter().chain(&remote).copied()).await
}

#[tokio::test]
async fn a_channel_is_tried_out_and_its_answer_is_printed() -> Result<()> {
    let receiver = Receiver::start().await?;
    let server = server(&receiver).await?;
    for (arguments, key, code, said) in [
        (&["hook"][..], ALERT_KEY, 0, "'hook' accepted the test message: HTTP 200\n"),
        (&["HOOK", "--event", "up"], ALERT_KEY, 0, "'hook' accepted the test message: HTTP 200\n"),
        (&["off"], ALERT_KEY, 2, "flatline: Channel 'off' is disabled\n"),
        (
            &["nope"],
            ALERT_KEY,
            2,
            "flatline: Channel 'nope' not found in configuration; there are hook\n",
        ),
        (&["hook"], "guess", 2, "flatline: the server does not accept this key"),
        (&["hook"], "", 2, "flatline: no key: set ALERT_API_KEY to that of the server"),
    ] {
        let done = ask(&server, key, &[&["test-notification"], arguments].concat()).await?;
        let (fits, empty) = if code == 0 {
            (done.stdout == said, &done.stderr)
        } else {
            (done.stderr.starts_with(said), &done.stdout)
        };
        ensure!(fits && empty.is_empty() && done.code == code, "{arguments:?}: {done:?}");
    }
    receiver.answer(Reply::status(403));
    let done = ask(&server, ALERT_KEY, &["test-notification", "hook"]).await?;
    let said = "flatline: 'hook' did not accept the test message: HTTP 403";
    ensure!(done.code == 1 && done.stderr.starts_with(said), "{done:?}");
    let statuses: Vec<Value> =
        receiver.received().iter().map(|it| it.json["service"]["status"].clone()).collect();
    assert_eq!(statuses, ["down", "up", "down"], "refused tests were never sent");
    Ok(())
}

#[tokio::test]
async fn nobody_there_is_said_so() -> Result<()> {
    let home = tempfile::tempdir()?;
    std::fs::write(home.path().join("alert-api-key"), "key")?;
    let data = home.path().display().to_string();
    for (url, code, said) in [
        ("http://127.0.0.1:1", 1, "does not answer: Connection refused"),
        ("ftp://host", 2, "'ftp://host' is no http or https address"),
        ("", 2, "'' is no http or https address"),
    ] {
        let done = flatline(["deliveries", "--url", url, "--data", &data]).await?;
        ensure!(done.code == code && done.stderr.contains(said), "{done:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_dead_delivery_is_listed_and_put_back_once() -> Result<()> {
    let receiver = Receiver::start().await?;
    let server = server(&receiver).await?;
    receiver.answer(Reply::status(404));
    beat(&server.url(), "api", flatline_harness::config::KEY).await?;
    let report = json!({
        "serviceId": "api", "status": "down", "message": "disk full", "metadata": {"host": "db-1"},
    });
    let request = flatline_harness::http_client().post(format!("{}/api/heartbeat", server.url()));
    request.bearer_auth(flatline_harness::config::KEY).json(&report).send().await?;
    let first = receiver.wait_for(|it| it.json["event"] == "down", PATIENCE_MS).await?;
    assert_eq!(first.json["message"], "disk full");
    assert_eq!(first.json["metadata"], json!({"host": "db-1"}));

    let dead = dead_id(&server).await?;
    receiver.answer(Reply::status(200));
    receiver.clear();
    let done = ask(&server, ALERT_KEY, &["deliveries", "--replay", &dead]).await?;
    assert_eq!((done.code, done.stdout.as_str()), (0, "Queued again for 'hook'\n"), "{done:?}");
    let again = receiver.wait_for(|it| it.json["event"] == "down", PATIENCE_MS).await?;
    assert_eq!(again.json["id"], first.json["id"], "it is the same message");
    let done = ask(&server, ALERT_KEY, &["deliveries", "--replay", &dead]).await?;
    let said = "flatline: It was replayed before, and that is done once\n";
    assert_eq!((done.code, done.stderr.as_str()), (1, said));
    let done = ask(&server, ALERT_KEY, &["deliveries", "--service", "nope"]).await?;
    assert_eq!((done.code, done.stderr.as_str()), (2, "flatline: Unknown serviceId\n"));
    Ok(())
}

/// The id of the one dead delivery of `api`, as soon as it is written down.
async fn dead_id(server: &Flatline) -> Result<String> {
    for _ in 0..20 {
        let arguments = ["deliveries", "--service", "api", "--state", "dead", "--channel", "Hook"];
        let done = ask(server, ALERT_KEY, &arguments).await?;
        ensure!(done.code == 0, "{done:?}");
        let words: Vec<&str> = done.stdout.split_whitespace().collect();
        if let [_, "dead", "hook", "down", "api", .., id] = words[..] {
            return Ok(id.to_owned());
        }
    }
    anyhow::bail!("nothing is dead")
}
