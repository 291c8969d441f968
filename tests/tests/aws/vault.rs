//! The script that stores secrets: each where its function finds it, none in its output.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

use crate::tools::root;

/// What it prints for these secrets, and whether it is content.
fn prints(secrets: &Value) -> (bool, String) {
    let mut child = Command::new("python3")
        .arg(root().join("deploy/secrets.py"))
        .args(["prod", "--stdin", "--dry-run"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3");
    let input = secrets.to_string();
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(told).expect("UTF-8"))
}

#[test]
fn every_secret_goes_to_the_functions_that_need_it() {
    let secrets = serde_json::json!({
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
    let (is_content, told) =
        prints(&serde_json::json!({"API_KEYS": Value::Object(keys).to_string()}));
    assert!(is_content, "{told}");
    for piece in ["API_KEYS/1\n", "API_KEYS/2\n", "API_KEYS/3\n", "API_KEYS/4\n"] {
        assert!(told.contains(piece), "{told}");
    }
    assert!(!told.contains("API_KEYS/5") && !told.contains("API_KEYS\n"), "{told}");
}

#[test]
fn keys_that_are_no_object_are_refused_and_not_shown() {
    let (is_content, told) = prints(&serde_json::json!({"API_KEYS": "secret-without-a-service"}));
    assert!(!is_content);
    assert_eq!(told, "secrets.py: API_KEYS must be a JSON object, or one in base64\n");
}
