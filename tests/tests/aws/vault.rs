//! The script that stores secrets: each where its function finds it, none in its output.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::script::with_programs;
use crate::template;
use crate::tools::root;

/// In place of the AWS command line: keeps parameters in the file that STORE names.
const AWS: &str = r#"#!/usr/bin/env python3
import json, os, sys
assert sys.argv[1:2] == ["ssm"] and sys.argv[3:6] == ["--output", "json", "--cli-input-json"], sys.argv
request = json.load(open(sys.argv[6][len("file://"):]))
store = json.load(open(os.environ["STORE"]))
answer = {}
if sys.argv[2] == "get-parameters-by-path":
    assert request["Recursive"] and not request["WithDecryption"], request
    below = request["Path"] + "/"
    answer["Parameters"] = [{"Name": name} for name in store if name.startswith(below)]
elif sys.argv[2] == "put-parameter":
    assert request["Type"] == "SecureString" and request["Overwrite"], request
    store[request["Name"]] = request["Value"]
elif sys.argv[2] == "delete-parameter":
    del store[request["Name"]]
else:
    sys.exit("refused by the stand-in")
json.dump(store, open(os.environ["STORE"], "w"))
print(json.dumps(answer))
"#;

/// A Parameter Store with these parameters, and the script in front of it.
struct Store(tempfile::TempDir);

impl Store {
    fn with(parameters: &Value) -> Self {
        let store = Self(tempfile::tempdir().expect("a folder"));
        let aws = store.0.path().join("aws");
        std::fs::write(&aws, AWS).expect("the stand-in");
        std::fs::set_permissions(&aws, PermissionsExt::from_mode(0o755)).expect("its mode");
        std::fs::write(store.0.path().join("store"), parameters.to_string()).expect("the store");
        store
    }

    /// What is there now.
    fn read(&self) -> Map<String, Value> {
        let text = std::fs::read_to_string(self.0.path().join("store")).expect("the store");
        serde_json::from_str(&text).expect("an object")
    }

    /// What the script prints for these secrets, and whether it is content.
    fn run(&self, arguments: &[&str], secrets: &Value) -> (bool, String) {
        let mut interpreter = with_programs(self.0.path());
        interpreter.arg(python()).env("STORE", self.0.path().join("store"));
        script(&mut interpreter, arguments);
        run(interpreter, secrets)
    }
}

