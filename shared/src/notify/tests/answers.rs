//! What vendors answer, and what that means.

use http::HeaderMap;

use super::fixture::{NOW, channel, config};
use crate::notify::{Answer, Verdict, format};

type Row = (u16, &'static [(&'static str, &'static str)], &'static str, Verdict, &'static str);

fn permanent(reason: &str) -> Verdict {
    Verdict::Permanent { reason: reason.to_owned() }
}

fn retry(reason: &str) -> Verdict {
    Verdict::Retry { after_ms: None, reason: reason.to_owned() }
}

fn limited(after_ms: i64, reason: &str) -> Verdict {
    Verdict::RateLimited { after_ms: Some(after_ms), reason: reason.to_owned() }
}

fn unsaid(reason: &str) -> Verdict {
    Verdict::RateLimited { after_ms: None, reason: reason.to_owned() }
}

/// Success without an acceptance.
const UNCONFIRMED: &str = "HTTP 200, but not with the words of an acceptance";

/// What a proxy on the way may say.
fn page() -> Row {
    let html = &[("content-type", "text/html")];
    (200, html, "<html>Sign in</html>", retry(UNCONFIRMED), "a proxy's page")
}

fn judge(name: &str, rows: &[Row]) {
    let config = config();
    let format = format(channel(&config, name).kind).unwrap();
    for (status, sent, body, verdict, what) in rows {
        let mut headers = HeaderMap::new();
        for (name, value) in *sent {
            headers.insert(*name, value.parse().unwrap());
        }
        let answer = Answer { status: *status, headers, body: body.as_bytes().to_vec().into() };
        assert_eq!((format.judge)(&answer, NOW), *verdict, "{name}: {what}: {status} {body}");
    }
}

#[test]
fn discord() {
    judge(
        "discord",
        &[
            page(),
            (200, &[], r#"{"id": "1"}"#, Verdict::Delivered, "wait=true answers the message"),
            (204, &[], "", Verdict::Delivered, "without wait"),
            (
                429,
                &[],
                r#"{"message": "You are being rate limited.", "retry_after": 0.65, "global": false}"#,
                limited(650, "HTTP 429: You are being rate limited."),
                "a fraction of a second",
            ),
            (
                429,
                &[("retry-after", "2")],
                r#"{"retry_after": 1.5}"#,
                limited(2_000, "HTTP 429"),
                "the longer of both",
            ),
            (
                429,
                &[("retry-after", "1")],
                r#"{"retry_after": 64.0}"#,
                limited(64_000, "HTTP 429"),
                "the longer of both",
            ),
            (429, &[], r#"{"retry_after": -1}"#, unsaid("HTTP 429"), "negative"),
            (429, &[], r#"{"retry_after": 1e300}"#, limited(3_600_000, "HTTP 429"), "huge"),
            (429, &[], r#"{"retry_after": "soon"}"#, unsaid("HTTP 429"), "garbage"),
            (429, &[], "<html>", unsaid("HTTP 429"), "no JSON"),
            (
                404,
                &[],
                r#"{"message": "Unknown Webhook", "code": 10015}"#,
                permanent("HTTP 404: the webhook was deleted"),
                "deleted",
            ),
            (
                401,
                &[],
                r#"{"message": "Invalid Webhook Token", "code": 50027}"#,
                permanent("HTTP 401: Invalid Webhook Token"),
                "a wrong token",
            ),
            (400, &[], r#"{"embeds": ["0"]}"#, permanent("HTTP 400"), "a body it does not like"),
            (502, &[], "", retry("HTTP 502"), "its trouble"),
        ],
    );
}

#[test]
fn slack() {
    judge(
        "slack",
        &[
            (200, &[], "ok", Verdict::Delivered, "its word"),
            (200, &[], "", Verdict::Delivered, "no word, from a compatible server"),
            (200, &[], r#"{"ok": true}"#, Verdict::Delivered, "as workflows say it"),
            (
                200,
                &[],
                r#"{"ok": false, "error": "x"}"#,
                retry(&format!("{UNCONFIRMED}: x")),
                "an error under 200",
            ),
            (200, &[], "<html>maintenance</html>", retry(UNCONFIRMED), "a page under 200"),
            (
                429,
                &[("retry-after", "30")],
                "rate_limited",
                limited(30_000, "HTTP 429: rate_limited"),
                "too many",
            ),
            (429, &[("retry-after", "-5")], "", unsaid("HTTP 429"), "negative"),
            (
                429,
                &[("retry-after", "Sun, 22 Nov 2026 10:53:23 GMT")],
                "",
                limited(60_000, "HTTP 429"),
                "a date",
            ),
            (
                400,
                &[],
                "invalid_payload",
                permanent("HTTP 400: invalid_payload"),
                "a body it does not like",
            ),
            (403, &[], "action_prohibited", permanent("HTTP 403: action_prohibited"), "forbidden"),
            (404, &[], "no_service", permanent("HTTP 404: no_service"), "revoked"),
            (
                410,
                &[],
                "channel_is_archived",
                permanent("HTTP 410: the receiver is gone: channel_is_archived"),
                "archived",
            ),
            (500, &[], "rollup_error", retry("HTTP 500: rollup_error"), "retryable"),
        ],
    );
}

#[test]
fn telegram() {
    let moved = Verdict::Moved { key: "CHATID", value: "-1001".to_owned() };
    judge(
        "telegram",
        &[
            (200, &[], r#"{"ok": true, "result": {}}"#, Verdict::Delivered, "accepted"),
            (
                200,
                &[],
                r#"{"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked"}"#,
                permanent("HTTP 403: Forbidden: bot was blocked"),
                "an error under 200",
            ),
            (200, &[], r#"{"ok": false}"#, retry(UNCONFIRMED), "an error without a code"),
            (200, &[], "<html>", retry(UNCONFIRMED), "a page under 200"),
            (
                429,
                &[],
                r#"{"ok": false, "parameters": {"retry_after": 17}}"#,
                limited(17_000, "HTTP 429"),
                "its own field",
            ),
            (
                429,
                &[],
                r#"{"ok": false, "parameters": {"retry_after": -3}}"#,
                unsaid("HTTP 429"),
                "negative",
            ),
            (
                400,
                &[],
                r#"{"ok": false, "description": "Bad Request: chat not found"}"#,
                permanent("HTTP 400: Bad Request: chat not found"),
                "no chat",
            ),
            (
                400,
                &[],
                r#"{"ok": false, "error_code": 400, "parameters": {"migrate_to_chat_id": -1001}}"#,
                moved,
                "a group became a supergroup",
            ),
            (
                401,
                &[],
                r#"{"ok": false, "description": "Unauthorized"}"#,
                permanent("HTTP 401: Unauthorized"),
                "a wrong token",
            ),
            (
                403,
                &[],
                r#"{"ok": false, "description": "Forbidden: bot was kicked"}"#,
                permanent("HTTP 403: Forbidden: bot was kicked"),
                "kicked",
            ),
            (502, &[], "", retry("HTTP 502"), "its trouble"),
        ],
    );
}

#[test]
fn pagerduty() {
    judge(
        "pagerduty",
        &[
            (
                202,
                &[],
                r#"{"status": "success", "dedup_key": "k"}"#,
                Verdict::Delivered,
                "accepted",
            ),
            page(),
            (202, &[], "", Verdict::Delivered, "accepted without a word"),
            (
                200,
                &[],
                r#"{"status": "invalid event", "errors": ["no routing key"]}"#,
                permanent("invalid event: no routing key"),
                "an error under 200",
            ),
            (
                400,
                &[],
                r#"{"status": "invalid event", "message": "Event object is invalid", "errors": ["Length of 'routing_key' is incorrect"]}"#,
                permanent("HTTP 400: Length of 'routing_key' is incorrect"),
                "refused",
            ),
            (
                400,
                &[],
                r#"{"message": "bad"}"#,
                permanent("HTTP 400: bad"),
                "refused without a list",
            ),
            (429, &[], r#"{"message": "throttled"}"#, unsaid("HTTP 429: throttled"), "too many"),
            (
                429,
                &[("retry-after", "30")],
                "",
                limited(30_000, "HTTP 429"),
                "too many, with a wait",
            ),
            (500, &[], "", retry("HTTP 500"), "its trouble"),
            (
                503,
                &[("retry-after", "99999999999")],
                "",
                Verdict::Retry { after_ms: Some(3_600_000), reason: "HTTP 503".to_owned() },
                "a huge wait is an hour",
            ),
        ],
    );
}

#[test]
fn pushover() {
    judge(
        "pushover",
        &[
            (200, &[], r#"{"status": 1, "request": "r"}"#, Verdict::Delivered, "accepted"),
            (
                200,
                &[],
                r#"{"status": 0, "errors": ["user key is invalid"]}"#,
                permanent("refused: user key is invalid"),
                "an error under 200",
            ),
            (200, &[], "<html>", retry(UNCONFIRMED), "a page under 200"),
            (
                400,
                &[],
                r#"{"status": 0, "errors": ["application token is invalid"]}"#,
                permanent("HTTP 400: application token is invalid"),
                "refused",
            ),
            (
                429,
                &[("x-limit-app-reset", "1795344843")],
                r#"{"status": 0}"#,
                limited(100_000, "HTTP 429"),
                "the month's messages are spent",
            ),
            (429, &[("x-limit-app-reset", "1")], "", unsaid("HTTP 429"), "a reset in the past"),
            (429, &[("x-limit-app-reset", "x")], "", unsaid("HTTP 429"), "garbage"),
            (429, &[("retry-after", "5")], "", limited(5_000, "HTTP 429"), "too many connections"),
            (500, &[], "", retry("HTTP 500"), "its trouble"),
        ],
    );
}

#[test]
fn email() {
    judge(
        "ses",
        &[
            (200, &[], r#"{"MessageId": "1"}"#, Verdict::Delivered, "SES accepted it"),
            (
                429,
                &[("x-amzn-errortype", "TooManyRequestsException")],
                r#"{"message": "Too many"}"#,
                unsaid("HTTP 429: TooManyRequestsException: Too many"),
                "too many",
            ),
            (
                400,
                &[("x-amzn-errortype", "LimitExceededException:http://x")],
                "{}",
                unsaid("HTTP 400: LimitExceededException"),
                "the day's quota is spent",
            ),
            (
                400,
                &[("x-amzn-errortype", "MessageRejected")],
                r#"{"message": "Email address is not verified."}"#,
                permanent("HTTP 400: MessageRejected: Email address is not verified."),
                "refused",
            ),
            (
                400,
                &[],
                r#"{"__type": "com.x#AccountSuspendedException", "message": "m"}"#,
                permanent("HTTP 400: AccountSuspendedException: m"),
                "suspended",
            ),
            (
                403,
                &[("x-amzn-errortype", "ExpiredTokenException")],
                "{}",
                retry("HTTP 403: ExpiredTokenException"),
                "the next run has other credentials",
            ),
            (
                401,
                &[("server", "nginx")],
                "Forbidden",
                permanent("HTTP 401"),
                "Mailgun: a wrong key",
            ),
            (
                404,
                &[("server", "nginx")],
                r#"{"message": "Domain not found: mg.example.com"}"#,
                permanent("HTTP 404: Domain not found: mg.example.com"),
                "Mailgun: the wrong region",
            ),
            page(),
            (200, &[], "250 queued", Verdict::Delivered, "SMTP: queued"),
            (503, &[], "451 greylisted", retry("451 greylisted"), "SMTP: later"),
            (400, &[], "550 no such user", permanent("550 no such user"), "SMTP: never"),
        ],
    );
}

#[test]
fn webhook() {
    judge(
        "webhook",
        &[
            (200, &[], r#"{"error": "of its own"}"#, Verdict::Delivered, "the status counts"),
            (503, &[], r#"{"error": "reindexing"}"#, retry("HTTP 503: reindexing"), "it says why"),
            (429, &[], r#"{"message": "slow down"}"#, unsaid("HTTP 429: slow down"), "and here"),
            (422, &[], r#"{"detail": "no id"}"#, permanent("HTTP 422: no id"), "and here"),
            (422, &[], r#"{"detail": [{"loc": "x"}]}"#, permanent("HTTP 422"), "no words"),
            (410, &[], "", permanent("HTTP 410: the receiver is gone"), "gone"),
            (502, &[], "<html>Bad Gateway</html>", retry("HTTP 502"), "a page says nothing"),
            (
                504,
                &[("retry-after", "9")],
                "",
                Verdict::Retry { after_ms: Some(9_000), reason: "HTTP 504".to_owned() },
                "with a wait",
            ),
        ],
    );
}
