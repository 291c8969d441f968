use flatline_domain::{ServiceRecord, Status, UnixMs};
use flatline_shared::http::Reader;
use flatline_shared::store::LogEntry;
use serde_json::{Value, json};

use super::{Heard, LogsAnswer};
use crate::fixture::{HOUR_MS, NOW, record, service};

fn row(ago_ms: i64, status: Option<&str>, message: &str) -> LogEntry {
    LogEntry {
        at: NOW.plus_ms(-ago_ms),
        status: status.map(str::to_owned),
        message: Some(message.to_owned()),
        metadata: Some(json!({"host": "db-1"})),
        duration_ms: Some(41),
        source: "api".to_owned(),
    }
}

/// A record whose ring has these times, newest first.
fn heard_at(ago_ms: &[i64]) -> ServiceRecord {
    let ring = ago_ms.iter().map(|ms| NOW.plus_ms(-ms)).collect();
    ServiceRecord { ring, ..record(&service("api", "API"), Status::Up, HOUR_MS, 0) }
}

fn answer(
    record: &ServiceRecord,
    rows: &[LogEntry],
    since: Option<UnixMs>,
    limit: usize,
    reader: Reader,
) -> Value {
    let heard = Heard { record: Some(record), rows, since };
    serde_json::to_value(LogsAnswer::of("api", &heard, limit, reader)).unwrap()
}

#[test]
fn plain_heartbeats_stand_between_those_with_content_and_none_is_there_twice() {
    let record = heard_at(&[1_000, 2_000, 2_000, 3_000]);
    let rows = [row(2_000, Some("WARN"), "slow"), row(9_000, None, "hello")];
    let expected = json!({
        "serviceId": "api",
        "logs": [
            {"timestamp": "2026-11-22T11:59:59.000Z", "status": "up"},
            {
                "timestamp": "2026-11-22T11:59:58.000Z", "status": "degraded",
                "statusSent": "WARN", "message": "slow", "metadata": {"host": "db-1"},
                "durationMs": 41, "source": "api",
            },
            {"timestamp": "2026-11-22T11:59:57.000Z", "status": "up"},
            {
                "timestamp": "2026-11-22T11:59:51.000Z", "status": "up", "message": "hello",
                "metadata": {"host": "db-1"}, "durationMs": 41, "source": "api",
            },
        ],
        "count": 4,
    });
    assert_eq!(answer(&record, &rows, None, 100, Reader::Full), expected);
}

#[test]
fn whoever_may_not_read_all_sees_times_and_statuses_only() {
    let record = heard_at(&[1_000, 2_000]);
    let rows = [row(2_000, Some("on fire"), "secret"), row(3_000, Some("FAILED"), "secret")];
    let expected = json!({
        "serviceId": "api",
        "logs": [
            {"timestamp": "2026-11-22T11:59:59.000Z", "status": "up"},
            {"timestamp": "2026-11-22T11:59:58.000Z", "status": "up"},
            {"timestamp": "2026-11-22T11:59:57.000Z", "status": "down"},
        ],
        "count": 3,
        "contentHidden": true,
    });
    assert_eq!(answer(&record, &rows, None, 100, Reader::Public), expected);
}

#[test]
fn limit_and_since_count_both_kinds() {
    let record = heard_at(&[1_000, 2_000, 3_000]);
    let rows = [row(1_500, None, "a"), row(2_500, None, "b")];
    let since = |ago_ms: i64| Some(NOW.plus_ms(-ago_ms));
    for (sentence, since, limit, expected) in [
        ("all", None, 10, 5),
        ("the newest three", None, 3, 3),
        ("nothing is asked for", None, 0, 0),
        ("newer than a plain one", since(2_000), 10, 2),
        ("newer than one with content", since(2_500), 10, 3),
        ("both", since(2_500), 2, 2),
        ("in the future", since(-1), 10, 0),
    ] {
        let answer = answer(&record, &rows, since, limit, Reader::Full);
        assert_eq!(answer["count"], expected, "{sentence}");
        assert_eq!(answer["logs"].as_array().unwrap().len(), expected, "{sentence}");
    }
}

#[test]
fn a_service_that_was_never_heard_has_an_empty_log() {
    let heard = Heard { record: None, rows: &[], since: None };
    let answer = LogsAnswer::of("api", &heard, 100, Reader::Full);
    let expected = json!({"serviceId": "api", "logs": [], "count": 0});
    assert_eq!(serde_json::to_value(answer).unwrap(), expected);
}

#[test]
fn an_answer_is_never_larger_than_what_lambda_hands_on() {
    let loud = "\"".repeat(8_000);
    let rows: Vec<_> = (0..1_000).map(|ago_ms| row(ago_ms, None, &loud)).collect();
    let heard = Heard { record: None, rows: &rows, since: None };
    let answer = LogsAnswer::of("api", &heard, 1_000, Reader::Full);
    assert!(answer.truncated && answer.count < 1_000 && answer.count == answer.logs.len());
    assert_eq!(answer.logs[0].timestamp, "2026-11-22T12:00:00.000Z", "the newest are there");
    let body = serde_json::to_string(&answer).unwrap();
    let envelope = serde_json::to_string(&body).unwrap();
    assert!((5_000_000..6_000_000).contains(&envelope.len()), "{} bytes", envelope.len());

    let times_only = LogsAnswer::of("api", &heard, 1_000, Reader::Public);
    assert!(!times_only.truncated && times_only.count == 1_000);
}
