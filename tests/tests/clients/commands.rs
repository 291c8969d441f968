//! A command that a client runs and reports on.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::bench::{Bench, pause, stderr};
use crate::each_client;
use crate::server::{Answer, Server};

const OK: Answer = Answer::Http(200, "", r#"{"success":true,"message":"Heartbeat received"}"#);
const REFUSED: Answer = Answer::Http(401, "", r#"{"success":false,"error":"Invalid API key"}"#);

each_client!(
    reports_how_a_command_ended,
    hands_on_what_a_command_reads_and_writes,
    does_not_wait_for_what_a_command_leaves_behind,
    hands_on_the_exit_code_although_the_heartbeat_is_refused,
    ends_a_command_when_told_to_stop_and_reports_it,
);

fn run(bench: &Bench, server: &Server, script: &str) -> Output {
    bench.send(server, &["--quiet", "--", "/bin/sh", "-c", script])
}

fn told(server: &Server) -> Value {
    serde_json::from_str(&server.asked().pop().expect("asked").body).expect("JSON")
}

fn reports_how_a_command_ended(bench: &Bench) {
    // One sentence, the script, exit code, status, message.
    let rows: [(&str, &str, i32, &str, Option<&str>); 9] = [
        ("0 is up", "true", 0, "up", None),
        ("all else is down", "exit 7", 7, "down", None),
        ("a signal is down", "kill -9 $$", 137, "down", None),
        ("the last line is told", "echo one; echo two", 0, "up", Some("two")),
        (
            "blank lines are none",
            "printf '%s\n\n \n' '  a \"b\" \\c '",
            0,
            "up",
            Some("a \"b\" \\c"),
        ),
        ("a line without an end is one", "printf 'x\\ny'", 0, "up", Some("y")),
        ("errors first when it failed", "echo bad >&2; echo out; exit 1", 1, "down", Some("bad")),
        ("output first when it did not", "echo bad >&2; echo out", 0, "up", Some("out")),
        ("what there is, else", "echo bad >&2", 0, "up", Some("bad")),
    ];
    for (sentence, script, code, status, message) in rows {
        let server = Server::giving(vec![OK]);
        let output = run(bench, &server, script);
        let told = told(&server);
        assert_eq!(output.status.code(), Some(code), "{sentence}: {}", stderr(&output));
        assert_eq!(told["status"], status, "{sentence}: {told}");
        assert_eq!(told["message"].as_str(), message, "{sentence}: {told}");
        assert!(told["durationMs"].is_u64(), "{sentence}: {told}");
    }
    let server = Server::giving(vec![OK]);
    let output =
        bench.send(&server, &["--message", "given", "--", "/bin/sh", "-c", "echo x; sleep 1.2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(told(&server)["message"], "given");
    assert!(told(&server)["durationMs"].as_u64() >= Some(1000), "{}", told(&server));
    let output = bench.send(&server, &["--", "no-such-command"]);
    assert_eq!(output.status.code(), Some(127), "{}", stderr(&output));
    assert_eq!(told(&server)["status"], "down");
    assert!(told(&server)["message"].as_str().expect("why").contains("no-such-command"));
}

fn hands_on_what_a_command_reads_and_writes(bench: &Bench) {
    let server = Server::giving(vec![OK]);
    let url = ["--url", &server.url, "--service", "api", "--quiet"];
    let script = [
        "--",
        "/bin/sh",
        "-c",
        "cat; printf 'out\\0\\n'; echo err >&2; printf '%s' \"$1\"",
        "x",
        "a  b",
    ];
    let mut command = bench.command(url.iter().chain(&script));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    child.stdin.take().expect("piped").write_all(b"in\n").expect("read");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.stdout, b"in\nout\0\na  b", "{}", stderr(&output));
    assert_eq!(stderr(&output), "err\n");
}

fn does_not_wait_for_what_a_command_leaves_behind(bench: &Bench) {
    let server = Server::giving(vec![OK]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("id");
    let script = format!("sleep 3600 & echo $! >'{}'; exit 3", file.display());
    let mut command =
        bench.command(["--url", &server.url, "--service", "api", "--", "/bin/sh", "-c", &script]);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("started");
    assert_eq!(status.code(), Some(3));
    assert_eq!(told(&server)["status"], "down");
    let id = std::fs::read_to_string(&file).expect("written");
    let _gone = std::process::Command::new("kill").arg(id.trim()).status();
}

fn hands_on_the_exit_code_although_the_heartbeat_is_refused(bench: &Bench) {
    let server = Server::giving(vec![REFUSED]);
    for (script, code) in [("exit 0", 0), ("exit 9", 9)] {
        let output = run(bench, &server, script);
        assert_eq!(output.status.code(), Some(code));
        assert!(stderr(&output).contains("refused: 401 "), "{}", stderr(&output));
    }
}

fn ends_a_command_when_told_to_stop_and_reports_it(bench: &Bench) {
    let server = Server::giving(vec![OK]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ready = folder.path().join("ready");
    let script = format!(
        "trap 'echo told; exit 5' TERM; : >'{}'; while :; do sleep 0.1; done",
        ready.display()
    );
    let mut command =
        bench.command(["--url", &server.url, "--service", "api", "--", "/bin/sh", "-c", &script]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    while !ready.exists() {
        pause(20);
    }
    flatline_harness::process::send_signal(child.id(), "TERM").expect("it runs");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert_eq!(
        (&told(&server)["status"], &told(&server)["message"]),
        (&"down".into(), &"told".into())
    );
}
