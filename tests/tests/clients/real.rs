//! Every client, and the request forms of the system that Flatline replaces, against the real server.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use flatline_harness::config::KEY;
use serde_json::Value;

use crate::bench::{Bench, installed, stderr};
use crate::real_server;

const CLIENTS: [(&str, &str); 4] =
    [("sh", "curl"), ("busybox sh", "wget"), ("python3", ""), ("node", "")];

#[tokio::test(flavor = "multi_thread")]
async fn every_client_is_understood_and_understands() -> Result<()> {
    let server = real_server::with(&["one", "two", "job"]).await?;
    let url = server.url();
    for (interpreter, sender) in CLIENTS {
        let Some(bench) = Bench::of(interpreter, sender) else { continue };
        let ends = |code: i32, says: &str, key: &str, arguments: &[&str]| -> Result<()> {
            let mut command = bench.command(arguments);
            let output = command.env("FLATLINE_URL", &url).env("FLATLINE_API_KEY", key).output()?;
            let said = stderr(&output);
            let right = output.status.code() == Some(code) && said.contains(says);
            ensure!(right, "{interpreter} {arguments:?}: {} {said}", output.status);
            Ok(())
        };
        ends(0, "", KEY, &["--service", "one", "--status", "degraded", "--message", "a \"b\"\n"])?;
        real_server::until(&server, "one", "degraded").await?;
        ends(0, "", KEY, &["--service", "one,two"])?;
        real_server::until(&server, "one", "up").await?;
        ends(1, "refused: 401", "fl_wrong", &["--service", "one"])?;
        ends(1, "refused: 400", KEY, &["--service", "nobody"])?;
        ends(4, "  nobody: Unknown serviceId", KEY, &["--service", "one,nobody"])?;
        ends(3, "", KEY, &["--service", "job", "--", "/bin/sh", "-c", "echo no disk; exit 3"])?;
        real_server::until(&server, "job", "down").await?;
        ends(0, "", KEY, &["--service", "job", "--", "/bin/sh", "-c", "true"])?;
        real_server::until(&server, "job", "up").await?;
    }
    Ok(())
}

/// A sentence, the program, its option for a script, the script. Each prints the answer.
const FORMS: [(&str, &str, &str, &str); 9] = [
    (
        "curl, one service",
        "sh",
        "-c",
        r#"curl -s -X POST "$WORKER_URL/api/heartbeat" -H "Content-Type: application/json" -H "Authorization: Bearer $API_KEY" -d "{\"serviceId\": \"one\"}""#,
    ),
    (
        "curl with content",
        "sh",
        "-c",
        r#"curl -sf -X POST $WORKER_URL/api/heartbeat -H "Authorization: Bearer $API_KEY" -H 'Content-Type: application/json' --data '{"serviceId":"one","status":"up","message":"fine","metadata":{"host":"a","load":0.5}}'"#,
    ),
    (
        "curl, a batch with the key of the header",
        "sh",
        "-c",
        r#"curl -s -X POST "$WORKER_URL/api/heartbeat" -H "Authorization: Bearer $API_KEY" -H "Content-Type: application/json" -d '{"services":["one","two"]}'"#,
    ),
    (
        "curl, a batch with a key per entry",
        "sh",
        "-c",
        r#"curl -s "$WORKER_URL/api/heartbeat" -H "Content-Type: application/json" -d "{\"services\":[{\"serviceId\":\"one\",\"token\":\"$API_KEY\"},{\"serviceId\":\"two\",\"token\":\"$API_KEY\"}]}""#,
    ),
    (
        "curl, a mixed batch, a header of a proxy and a slash at the end",
        "sh",
        "-c",
        r#"curl -s "$WORKER_URL/api/heartbeat/" -H "CF-Access-Client-Id: x" -H "Authorization: Bearer $API_KEY" -d "{\"services\":[\"one\",{\"serviceId\":\"two\",\"token\":\"\"}]}""#,
    ),
    (
        "wget",
        "sh",
        "-c",
        r#"wget -qO- --header="Authorization: Bearer $API_KEY" --post-data='{"serviceId":"one"}' "$WORKER_URL/api/heartbeat""#,
    ),
    (
        "Python's urllib",
        "python3",
        "-c",
        r#"
import json, os, urllib.request
request = urllib.request.Request(
    os.environ["WORKER_URL"] + "/api/heartbeat",
    data=json.dumps({"serviceId": "one", "status": "up", "metadata": {"hostname": "h"}}).encode("utf-8"),
    headers={"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["API_KEY"]},
)
with urllib.request.urlopen(request, timeout=10) as response:
    assert response.status == 200
    print(response.read().decode())
"#,
    ),
    (
        "Node's fetch",
        "node",
        "-e",
        r"
fetch(process.env.WORKER_URL + '/api/heartbeat', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${process.env.API_KEY}` },
  body: JSON.stringify({ serviceId: 'one', status: 'up', message: 'ok' }),
}).then((response) => response.json()).then((answer) => console.log(JSON.stringify(answer)));
",
    ),
    (
        "Node's http",
        "node",
        "-e",
        r"
const body = JSON.stringify({ services: ['one', 'two'] });
const request = require('http').request(new URL('/api/heartbeat', process.env.WORKER_URL), {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body),
    Authorization: 'Bearer ' + process.env.API_KEY },
}, (response) => response.on('data', (chunk) => process.stdout.write(chunk)));
request.end(body);
",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_older_scripts_need_only_another_address() -> Result<()> {
    let server = real_server::with(&["one", "two"]).await?;
    for (sentence, program, option, script) in FORMS {
        let Some(program) = installed(program) else { continue };
        let output = real_server::run(&server, Command::new(program).args([option, script]))?;
        let text = String::from_utf8(output.stdout)?;
        let answer: Value =
            serde_json::from_str(&text).with_context(|| format!("{sentence}: {text}"))?;
        ensure!(answer["success"] == true, "{sentence}: {text}");
        let message = answer["message"].as_str().unwrap_or_default();
        let batch = script.contains("services");
        let wanted =
            if batch { "Batch heartbeat received for 2 service(s)" } else { "Heartbeat received" };
        ensure!(message == wanted, "{sentence}: {text}");
        // Scripts look for this without a JSON parser.
        ensure!(text.contains("\"success\":true"), "{sentence}: {text}");
    }
    for id in ["one", "two"] {
        ensure!(real_server::status(&server, id).await? == "up");
    }
    Ok(())
}
