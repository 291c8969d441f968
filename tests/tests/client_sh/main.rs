//! `heartbeat-clients/heartbeat-client.sh` under each shell and with each sender that is installed.

mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use server::{Answer, Server};

const OK: Answer = Answer::Http(200, "", r#"{"success":true,"message":"Heartbeat received"}"#);
const REFUSED: Answer = Answer::Http(401, "", r#"{"success":false,"error":"Invalid API key"}"#);
const BUSY: Answer = Answer::Http(503, "", "busy");
/// Characters that curl's and wget's files, JSON and the shell each treat in their own way.
const KEY: &str = r#"fl_q"uo\te $HOME `id` 100%"#;
/// All that the client calls besides the sender.
const TOOLS: &str = "awk cat cut date grep head mktemp od rm sed sleep tail timeout tr";

/// A shell, and a PATH on which only one sender exists.
struct Bench {
    shell: Vec<String>,
    path: PathBuf,
    temporary: tempfile::TempDir,
}

impl Bench {
    fn run(&self, arguments: &[&str]) -> Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is a folder");
        Command::new(&self.shell[0])
            .args(&self.shell[1..])
            .arg(root.join("heartbeat-clients/heartbeat-client.sh"))
            .args(arguments)
            .env_clear()
            .env("PATH", &self.path)
            .env("TMPDIR", self.temporary.path())
            .env("FLATLINE_API_KEY", KEY)
            .output()
            .expect("the shell starts")
    }

    fn send(&self, server: &Server, arguments: &[&str]) -> Output {
        self.run(&[&["--url", &server.url, "--service", "api"], arguments].concat())
    }
}

/// Where a program is, if it is installed.
fn installed(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
}

/// A bench for this shell with only this sender on the PATH; `None` if one is not installed.
fn bench(shell: &str, sender: &str) -> Option<Bench> {
    let mut shell = shell.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let Some(program) = installed(&shell[0]) else {
        eprintln!("skipped: {} is not installed", shell[0]);
        return None;
    };
    program.to_str().expect("paths of programs are UTF-8").clone_into(&mut shell[0]);
    let Some(sender_path) = installed(sender) else {
        eprintln!("skipped: {sender} is not installed");
        return None;
    };
    let folder = tempfile::tempdir().expect("a temporary folder").keep();
    std::os::unix::fs::symlink(sender_path, folder.join(sender)).expect("a link");
    for tool in TOOLS.split(' ') {
        let target = installed(tool).unwrap_or_else(|| panic!("{tool} is installed everywhere"));
        std::os::unix::fs::symlink(target, folder.join(tool)).expect("a link");
    }
    Some(Bench { shell, path: folder, temporary: tempfile::tempdir().expect("a temporary folder") })
}

impl Drop for Bench {
    fn drop(&mut self) {
        let left = std::fs::read_dir(self.temporary.path()).map_or(0, Iterator::count);
        let _best_effort = std::fs::remove_dir_all(&self.path);
        assert!(std::thread::panicking() || left == 0, "the client leaves no files behind");
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// One sentence, the answers, further arguments, exit code, requests, what stderr says.
type Row = (&'static str, Vec<Answer>, &'static [&'static str], i32, usize, &'static str);

fn rows() -> Vec<Row> {
    let http = Answer::Http;
    vec![
        ("a 200 of Flatline is the end", vec![OK], &[], 0, 1, ""),
        ("a 503 is tried again", vec![BUSY, OK], &[], 0, 2, "trying again"),
        (
            "Retry-After in seconds is waited for",
            vec![http(429, "Retry-After: 2\r\n", ""), OK],
            &[],
            0,
            2,
            "answered 429; trying again in 2.",
        ),
        (
            "Retry-After beyond the retry time ends at once",
            vec![http(429, "Retry-After: 100\r\n", "")],
            &[],
            3,
            1,
            "not sent: the server answered 429",
        ),
        (
            "Retry-After as a date is understood",
            vec![http(503, "retry-after: Sat, 21 Feb 2099 07:28:00 GMT\r\n", "")],
            &["--retry-for", "30"],
            3,
            1,
            "not sent",
        ),
        (
            "a Retry-After in the past is no reason to hurry or to wait",
            vec![http(503, "Retry-After: Fri, 01 Mar 2024 00:00:00 GMT\r\n", ""), OK],
            &[],
            0,
            2,
            "trying again in",
        ),
        ("a wrong key is final", vec![REFUSED], &[], 1, 1, "refused: 401 "),
        ("any other 4xx is final", vec![http(418, "", "")], &[], 1, 1, "refused: 418"),
        (
            "redirects are not followed",
            vec![http(302, "Location: /login\r\n", "")],
            &[],
            1,
            1,
            "refused: 302 a redirect",
        ),
        (
            "a 207 names what was refused, in whatever order the keys of its entries are",
            vec![http(
                207,
                "",
                r#"{"message":"Partial success: 1 succeeded, 2 failed","results":[{"serviceId":"a","success":true,"timestamp":"2026-11-22T12:00:00.000Z"},{"code":"unknown-service","error":"Unknown serviceId","serviceId":"b","success":false},{"serviceId":"c","success":false,"error":"Invalid API key","code":"invalid-api-key"}],"success":true}"#,
            )],
            &["--service", "b"],
            4,
            1,
            "2 failed\n  b: Unknown serviceId\n  c: Invalid API key\n",
        ),
        (
            "a login page that answers 200 took no heartbeat",
            vec![http(200, "", "<html>please log in</html>")],
            &["--retry-for", "0"],
            3,
            1,
            "not one of Flatline's",
        ),
        (
            "a server that never answers runs into the limit of the try",
            vec![Answer::Silence],
            &["--timeout", "1", "--retry-for", "0"],
            3,
            1,
            "not sent",
        ),
    ]
}

fn answers(shell: &str, sender: &str) {
    let Some(bench) = bench(shell, sender) else { return };
    for (sentence, answers, arguments, code, requests, says) in rows() {
        let server = Server::giving(answers);
        let output = bench.send(&server, &[&["--retry-for", "60"], arguments].concat());
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{shell}, {sender}: {sentence}: {said}");
        assert_eq!(server.asked().len(), requests, "{shell}, {sender}: {sentence}: {said}");
        assert!(said.contains(says), "{shell}, {sender}: {sentence}: {said}");
        assert!(!said.contains("fl_q"), "{shell}, {sender}: the key is not told: {said}");
    }
    let nobody = "http://127.0.0.1:9";
    let output = bench.run(&["--url", nobody, "--service", "api", "--retry-for", "2"]);
    assert_eq!(output.status.code(), Some(3), "nobody listens: {}", stderr(&output));
    assert!(stderr(&output).contains("trying again"), "a refused connection is tried again");
}

/// What is sent: key, content and batches, byte for byte.
fn content(shell: &str, sender: &str) {
    let Some(bench) = bench(shell, sender) else { return };
    let message =
        "say \"hi\" \\ back\nnew line\ttab \u{1} \u{e9}\u{20ac}\u{1f600} %s \\n $(id) end\n";
    let server = Server::giving(vec![OK]);
    let mut arguments = vec!["--status", "degraded", "--message", message];
    arguments.extend([
        "--metadata",
        "{\"disk\":\n 0.5, \"path\": \"C:\\\\\"}",
        "--duration-ms=007",
    ]);
    arguments.extend(["--header", "X-Proxy: let \"me\" in\\", "--quiet"]);
    let output = bench.send(&server, &arguments);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    let asked = server.asked().remove(0);
    let expected = json!({"serviceId": "api", "status": "degraded", "message": message,
        "durationMs": 7, "metadata": {"disk": 0.5, "path": "C:\\"}});
    assert_eq!(serde_json::from_str::<Value>(&asked.body).expect("JSON"), expected);
    assert!(asked.head.starts_with("post /api/heartbeat http/1.1\r\n"), "{}", asked.head);
    assert!(asked.exact_head.contains(&format!("Authorization: Bearer {KEY}\r\n")));
    assert!(asked.exact_head.contains("X-Proxy: let \"me\" in\\\r\n"), "{}", asked.exact_head);
    assert!(asked.head.contains("content-type: application/json\r\n"));
    assert_eq!(asked.senders.iter().filter(|line| line.contains("fl_q")).count(), 0);
    assert_eq!(asked.senders.iter().filter(|line| line.contains("let \"me\"")).count(), 0);
    assert_eq!(asked.senders.iter().filter(|line| line.contains("say \"hi\"")).count(), 0);
    assert!(
        !Path::new("/proc/self/comm").exists() || !asked.senders.is_empty(),
        "a sender was looked at"
    );
    let batches = [
        (&["--service", "b, c"][..], json!({"services": ["api", "b", "c"]})),
        (
            &["--service=b", "--status", "down"],
            json!({"services": [{"serviceId": "api", "status": "down"}, {"serviceId": "b", "status": "down"}]}),
        ),
    ];
    for (arguments, expected) in batches {
        bench.send(&server, arguments);
        let body = server.asked().pop().expect("asked").body;
        assert_eq!(serde_json::from_str::<Value>(&body).expect("JSON"), expected);
    }
}

macro_rules! each_shell_and_sender {
    ($($name:ident: $shell:literal, $sender:literal;)*) => {$(
        mod $name {
            #[test]
            fn judges_answers() {
                super::answers($shell, $sender);
            }
            #[test]
            fn sends_what_was_meant() {
                super::content($shell, $sender);
            }
        }
    )*};
}

each_shell_and_sender! {
    dash_curl: "dash", "curl";
    dash_wget: "dash", "wget";
    bash_curl: "bash", "curl";
    bash_wget: "bash", "wget";
    busybox_curl: "busybox sh", "curl";
    busybox_wget: "busybox sh", "wget";
}

#[test]
fn bytes_that_are_no_utf_8_do_not_refuse_a_heartbeat() {
    use std::os::unix::ffi::OsStrExt;
    let Some(bench) = bench("sh", "curl") else { return };
    let server = Server::giving(vec![OK]);
    let script =
        "exec \"$0\" \"$1\" --url \"$2\" --service a --message \"$(printf 'a\\377b\\303\\050c')\"";
    let client =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../heartbeat-clients/heartbeat-client.sh");
    let status = Command::new(&bench.shell[0])
        .args(["-c", script, &bench.shell[0]])
        .arg(std::ffi::OsStr::from_bytes(client.as_os_str().as_bytes()))
        .arg(&server.url)
        .status()
        .expect("the shell starts");
    assert!(status.success());
    let body: Value = serde_json::from_str(&server.asked()[0].body).expect("JSON");
    assert_eq!(body["message"], "a\u{fffd}b\u{fffd}(c");
}

#[test]
fn a_dry_run_shows_all_but_secrets_and_sends_nothing() {
    let Some(bench) = bench("sh", "curl") else { return };
    let server = Server::giving(vec![OK]);
    let output =
        bench.send(&server, &["--dry-run", "--header", "X-Proxy: secret", "--status", "up"]);
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let expected = format!(
        "POST {}/api/heartbeat\nContent-Type: application/json\nX-Proxy: ***\n\
         Authorization: Bearer ***\n\n{{\"serviceId\":\"api\",\"status\":\"up\"}}\n",
        server.url
    );
    assert_eq!(shown, expected);
    assert!(server.asked().is_empty());
}

#[test]
fn a_key_file_may_be_the_header_file_that_flatline_writes() {
    let Some(bench) = bench("sh", "curl") else { return };
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

#[test]
fn wrong_usage_is_told_in_one_line_and_exits_with_2() {
    let Some(bench) = bench("sh", "curl") else { return };
    let here = ["--url", "http://127.0.0.1:9", "--service", "a"];
    let rows: [(&[&str], &str); 9] = [
        (&["--service", "a"], "no address"),
        (&["--url", "127.0.0.1:8080", "--service", "a"], "http://"),
        (&here[..2], "no service"),
        (&[&here[..], &["--jitter", "soon"]].concat(), "whole number"),
        (&[&here[..], &["--timeout", "0"]].concat(), "at least 1"),
        (&[&here[..], &["--metadata", "[1]"]].concat(), "JSON object"),
        (&[&here[..], &["--header", "no colon"]].concat(), "Name: value"),
        (&[&here[..], &["--status"]].concat(), "needs a value"),
        (&[&here[..], &["extra"]].concat(), "unknown argument"),
    ];
    for (arguments, says) in rows {
        let output = bench.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_wget_that_cannot_hide_the_key_is_not_used() {
    let (Some(bench), Some(busybox)) = (bench("sh", "wget"), installed("busybox")) else { return };
    std::fs::remove_file(bench.path.join("wget")).expect("a link");
    std::os::unix::fs::symlink(busybox, bench.path.join("wget")).expect("a link");
    let output = bench.run(&["--url", "http://127.0.0.1:9", "--service", "a"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("needs curl or GNU wget"), "{}", stderr(&output));
}
