//! What receivers may answer, and what becomes of the message: one process for each vendor, one
//! channel for each answer.

use anyhow::{Result, ensure};
use flatline_harness::receiver::{Received, Reply};
use flatline_harness::vendors::Vendor;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};

use super::hall::Hall;
use super::verdicts::{Expected, SOON, judge};
use crate::site::clock;

/// Where redirects lead.
const TRAP: &str = "trap";

/// After two minutes, that were asked for.
const TWO_MINUTES: std::ops::Range<i64> = 119_000..180_000;
/// After the longest time that may be asked for.
const AN_HOUR: std::ops::Range<i64> = 3_600_000..3_700_000;

/// An answer, made when it is due, and what it leads to.
struct Case {
    name: &'static str,
    answer: Box<dyn FnMut(&Received) -> Reply + Send>,
    expected: Expected,
}

fn case(
    name: &'static str,
    expected: Expected,
    mut answer: impl FnMut() -> Reply + Send + 'static,
) -> Case {
    Case { name, answer: Box::new(move |_| answer()), expected }
}

/// 429 with this header.
fn limited(header: &str, value: &str) -> Reply {
    Reply::status(429).header(header, value)
}

/// Seconds from 1970 to two minutes from now.
fn in_two_minutes_s() -> i64 {
    clock().now().plus_ms(120_000).0 / 1_000
}

