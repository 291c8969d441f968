//! What is sent: key, content and batches, byte for byte.

use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Bench, KEY, stderr};
use crate::each_client;
use crate::server::{Answer, Asked, Server};

const OK: Answer = Answer::Http(200, "", r#"{"success":true,"message":"Heartbeat received"}"#);

each_client!(
    sends_what_was_meant,
    sends_batches,
    knows_the_old_variables,
    replaces_bytes_that_are_no_text,
    shows_all_but_secrets_in_a_dry_run,
    takes_the_header_file_that_flatline_writes,
);

fn body(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).expect("JSON")
}

fn sends_what_was_meant(bench: &Bench) {
    let message =
        "say \"hi\" \\ back\nnew line\ttab \u{1} \u{e9}\u{20ac}\u{1f600} %s \\n $(id) end\n";
    let server = Server::giving(vec![OK]);
    let mut arguments = vec!["--status", "degraded", "--message", message];
    arguments.extend(["--metadata", "{\"disk\":\n 0.5, \"path\": \"C:\\\\\"}"]);
    arguments.extend(["--duration-ms=007", "--header", "X-Proxy: let \"me\" in\\", "--quiet"]);
    let output = bench.send(&server, &arguments);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    let asked = server.asked().remove(0);
    let expected = json!({"serviceId": "api", "status": "degraded", "message": message,
        "durationMs": 7, "metadata": {"disk": 0.5, "path": "C:\\"}});
    assert_eq!(body(&asked), expected);
    assert!(asked.head.starts_with("post /api/heartbeat http/1.1\r\n"), "{}", asked.head);
    assert!(asked.exact_head.contains(&format!("Authorization: Bearer {KEY}\r\n")));
    assert!(asked.exact_head.contains("X-Proxy: let \"me\" in\\\r\n"), "{}", asked.exact_head);
    assert!(asked.head.contains("content-type: application/json\r\n"));
    is_hidden(&asked);
}

/// The key is on no command line; header and content on none but the one that was typed.
fn is_hidden(asked: &Asked) {
    let shown = |text: &str, but: &str| {
        let others = asked.processes.iter().filter(|line| but.is_empty() || !line.contains(but));
        others.filter(|line| line.contains(text)).cloned().collect::<Vec<_>>()
    };
    assert_eq!(shown(KEY, ""), Vec::<String>::new());
    assert_eq!(shown("let \"me\"", "heartbeat-client"), Vec::<String>::new());
    assert_eq!(shown("say \"hi\"", "heartbeat-client"), Vec::<String>::new());
    assert!(
        !Path::new("/proc/self/cmdline").exists()
            || asked.processes.iter().any(|line| line.contains("heartbeat-client")),
        "the client was looked at"
    );
}

fn sends_batches(bench: &Bench) {
    let server = Server::giving(vec![OK]);
    let batches = [
        (&["--service", "b, c"][..], json!({"services": ["api", "b", "c"]})),
        (
            &["--service=b", "--status", "down"],
            json!({"services": [{"serviceId": "api", "status": "down"}, {"serviceId": "b", "status": "down"}]}),
        ),
    ];
    for (arguments, expected) in batches {
        bench.send(&server, arguments);
        assert_eq!(body(&server.asked().pop().expect("asked")), expected);
    }
}

fn knows_the_old_variables(bench: &Bench) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("headers");
    std::fs::write(&file, "X-Two: b\nX-Three: c\n").expect("written");
    let server = Server::giving(vec![OK]);
    for url in [server.url.clone(), format!("{}/api/heartbeat", server.url)] {
        let mut command = bench.command::<&str>([]);
        command.env_remove("FLATLINE_API_KEY").env("API_KEY", "fl_old").env("WORKER_URL", &url);
        command.env("SERVICE_ID", "old, other").env("FLATLINE_HEADERS", "X-One: a");
        let output = command.env("FLATLINE_HEADERS_FILE", &file).output().expect("started");
        assert!(output.status.success(), "{}", stderr(&output));
        let asked = server.asked().pop().expect("asked");
        assert_eq!(body(&asked), json!({"services": ["old", "other"]}));
        assert!(asked.head.starts_with("post /api/heartbeat http/1.1\r\n"), "{}", asked.head);
        for line in ["Authorization: Bearer fl_old", "X-One: a", "X-Two: b", "X-Three: c"] {
            assert!(asked.exact_head.contains(&format!("{line}\r\n")), "{}", asked.exact_head);
        }
    }
}

fn replaces_bytes_that_are_no_text(bench: &Bench) {
    use std::os::unix::ffi::OsStrExt;
    let server = Server::giving(vec![OK]);
    let message = std::ffi::OsStr::from_bytes(b"a\xffb\xc3\x28c");
    let arguments = ["--url", &server.url, "--service", "a", "--message"].map(std::ffi::OsStr::new);
    let output = bench.command(arguments).arg(message).output().expect("started");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(body(&server.asked()[0])["message"], "a\u{fffd}b\u{fffd}(c");
}

fn shows_all_but_secrets_in_a_dry_run(bench: &Bench) {
    let server = Server::giving(vec![OK]);
    for content in [&["--status", "up"][..], &["--", "touch", "/nonexistent/file"]] {
        let start = ["--dry-run", "--header", "X-Proxy: secret"];
        let output = bench.send(&server, &[&start[..], content].concat());
        let shown = String::from_utf8(output.stdout).expect("UTF-8");
        let expected = format!(
            "POST {}/api/heartbeat\nContent-Type: application/json\nX-Proxy: ***\n\
             Authorization: Bearer ***\n\n{{\"serviceId\":\"api\",\"status\":\"up\"}}\n",
            server.url
        );
        assert_eq!(shown, expected);
    }
    assert!(server.asked().is_empty());
}

fn takes_the_header_file_that_flatline_writes(bench: &Bench) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("authorization.header");
    for (text, key) in
        [("Authorization: Bearer fl_a\n", "fl_a"), ("fl_b", "fl_b"), ("fl_c\r\n", "fl_c")]
    {
        std::fs::write(&file, text).expect("written");
        let server = Server::giving(vec![OK]);
        let output = bench.send(&server, &["--key-file", file.to_str().expect("UTF-8")]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(server.asked()[0].exact_head.contains(&format!("Authorization: Bearer {key}\r\n")));
    }
}
