//! A request that goes ahead of a message: the one that ends an emergency of Pushover.

use std::sync::{Arc, Mutex};

use flatline_shared::clock::Clock;
use flatline_shared::notify::{Answer, BoxFuture, Outgoing, SendError, Transport, format};
use serde_json::json;

use super::bench::{Bench, START, pause, webhook};
use super::secrets::speaking;
use crate::attempt::{Outcome, Pace, SEND_MS, attempt};

/// What becomes of the request that ends it.
#[derive(Clone, Copy, Debug)]
enum End {
    Says(u16, &'static str),
    Unreachable,
    Forbidden,
    Hangs,
    /// Both requests take so many ms.
    Slow(i64),
}

/// Remembers what it was asked for; takes every message.
struct Vendor {
    end: End,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

fn answer(status: u16, body: &'static str) -> Answer {
    Answer { status, headers: http::HeaderMap::new(), body: body.into() }
}

async fn answered(end: End, is_end: bool) -> Result<Answer, SendError> {
    match end {
        End::Slow(ms) => pause(ms).await,
        _ if !is_end => {}
        End::Says(status, body) => return Ok(answer(status, body)),
        End::Unreachable => return Err(SendError::Failed("connecting failed".to_owned())),
        End::Forbidden => return Err(SendError::Forbidden("not a public address".to_owned())),
        End::Hangs => std::future::pending().await,
    }
    Ok(answer(200, r#"{"status": 1}"#))
}

impl Transport for Vendor {
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        let is_end = request.http().unwrap().url.path().contains("/cancel_by_tag/");
        self.asked.lock().unwrap().push(if is_end { "end" } else { "message" });
        Box::pin(answered(self.end, is_end))
    }
}

#[tokio::test(start_paused = true)]
async fn a_recovery_waits_for_the_end_of_its_emergency_unless_that_is_refused() {
    let accepted = || Outcome::Accepted { answer: "HTTP 200".to_owned() };
    let failed = |error: &str, pace| {
        let error = error.to_owned();
        Outcome::Failed { error, after_ms: None, pace }
    };
    let waits = |why: &str| failed(&format!("ending the emergency: {why}"), Pace::Free);
    let both: &[&str] = &["end", "message"];
    let rows: [(&str, End, Outcome, &[&str]); 10] = [
        ("it is ended", End::Says(200, r#"{"status": 1}"#), accepted(), both),
        ("no such tag", End::Says(404, ""), accepted(), both),
        ("refused in words", End::Says(400, r#"{"errors": ["no, po-token"]}"#), accepted(), both),
        ("its trouble", End::Says(503, ""), waits("HTTP 503"), &["end"]),
        (
            "a page of a proxy",
            End::Says(200, "<html>"),
            waits("HTTP 200, but not with the words of an acceptance"),
            &["end"],
        ),
        (
            "too many",
            End::Says(429, ""),
            failed("ending the emergency: HTTP 429", Pace::Limited),
            &["end"],
        ),
        ("nobody is there", End::Unreachable, waits("connecting failed"), &["end"]),
        ("not allowed", End::Forbidden, accepted(), both),
        (
            "silence",
            End::Hangs,
            failed("sending to api.pushover.net took too long", Pace::Free),
            &["end"],
        ),
        (
            "both together take too long",
            End::Slow(SEND_MS * 2 / 3),
            failed("sending to api.pushover.net took too long", Pace::Free),
            both,
        ),
    ];
    let mut bench = Bench::with(json!([webhook("Hook")]), 0).await;
    bench.down("api").await;
    bench.up("api").await;
    let row = bench.app.store.queued("Hook").await.unwrap().pop().unwrap();
    assert_eq!(row.delivery.queued.committed_at, START);
    let mut channel =
        speaking(&bench, "pushover", &[("USERKEY", "po-user"), ("APITOKEN", "po-token")]);
    channel.options.insert("emergency".to_owned(), true.into());
    let format = format(channel.kind).unwrap();
    for (what, end, expected, requests) in rows {
        let asked = Arc::new(Mutex::new(Vec::new()));
        bench.app.transport = Arc::new(Vendor { end, asked: asked.clone() });
        let began_ms = bench.clock.monotonic_ms();
        let outcome = attempt(&bench.app, &channel, format, std::slice::from_ref(&row)).await;
        assert_eq!(outcome, expected, "{what}");
        assert_eq!(*asked.lock().unwrap(), requests, "{what}");
        assert!(bench.clock.monotonic_ms() - began_ms <= SEND_MS, "{what}: within the lease");
    }
}
