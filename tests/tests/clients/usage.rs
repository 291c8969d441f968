//! Wrong usage, and what a client says about itself.

use std::process::Output;

use crate::bench::{Bench, installed, stderr};
use crate::each_client;

each_client!(tells_wrong_usage_in_one_line_and_exits_with_2, explains_itself);

fn is_refused(output: &Output, says: &str) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{says}: {said}");
    assert!(said.contains(says) && said.ends_with(" (see --help)\n"), "{says}: {said}");
    assert_eq!(said.lines().count(), 1, "{says}: {said}");
}

fn tells_wrong_usage_in_one_line_and_exits_with_2(bench: &Bench) {
    let here = ["--url", "http://127.0.0.1:9", "--service", "a"];
    let rows: [(&[&str], &str); 17] = [
        (&["--service", "a"], "no address"),
        (&["--url", "127.0.0.1:8080", "--service", "a"], "http://"),
        (&here[..2], "no service"),
        (&[&here[..], &["--jitter", "soon"]].concat(), "whole number"),
        (&[&here[..], &["--jitter", "-1"]].concat(), "whole number"),
        (&[&here[..], &["--timeout", "0"]].concat(), "at least 1"),
        (&[&here[..], &["--every", "0"]].concat(), "at least 1"),
        (&[&here[..], &["--retry-for", "9999999999"]].concat(), "too large"),
        (&[&here[..], &["--metadata", "[1]"]].concat(), "JSON object"),
        (&[&here[..], &["--header", "no colon"]].concat(), "Name: value"),
        (&[&here[..], &["--key", "fl_\u{7}"]].concat(), "control character"),
        (&[&here[..], &["--key-file", "/nonexistent"]].concat(), "cannot read the key file"),
        (&[&here[..], &["--status"]].concat(), "needs a value"),
        (&[&here[..], &["extra"]].concat(), "unknown argument"),
        (&[&here[..], &["--stat", "up"]].concat(), "unknown argument"),
        (&[&here[..], &["--"]].concat(), "-- needs a command"),
        (&[&here[..], &["--status", "up", "--", "true"]].concat(), "a command decides"),
    ];
    for (arguments, says) in rows {
        is_refused(&bench.run(arguments), says);
    }
    let missing = bench.command(here).env("FLATLINE_HEADERS_FILE", "/nonexistent").output();
    is_refused(&missing.expect("started"), "cannot read the headers file");
}

fn explains_itself(bench: &Bench) {
    let help = String::from_utf8(bench.run(&["--help"]).stdout).expect("UTF-8");
    let others = include_str!("help.txt").replace("CLIENT", bench.client);
    assert_eq!(help, others, "all clients say the same");
    let version = String::from_utf8(bench.run(&["--version"]).stdout).expect("UTF-8");
    assert_eq!(version, format!("{} {}\n", bench.client, env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wget_that_cannot_hide_the_key_is_not_used() {
    let (Some(bench), Some(busybox)) = (Bench::of("sh", "wget"), installed("busybox")) else {
        return;
    };
    std::fs::remove_file(bench.path.join("wget")).expect("a link");
    std::os::unix::fs::symlink(busybox, bench.path.join("wget")).expect("a link");
    let output = bench.run(&["--url", "http://127.0.0.1:9", "--service", "a"]);
    assert!(stderr(&output).contains("needs curl or GNU wget"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
