//! What each answer of a server makes a client do.

use crate::bench::{Bench, stderr};
use crate::each_client;
use crate::server::{Answer, Server};

const OK: Answer = Answer::Http(200, "", r#"{"success":true,"message":"Heartbeat received"}"#);
const REFUSED: Answer = Answer::Http(401, "", r#"{"success":false,"error":"Invalid API key"}"#);
const BUSY: Answer = Answer::Http(503, "", "busy");

each_client!(judges_answers, tries_again_where_nobody_listens);

/// One sentence, the answers, further arguments, exit code, requests, what stderr says.
type Row = (&'static str, Vec<Answer>, &'static [&'static str], i32, usize, &'static str);

/// What ends a heartbeat, and what does not.
fn endings() -> Vec<Row> {
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
            "a login page that answers 200 took no heartbeat",
            vec![http(200, "", "<html>please log in</html>")],
            &["--retry-for", "0"],
            3,
            1,
            "not one of Flatline's",
        ),
        (
            "a connection that is reset is tried again",
            vec![Answer::Reset, OK],
            &[],
            0,
            2,
            "trying again",
        ),
        (
            "an answer that is cut short is tried again",
            vec![Answer::Cut(200, "{\"succ"), OK],
            &[],
            0,
            2,
            "trying again",
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

/// What the server says of a heartbeat, in words.
fn words() -> Vec<Row> {
    let http = Answer::Http;
    vec![
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
            "a heartbeat that is refused says why, not that all are",
            vec![http(
                400,
                "",
                r#"{"code":"all-failed","error":"All heartbeats failed","message":"All heartbeats failed","results":[{"code":"unknown-service","error":"Unknown serviceId","serviceId":"b","success":false}],"success":false}"#,
            )],
            &[],
            1,
            1,
            "refused: 400 Unknown serviceId\n",
        ),
        (
            "of a batch each entry is named",
            vec![http(
                400,
                "",
                r#"{"code":"all-failed","error":"All heartbeats failed","message":"All heartbeats failed","results":[{"code":"unknown-service","error":"Unknown serviceId","serviceId":"b","success":false},{"code":"invalid-api-key","error":"Invalid API key","serviceId":"c","success":false}],"success":false}"#,
            )],
            &["--service", "b,c"],
            1,
            1,
            "refused: 400 All heartbeats failed\n  b: Unknown serviceId\n  c: Invalid API key\n",
        ),
        (
            "what the server warns of is told, even where nothing else is",
            vec![http(
                200,
                "",
                r#"{"message":"Heartbeat received","success":true,"warnings":["status \"dwon\" is unknown and counts as up","message was cut to 1024 bytes"]}"#,
            )],
            &["--quiet"],
            0,
            1,
            ": the server warns: status \"dwon\" is unknown and counts as up\nheartbeat-client",
        ),
        (
            "so is what it warns of an entry",
            vec![http(
                200,
                "",
                r#"{"results":[{"serviceId":"b","success":true,"warnings":["durationMs is none"]}],"success":true}"#,
            )],
            &["--quiet"],
            0,
            1,
            "the server warns: durationMs is none\n",
        ),
    ]
}

fn judges_answers(bench: &Bench) {
    for (sentence, answers, arguments, code, requests, says) in endings().into_iter().chain(words())
    {
        let server = Server::giving(answers);
        let output = bench.send(&server, &[&["--retry-for", "60"], arguments].concat());
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{sentence}: {said}");
        assert_eq!(server.asked().len(), requests, "{sentence}: {said}");
        assert!(said.contains(says), "{sentence}: {said}");
        assert!(!said.contains("fl_q"), "{sentence}: the key is told: {said}");
    }
}

fn tries_again_where_nobody_listens(bench: &Bench) {
    let nobody = "http://127.0.0.1:9";
    let output = bench.run(&["--url", nobody, "--service", "api", "--retry-for", "2"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("trying again"), "{}", stderr(&output));
}