/// The interpreter itself: a wrapper around it may put its own folder, and another `aws`, first.
fn python() -> String {
    let asked = ["-c", "import sys; print(sys.executable)"];
    let output = Command::new("python3").args(asked).output().expect("python3");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

/// The script, as arguments of an interpreter.
fn script(interpreter: &mut Command, arguments: &[&str]) {
    // Whatever goes wrong with the stand-in, no account of anybody is asked.
    interpreter
        .env_remove("AWS_PROFILE")
        .envs([("AWS_ACCESS_KEY_ID", "none"), ("AWS_SECRET_ACCESS_KEY", "none")])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .arg(root().join("deploy/secrets.py"))
        .arg("prod")
        .args(arguments);
}

fn run(mut script: Command, secrets: &Value) -> (bool, String) {
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = script.spawn().expect("python3");
    let input = secrets.to_string();
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let told = [output.stderr, output.stdout].concat();
    (output.status.success(), String::from_utf8(told).expect("UTF-8"))
}

/// What it would do with these secrets.
fn prints(secrets: &Value) -> (bool, String) {
    let mut interpreter = Command::new(python());
    script(&mut interpreter, &["--stdin", "--dry-run"]);
    run(interpreter, secrets)
}

#[test]
fn every_secret_goes_to_the_functions_that_need_it() {
    let secrets = json!({
        "API_KEYS": "eyJhcGkiOiJzZWNyZXQtb25lIn0=",
        "ALERT_API_KEY": "secret-two",
        "DASHBOARD_PASSWORD": "secret-three",
        "READ_API_KEY": "secret-four",
        "NOTIFICATION_TEAM_WEBHOOKURL": "https://hooks.example.com/secret-five",
        "FLATLINE_WATCHDOG_PING_URL": "https://example.com/secret-six",
        "GITHUB_TOKEN": "secret-seven",
        "READ_ME": "secret-eight",
    });
    let (is_content, told) = prints(&secrets);
    assert!(is_content, "{told}");
    let wanted = "\
        /flatline/prod/alert/ALERT_API_KEY\n\
        /flatline/prod/checker/FLATLINE_CANARY_KEY\n\
        /flatline/prod/checker/FLATLINE_WATCHDOG_PING_URL\n\
        /flatline/prod/dashboard/ALERT_API_KEY\n\
        /flatline/prod/dashboard/DASHBOARD_PASSWORD\n\
        /flatline/prod/dashboard/READ_API_KEY\n\
        /flatline/prod/ingest/API_KEYS\n\
        /flatline/prod/ingest/FLATLINE_CANARY_KEY\n\
        /flatline/prod/notifier/NOTIFICATION_TEAM_WEBHOOKURL\n";
    assert_eq!(told, wanted);
}

#[test]
fn keys_of_many_services_go_in_pieces() {
    let keys: Map<String, Value> =
        (0..200).map(|n| (format!("service-{n}"), Value::from(format!("fl_{n:043}")))).collect();
    let (is_content, told) = prints(&json!({"API_KEYS": Value::Object(keys).to_string()}));
    assert!(is_content, "{told}");
    for piece in ["API_KEYS/1\n", "API_KEYS/2\n", "API_KEYS/3\n", "API_KEYS/4\n"] {
        assert!(told.contains(piece), "{told}");
    }
    assert!(!told.contains("API_KEYS/5") && !told.contains("API_KEYS\n"), "{told}");
}

#[test]
fn keys_that_are_no_object_are_refused_and_not_shown() {
    let (is_content, told) = prints(&json!({"API_KEYS": "secret-without-a-service"}));
    assert!(!is_content);
    assert_eq!(told, "secrets.py: API_KEYS must be a JSON object, or one in base64\n");
}

#[test]
fn what_is_stored_replaces_what_was_there_and_the_key_of_the_canary_stays() {
    let store = Store::with(&json!({
        "/flatline/prod/ingest/API_KEYS/1": "{}",
        "/flatline/prod/ingest/API_KEYS/2": "{}",
        "/flatline/prod/ingest/FLATLINE_CANARY_KEY": "fl_old",
        "/flatline/prod/checker/FLATLINE_CANARY_KEY": "fl_old",
        "/flatline/prod/alert/ALERT_API_KEY": "old",
        "/flatline/prod-two/alert/ALERT_API_KEY": "of another stack",
    }));
    let secrets = json!({"API_KEYS": r#"{"a":"new"}"#, "READ_API_KEY": "new"});
    let (is_content, told) = store.run(&["--stdin"], &secrets);
    assert!(is_content, "{told}");
    let kept = "/flatline/prod/alert/ALERT_API_KEY (not given and kept; --prune removes it)\n";
    assert!(told.contains(kept) && !told.contains("new") && !told.contains("fl_old"), "{told}");
    let wanted = json!({
        "/flatline/prod/ingest/API_KEYS": r#"{"a":"new"}"#,
        "/flatline/prod/ingest/FLATLINE_CANARY_KEY": "fl_old",
        "/flatline/prod/checker/FLATLINE_CANARY_KEY": "fl_old",
        "/flatline/prod/alert/ALERT_API_KEY": "old",
        "/flatline/prod/dashboard/READ_API_KEY": "new",
        "/flatline/prod-two/alert/ALERT_API_KEY": "of another stack",
    });
    assert_eq!(Value::Object(store.read()), wanted);
}

#[test]
fn pruning_removes_what_is_not_given_any_more_and_nothing_of_other_stacks() {
    let store = Store::with(&json!({
        "/flatline/prod/alert/ALERT_API_KEY": "old",
        "/flatline/prod/dashboard/ALERT_API_KEY": "old",
        "/flatline/prod/notifier/NOTIFICATION_GONE_WEBHOOKURL": "old",
        "/flatline/prod/ingest/FLATLINE_CANARY_KEY": "fl_old",
        "/flatline/prod/checker/FLATLINE_CANARY_KEY": "fl_old",
        "/flatline/prod-two/alert/ALERT_API_KEY": "of another stack",
    }));
    let (is_content, told) = store.run(&["--stdin", "--prune"], &json!({"READ_API_KEY": "new"}));
    assert!(is_content, "{told}");
    let gone = "/flatline/prod/notifier/NOTIFICATION_GONE_WEBHOOKURL (removed)\n";
    assert!(told.contains(gone), "{told}");
    let left: Vec<_> = store.read().keys().cloned().collect();
    let wanted = [
        "/flatline/prod-two/alert/ALERT_API_KEY",
        "/flatline/prod/checker/FLATLINE_CANARY_KEY",
        "/flatline/prod/dashboard/READ_API_KEY",
        "/flatline/prod/ingest/FLATLINE_CANARY_KEY",
    ];
    let mut left_sorted = left;
    left_sorted.sort();
    assert_eq!(left_sorted, wanted);
}

#[test]
fn pruning_needs_the_whole_set_and_something_in_it() {
    let store = Store::with(&json!({"/flatline/prod/alert/ALERT_API_KEY": "old"}));
    for (arguments, why) in [
        (&["--stdin", "--prune"][..], "--prune would remove all secrets: none was given"),
        (&["--prune"], "--prune needs --stdin: the variables of a shell are never all secrets"),
    ] {
        let (is_content, told) = store.run(arguments, &json!({"github_token": "t"}));
        assert!(!is_content && told.contains(why), "{told}");
    }
    assert_eq!(store.read().len(), 1, "nothing was changed");
}

#[test]
fn what_is_not_stored_is_said() {
    let (is_content, told) = prints(&json!({
        "ALERT_SNS_TOPICS": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "API_KEYS_FILE": "/run/secrets/keys",
        "NOTIFICATIONS_TEAM_TOKEN": "secret-one",
        "github_token": "secret-two",
    }));
    assert!(is_content, "{told}");
    for line in [
        "secrets.py: ALERT_SNS_TOPICS is ignored: it is no secret; give the parameter AlertSnsTopics\n",
        "secrets.py: API_KEYS_FILE is ignored: files are not read here; set API_KEYS to what is in it\n",
        "secrets.py: NOTIFICATIONS_TEAM_TOKEN is ignored: no function knows it; is it misspelt?\n",
    ] {
        assert!(told.contains(line), "{told}");
    }
    assert!(!told.contains("github_token") && !told.contains("secret-"), "{told}");
}

#[test]
fn every_variable_of_the_configuration_can_be_set_on_aws() {
    let Some(template) = template::transformed() else { return };
    let set: String = template::of_type(template, "AWS::Lambda::Function")
        .iter()
        .map(|(_, function)| function["Environment"]["Variables"].to_string())
        .collect();
    let script = std::fs::read_to_string(root().join("deploy/secrets.py")).expect("the script");
    let text = std::fs::read_to_string(root().join("docs/configuration.md")).expect("the page");
    let (_, rest) = text.split_once("## Environment\n").expect("the section");
    let rows = rest.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let names: Vec<_> = rows.collect();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let is_parameter = set.contains(&format!("\"{name}\""));
        let is_secret =
            name.starts_with("NOTIFICATION_") || script.contains(&format!("\"{name}\": ["));
        // In place of these a file of the layer is read.
        let is_in_a_file = match name {
            "FLATLINE_CA" => set.contains("\"FLATLINE_CA_FILE\""),
            "MAX_LOG_ENTRIES" => script.contains("say maxLogEntries in config/settings.json"),
            _ => false,
        };
        assert!(is_parameter || is_secret || is_in_a_file, "{name} cannot be set on AWS");
    }
}
