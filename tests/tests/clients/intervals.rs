//! Clients that go on sending, as in a container.

use std::process::{Child, Output, Stdio};

use crate::bench::{Bench, pause, stderr};
use crate::each_client;
use crate::server::{Answer, Server};

const OK: Answer = Answer::Http(200, "", r#"{"success":true,"message":"Heartbeat received"}"#);
const BUSY: Answer = Answer::Http(503, "", "busy");
const REFUSED: Answer = Answer::Http(401, "", r#"{"success":false,"error":"Invalid API key"}"#);

each_client!(goes_on_whatever_becomes_of_one_heartbeat, runs_its_command_each_time, stops_at_once);

fn start(bench: &Bench, server: &Server, arguments: &[&str]) -> Child {
    let mut command =
        bench.command([&["--url", &server.url, "--service", "api"], arguments].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
}

/// Waits for this many requests; the suite's limit ends what never comes.
fn asked(server: &Server, count: usize) {
    while server.asked().len() < count {
        pause(20);
    }
}

fn stop(child: Child, signal: &str) -> Output {
    flatline_harness::process::send_signal(child.id(), signal).expect("it runs");
    child.wait_with_output().expect("ended")
}

/// What Ctrl-C sends; but whoever runs this in the background ignores it, and so do all its children,
/// among them shells, which cannot trap what was ignored before them.
fn interrupt() -> &'static str {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = u64::from_str_radix(ignored.unwrap_or("0"), 16).expect("a mask");
    if mask & 0b10 == 0 { "INT" } else { "TERM" }
}

fn goes_on_whatever_becomes_of_one_heartbeat(bench: &Bench) {
    let server = Server::giving(vec![OK, REFUSED, BUSY, OK]);
    let child = start(bench, &server, &["--every", "1"]);
    asked(&server, 5);
    let output = stop(child, "TERM");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("refused: 401"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("Traceback"), "{}", stderr(&output));
}

fn runs_its_command_each_time(bench: &Bench) {
    let server = Server::giving(vec![OK]);
    let child =
        start(bench, &server, &["--every", "1", "--", "/bin/sh", "-c", "echo probed; exit 1"]);
    asked(&server, 3);
    let output = stop(child, interrupt());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for asked in server.asked() {
        assert!(asked.body.contains(r#""status":"down","message":"probed""#), "{}", asked.body);
    }
}

fn stops_at_once(bench: &Bench) {
    let server = Server::giving(vec![OK]);
    let child = start(bench, &server, &["--every", "86400"]);
    asked(&server, 1);
    // It sleeps now, or will soon.
    pause(300);
    let output = stop(child, "TERM");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let server = Server::giving(vec![BUSY]);
    let child = start(bench, &server, &["--retry-for", "3600"]);
    asked(&server, 2);
    let output = stop(child, "TERM");
    assert_eq!(output.status.code(), Some(143), "{}", stderr(&output));
}