fn http_date(at_s: i64) -> String {
    let at = Timestamp::from_second(at_s).unwrap_or_default();
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

fn says(status: u16, body: &Value) -> Reply {
    Reply::status(status).header("content-type", "application/json").body(body.to_string())
}

/// What every server may answer.
fn by_any(vendor: Vendor, trap: &str) -> Vec<Case> {
    let after = |value: &'static str| move || limited("retry-after", value);
    let to = |status: u16| {
        let trap = trap.to_owned();
        move || Reply::status(status).header("location", &trap)
    };
    let not_followed = Expected::Dead("redirects are not followed");
    vec![
        patient(vendor),
        case("seconds", Expected::Waits(TWO_MINUTES, "HTTP 429"), after("120")),
        case("date", Expected::Waits(TWO_MINUTES, "HTTP 429"), || {
            limited("retry-after", &http_date(in_two_minutes_s()))
        }),
        case("negative", Expected::Waits(SOON, "HTTP 429"), after("-120")),
        case("huge", Expected::Waits(AN_HOUR, "HTTP 429"), after("31536000")),
        case("garbage", Expected::Waits(SOON, "HTTP 429"), after("tomorrow")),
        case("busy", Expected::Waits(TWO_MINUTES, "HTTP 503"), || {
            Reply::status(503).header("retry-after", "120")
        }),
        case("broken", Expected::Waits(SOON, "HTTP 502"), || {
            Reply::status(502).body("<html>Bad Gateway</html>")
        }),
        case("unauthorized", Expected::Dead("HTTP 401"), || Reply::status(401)),
        case("gone", Expected::Dead("HTTP 410: the receiver is gone"), || Reply::status(410)),
        case("redirect", Expected::Waits(SOON, "HTTP 302"), to(302)),
        case("moved", not_followed, to(308)),
        case("reset", Expected::Waits(SOON, "sending to 127.0.0.1 failed"), Reply::reset),
        case("hangs-up", Expected::Waits(SOON, "sending to 127.0.0.1 failed"), Reply::hang_up),
        case("hangs", Expected::Waits(SOON, "sending to 127.0.0.1 took too long"), Reply::hang),
    ]
}

/// Asks to come again in seven seconds, which is later than anybody would by themselves, and accepts.
fn patient(vendor: Vendor) -> Case {
    let mut is_first = true;
    let answer = move |request: &Received| {
        if std::mem::take(&mut is_first) {
            return limited("retry-after", "7");
        }
        vendor.rule(request).unwrap_or_else(|refusal| refusal.reply)
    };
    Case { name: "patient", answer: Box::new(answer), expected: Expected::Later(7_000) }
}

async fn answered(vendor: Vendor, own: Vec<Case>) -> Result<()> {
    let mut hall = Hall::open("API", 3_600).await?.variable("REQUEST_TIMEOUT", "5000");
    hall.server.seat(TRAP, vendor);
    let cases: Vec<Case> = by_any(vendor, &hall.server.url(TRAP)).into_iter().chain(own).collect();
    let mut expected = Vec::new();
    for Case { name, mut answer, expected: verdict } in cases {
        let mut is_first = true;
        hall.server.seat_with(name, move |request| {
            // What the vendor would refuse is refused, so that no answer hides a bad request.
            if std::mem::take(&mut is_first) {
                vendor.rule(request)?;
            }
            Ok(answer(request))
        });
        hall = hall.with_channel(vendor, name)?;
        expected.push((name, verdict));
    }
    let show = hall.start().await?;
    show.goes_down().await?;
    let books = show.books().await?;
    let mut wrong = Vec::new();
    for (name, expected) in &expected {
        wrong.extend(judge(&books, name, || show.tried_at(name), expected).await.err());
        let broken = show.server.visits(name).into_iter().find_map(|visit| visit.broken);
        wrong.extend(broken.map(|rule| anyhow::anyhow!("{name}: the vendor refuses: {rule}")));
    }
    ensure!(wrong.is_empty(), "{wrong:#?}\n{}", show.flatline.output());
    ensure!(show.server.visits(TRAP).is_empty(), "a redirect was followed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn discord_may_answer() -> Result<()> {
    let limited = |wait: Value| {
        move || says(429, &json!({"message": "You are being rate limited.", "retry_after": wait}))
    };
    let deleted = json!({"message": "Unknown Webhook", "code": 10015});
    let invalid = json!({"message": "Invalid Form Body", "code": 50035});
    answered(
        Vendor::Discord,
        vec![
            case(
                "fraction",
                Expected::Waits(TWO_MINUTES, "HTTP 429: You are being rate limited."),
                limited(json!(119.65)),
            ),
            case("field-negative", Expected::Waits(SOON, "HTTP 429"), limited(json!(-3))),
            case("field-huge", Expected::Waits(AN_HOUR, "HTTP 429"), limited(json!(1e300))),
            case("field-garbage", Expected::Waits(SOON, "HTTP 429"), limited(json!("soon"))),
            case("deleted", Expected::Dead("deleted"), move || says(404, &deleted)),
            case("invalid", Expected::Dead("Invalid Form Body"), move || says(400, &invalid)),
            case("empty", Expected::Delivered, || Reply::status(204)),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_may_answer() -> Result<()> {
    let says = |status: u16, word: &'static str| move || Reply::status(status).body(word);
    answered(
        Vendor::Slack,
        vec![
            case("ok", Expected::Delivered, says(200, "ok")),
            case("error", Expected::Waits(SOON, "HTTP 200"), says(200, r#"{"ok":false}"#)),
            case("page", Expected::Waits(SOON, "HTTP 200"), says(200, "<html>Sign in</html>")),
            case(
                "archived",
                Expected::Dead("channel_is_archived"),
                says(410, "channel_is_archived"),
            ),
            case("prohibited", Expected::Dead("action_prohibited"), says(403, "action_prohibited")),
            case("revoked", Expected::Dead("no_service"), says(404, "no_service")),
            case(
                "rollup",
                Expected::Waits(SOON, "HTTP 500: rollup_error"),
                says(500, "rollup_error"),
            ),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_may_answer() -> Result<()> {
    let fails = |status: u16, code: u16, description: &str, parameters: Value| {
        let body = json!({
            "ok": false, "error_code": code, "description": description, "parameters": parameters,
        });
        move || says(status, &body)
    };
    let wait = |wait: Value| fails(429, 429, "Too Many Requests", json!({"retry_after": wait}));
    let blocked = "Forbidden: bot was blocked by the user";
    let parameters = json!({"migrate_to_chat_id": -1_009_876_543_210_i64});
    let moved = fails(400, 400, "Bad Request: group chat was upgraded", parameters);
    answered(
        Vendor::Telegram,
        vec![
            case(
                "field",
                Expected::Waits(TWO_MINUTES, "HTTP 429: Too Many Requests"),
                wait(json!(120)),
            ),
            case("field-negative", Expected::Waits(SOON, "HTTP 429"), wait(json!(-120))),
            case("field-huge", Expected::Waits(AN_HOUR, "HTTP 429"), wait(json!(1_000_000))),
            case("no-chat", Expected::Dead("chat not found"), {
                fails(400, 400, "Bad Request: chat not found", Value::Null)
            }),
            case("blocked", Expected::Dead(blocked), fails(200, 403, blocked, Value::Null)),
            case("unsaid", Expected::Waits(SOON, "HTTP 200"), || says(200, &json!({"ok": false}))),
            Case {
                name: "moves",
                expected: Expected::Delivered,
                answer: Box::new(move |request| {
                    if request.json["chat_id"] == "-1009876543210" {
                        says(200, &json!({"ok": true}))
                    } else {
                        moved()
                    }
                }),
            },
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn mailgun_may_answer() -> Result<()> {
    let message =
        |status: u16, message: &'static str| move || says(status, &json!({"message": message}));
    answered(
        Vendor::Mailgun,
        vec![
            case("queued", Expected::Delivered, || {
                says(200, &json!({"id": "<1@mg.example.com>", "message": "Queued."}))
            }),
            case("page", Expected::Waits(SOON, "HTTP 200"), message(200, "Queued. Thank you.")),
            case("region", Expected::Dead("Domain not found"), message(404, "Domain not found: x")),
            case(
                "invalid",
                Expected::Dead("to parameter"),
                message(400, "to parameter is missing"),
            ),
            case("large", Expected::Dead("HTTP 413"), message(413, "Request Entity Too Large")),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn ses_may_answer() -> Result<()> {
    let fails = |status: u16, kind: &'static str| {
        move || {
            let told = says(status, &json!({"message": "in words of SES"}));
            told.header("x-amzn-errortype", kind)
        }
    };
    let suspended = json!({"__type": "com.amazonaws.ses#AccountSuspendedException"});
    let suspended = move || says(400, &suspended);
    answered(
        Vendor::Ses,
        vec![
            case("sent", Expected::Delivered, || says(200, &json!({"MessageId": "1"}))),
            case(
                "throttled",
                Expected::Waits(SOON, "TooManyRequestsException: in words of SES"),
                fails(429, "TooManyRequestsException"),
            ),
            case(
                "spent",
                Expected::Waits(SOON, "HTTP 400: LimitExceededException"),
                fails(400, "LimitExceededException"),
            ),
            case("expired", Expected::Waits(SOON, "HTTP 403"), fails(403, "ExpiredTokenException")),
            case("rejected", Expected::Dead("MessageRejected: in words of SES"), {
                fails(400, "MessageRejected:http://internal.amazon.com/")
            }),
            case("suspended", Expected::Dead("AccountSuspendedException"), suspended),
            case("signature", Expected::Dead("SignatureDoesNotMatchException"), {
                fails(403, "SignatureDoesNotMatchException")
            }),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn pushover_may_answer() -> Result<()> {
    let resets = |at_s: fn() -> i64| move || limited("x-limit-app-reset", &at_s().to_string());
    let fails = |status: u16, error: &'static str| {
        move || says(status, &json!({"status": 0, "errors": [error]}))
    };
    answered(
        Vendor::Pushover,
        vec![
            case("spent", Expected::Waits(TWO_MINUTES, "HTTP 429"), resets(in_two_minutes_s)),
            case("spent-before", Expected::Waits(SOON, "HTTP 429"), resets(|| 1)),
            case("spent-for-long", Expected::Waits(AN_HOUR, "HTTP 429"), resets(|| i64::MAX)),
            case("error", Expected::Dead("user key is invalid"), fails(200, "user key is invalid")),
            case("token", Expected::Dead("token is invalid"), fails(400, "token is invalid")),
            case("page", Expected::Waits(SOON, "HTTP 200"), || Reply::status(200).body("<html>")),
            case("taken", Expected::Delivered, || says(200, &json!({"status": 1}))),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn pagerduty_may_answer() -> Result<()> {
    let invalid = |status: u16| {
        let body = json!({"status": "invalid event", "errors": ["'source' is missing"]});
        move || says(status, &body)
    };
    answered(
        Vendor::PagerDuty,
        vec![
            case("taken", Expected::Delivered, || says(202, &json!({"status": "success"}))),
            case("invalid", Expected::Dead("'source' is missing"), invalid(400)),
            case("error", Expected::Dead("'source' is missing"), invalid(200)),
            case("throttled", Expected::Waits(SOON, "HTTP 429: throttle exceeded"), || {
                says(429, &json!({"status": "throttle exceeded"}))
            }),
        ],
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_may_answer() -> Result<()> {
    let says = |status: u16| move || Reply::status(status).body(r#"{"error": "of its own"}"#);
    answered(
        Vendor::Webhook,
        vec![
            case("taken", Expected::Delivered, says(202)),
            case("error", Expected::Delivered, says(200)),
            case("gave-up", Expected::Waits(SOON, "HTTP 408: of its own"), says(408)),
            case("early", Expected::Waits(SOON, "HTTP 425"), says(425)),
            case("unprocessable", Expected::Dead("HTTP 422: of its own"), says(422)),
            case("missing", Expected::Dead("HTTP 404"), says(404)),
        ],
    )
    .await
}
