//! The transformed template comes up in moto. What moto skips is asserted in `parts`, never here.

use std::process::Command;

use serde_json::Value;

use crate::template;
use crate::tools::root;

/// What moto made of the stack; `None` if a tool is missing.
fn comes_up() -> Option<Value> {
    let file = template::file()?;
    let python = root().join("target/venv/bin/python");
    if !python.exists() {
        eprintln!("skipped: no {}; `cargo xtask test aws` makes it", python.display());
        return None;
    }
    let output = Command::new(python)
        .arg(root().join("tests/tests/aws/stack.py"))
        .arg(file)
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .output()
        .expect("python starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn the_stack_comes_up() {
    let Some(stack) = comes_up() else { return };
    let table = &stack["table"];
    assert_eq!(table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "KEYS_ONLY");
    assert_eq!(table["DeletionProtectionEnabled"], true);
    let functions = stack["functions"].as_object().expect("functions");
    let names: Vec<_> = functions.keys().map(String::as_str).collect();
    assert_eq!(names, ["Alert", "Checker", "Dashboard", "Ingest", "Notifier"]);
    for (name, function) in functions {
        assert_eq!(function["Runtime"], "provided.al2023", "{name}");
        let variables = &function["Environment"]["Variables"];
        assert_eq!(variables["FLATLINE_TABLE"], table["TableName"], "{name}");
        let secrets = format!("/flatline/flatline/{}", name.to_lowercase());
        assert_eq!(variables["FLATLINE_SECRETS_PATH"], secrets, "{name}");
    }
    let queue = stack["queue"].as_str().expect("the queue");
    assert_eq!(stack["mapping"]["DestinationConfig"]["OnFailure"]["Destination"], queue);
    assert_eq!(stack["mapping"]["EventSourceArn"], table["LatestStreamArn"]);
    assert_eq!(stack["mapping"]["MaximumBatchingWindowInSeconds"], 1);
    let command = stack["outputs"]["HeartbeatCommand"].as_str().expect("a command");
    assert!(command.starts_with("curl ") && command.ends_with("/api/heartbeat"), "{command}");
    assert_eq!(stack["outputs"]["SecretsPath"], "/flatline/flatline");
}
