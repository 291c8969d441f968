//! The clients as modules of other programs.

use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{KEY, clients, installed};
use crate::server::{Answer, Server};

const OK: Answer = Answer::Http(200, "", r#"{"success":true,"message":"Heartbeat received"}"#);
const REFUSED: Answer = Answer::Http(401, "", r#"{"success":false,"error":"Invalid API key"}"#);

const PYTHON: &str = r#"
import importlib, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
flatline = importlib.import_module("heartbeat-client")

flatline.Client("one").send(metadata={"rows": 3})
with flatline.heartbeat("two") as beat:
    beat.message = "42 rows"

@flatline.heartbeat("three")
def fails():
    raise ValueError("no rows")

try:
    fails()
except ValueError:
    print("seen")
try:
    flatline.Client("four").send()
except flatline.HeartbeatError as error:
    print(error.code)
with flatline.heartbeat("five"):
    print("done")
"#;

const NODE: &str = r"
const { Client, heartbeat } = require(process.argv[1] + '/heartbeat-client.js');
(async () => {
  await new Client({ service: 'one' }).send({ metadata: { rows: 3 } });
  await heartbeat('two', async (beat) => { beat.message = '42 rows'; });
  await heartbeat('three', () => { throw new Error('no rows'); }).catch(() => console.log('seen'));
  await new Client({ service: 'four' }).send().catch((error) => console.log(error.code));
  await heartbeat('five', () => console.log('done'));
})();
";

fn tells_what_a_job_did(program: &str, option: &str, script: &str, error: &str) {
    let Some(program) = installed(program) else {
        eprintln!("skipped: {program} is not installed");
        return;
    };
    let server = Server::giving(vec![OK, OK, OK, REFUSED, REFUSED]);
    let output = Command::new(program)
        .args([option, script])
        .arg(clients())
        .env_clear()
        .env("FLATLINE_URL", &server.url)
        .env("FLATLINE_API_KEY", KEY)
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "seen\n1\ndone\n", "{said}");
    assert!(said.contains("refused: 401") && !said.contains("fl_q"), "{said}");
    let mut told = server
        .asked()
        .iter()
        .map(|asked| serde_json::from_str::<Value>(&asked.body).expect("JSON"))
        .collect::<Vec<_>>();
    for body in &mut told {
        let timed = body.as_object_mut().expect("an object").remove("durationMs").is_some();
        assert_eq!(timed, body["status"].is_string(), "{body}");
    }
    let expected = [
        json!({"serviceId": "one", "metadata": {"rows": 3}}),
        json!({"serviceId": "two", "status": "up", "message": "42 rows"}),
        json!({"serviceId": "three", "status": "down", "message": error}),
        json!({"serviceId": "four"}),
        json!({"serviceId": "five", "status": "up"}),
    ];
    assert_eq!(told, expected);
}

#[test]
fn python_tells_what_a_job_did() {
    tells_what_a_job_did("python3", "-c", PYTHON, "ValueError: no rows");
}

#[test]
fn node_tells_what_a_job_did() {
    tells_what_a_job_did("node", "-e", NODE, "Error: no rows");
}

/// The sample of docs/clients.md in this language.
fn sample(language: &str) -> &'static str {
    let page = include_str!("../../../docs/clients.md");
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("a sample");
    rest.split("```").next().expect("split yields something")
}

/// A sample of the documentation, with the client beside it, and the job that it leaves to its reader.
fn does_what_it_shows(program: &str, client: &str, copy: &str, script: &str) {
    let Some(program) = installed(program) else {
        eprintln!("skipped: {program} is not installed");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(clients().join(client), folder.path().join(copy)).expect("copied");
    let file = folder.path().join("sample");
    std::fs::write(&file, script).expect("written");
    let server = Server::giving(vec![OK, OK]);
    let output = Command::new(program)
        .arg(&file)
        .current_dir(folder.path())
        .env_clear()
        .env("FLATLINE_URL", &server.url)
        .env("FLATLINE_API_KEY", KEY)
        .output()
        .expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = server.asked();
    let told: Vec<Value> =
        told.iter().map(|asked| serde_json::from_str(&asked.body).expect("JSON")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((&told[0]["serviceId"], &told[0]["message"]), (&json!("backup"), &json!("12 GB")));
    let web = json!({"serviceId": "web", "status": "degraded", "metadata": {"queue": 1200}});
    assert_eq!(told[1], web);
}

#[test]
fn python_does_what_the_documentation_shows() {
    let script = format!("def make_backup():\n    return '12 GB'\n\n{}", sample("python"));
    does_what_it_shows("python3", "heartbeat-client.py", "heartbeat_client.py", &script);
}

#[test]
fn node_does_what_the_documentation_shows() {
    let (load, rest) = sample("js").split_once('\n').expect("it loads the client first");
    let script = format!(
        "const makeBackup = async () => '12 GB';\n{load}\n(async () => {{\n{rest}\n}})();\n"
    );
    does_what_it_shows("node", "heartbeat-client.js", "heartbeat-client.js", &script);
}

/// The oldest versions that the clients promise to run on need not be here: their grammar is.
#[test]
fn the_python_client_is_python_3_8() {
    let Some(python) = installed("python3") else { return };
    let script = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 8))";
    let client = clients().join("heartbeat-client.py");
    let status = Command::new(python).args(["-c", script]).arg(client).status().expect("started");
    assert!(status.success());
}
