use flatline_shared::http::ApiError;

use super::*;
use crate::fixture::{HOUR_MS, NOW, configured};

fn sentence_of<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_limit_is_a_whole_number_and_never_more_than_is_answered() {
    for (sentence, query, expected) in [
        ("none", "", None),
        ("as asked", "limit=5", Some(5)),
        ("nothing is asked for", "limit=0", Some(0)),
        ("as much as there may be", "limit=1000", Some(1_000)),
        ("more is as much as that", "limit=1001", Some(1_000)),
        ("far more than fits into a number", "limit=99999999999999999999999", Some(1_000)),
        ("an empty one is none", "limit=", None),
        ("the first of two counts", "limit=3&limit=abc", Some(3)),
        ("encoded digits are digits", "limit=%31%30", Some(10)),
    ] {
        assert_eq!(Query::parse(query).limit().unwrap(), expected, "{sentence}");
    }
}

#[test]
fn what_is_no_limit_is_refused() {
    for query in
        ["limit=-1", "limit=abc", "limit=1.5", "limit=1e2", "limit=NaN", "limit=+5", "limit=%2B5"]
    {
        assert_eq!(
            sentence_of(Query::parse(query).limit()),
            "limit must be a whole number from 0; at most 1000 are answered",
            "{query}"
        );
    }
}

#[test]
fn hours_are_a_number_up_to_a_year_or_no_limit() {
    for (sentence, query, expected) in [
        ("none", "", None),
        ("a day", "hours=24", Some(24.0)),
        ("half an hour", "hours=0.5", Some(0.5)),
        ("no limit", "hours=0", Some(0.0)),
        ("a leap year", "hours=8784", Some(8_784.0)),
        ("the first of two counts", "hours=1&hours=2", Some(1.0)),
    ] {
        assert_eq!(Query::parse(query).hours().unwrap(), expected, "{sentence}");
    }
}

#[test]
fn what_is_no_number_of_hours_is_refused() {
    for query in [
        "hours=abc",
        "hours=-1",
        "hours=8784.1",
        "hours=1e300",
        "hours=NaN",
        "hours=inf",
        "hours=+1",
    ] {
        assert_eq!(
            sentence_of(Query::parse(query).hours()),
            "hours must be a number of hours up to 8784, or 0 for no limit",
            "{query}"
        );
    }
}

#[test]
fn since_is_an_instant_of_any_zone() {
    for (sentence, query, expected) in [
        ("none", "", None),
        ("UTC", "since=2026-11-22T12:00:00Z", Some(NOW)),
        ("another zone", "since=2026-11-22T21:30:00%2B09:30", Some(NOW)),
        ("its plus was not encoded", "since=2026-11-22T21:30:00+09:30", Some(NOW)),
        ("west of UTC", "since=2026-11-22T04:00:00-08:00", Some(NOW)),
        ("milliseconds", "since=1795348800000", Some(NOW)),
        ("with a fraction", "since=2026-11-22T12:00:00.041Z", Some(NOW.plus_ms(41))),
        ("colons may be encoded", "since=2026-11-22T12%3A00%3A00Z", Some(NOW)),
        ("before 1970", "since=-5", Some(UnixMs(-5))),
    ] {
        assert_eq!(Query::parse(query).since().unwrap(), expected, "{sentence}");
    }
}

#[test]
fn what_is_no_instant_is_refused() {
    for query in [
        "since=yesterday",
        "since=2026-11-22T12:00:00",
        "since=2026-11-22",
        "since=2026-11-22+09:30",
        "since=2026-13-22T12:00:00Z",
        "since=1e300",
        "since=NaN",
        "since=1795348800000.5",
        "since=99999999999999999999",
    ] {
        assert_eq!(
            sentence_of(Query::parse(query).since()),
            "since must be a time as in RFC 3339 with an offset, such as 2026-11-22T12:00:00Z, or \
             in milliseconds since 1970",
            "{query}"
        );
    }
}

#[test]
fn a_service_is_named_by_its_exact_id() {
    let services = r#"{"services":[{"id":"a b"},{"id":"ü+"}]}"#;
    let config = configured([("services.json", services)], &[]);
    for (sentence, query, expected) in [
        ("a plus is a space", "serviceId=a+b", "a b"),
        ("so is %20", "serviceId=a%20b", "a b"),
        ("%2B is a plus", "serviceId=%C3%BC%2B", "ü+"),
        ("the first of two counts", "serviceId=a+b&serviceId=nope", "a b"),
        ("the name may be encoded too", "service%49d=a+b", "a b"),
    ] {
        let query = Query::parse(query);
        let found = query.service(&config).unwrap_or_else(|error| panic!("{sentence}: {error}"));
        assert_eq!(found.spec.id, expected, "{sentence}");
    }
    for (query, expected) in [
        ("", "serviceId parameter required"),
        ("serviceId=", "serviceId parameter required"),
        ("serviceid=a+b", "serviceId parameter required"),
        ("serviceId=A+B", "Unknown serviceId"),
        ("serviceId=%FF", "Unknown serviceId"),
        ("serviceId=&serviceId=a+b", "serviceId parameter required"),
    ] {
        assert_eq!(sentence_of(Query::parse(query).service(&config)), expected, "{query}");
    }
}

#[test]
fn so_many_hours_ago_is_an_instant() {
    assert_eq!(hours_ago(NOW, 1.0), NOW.plus_ms(-HOUR_MS));
    assert_eq!(hours_ago(NOW, 0.5), NOW.plus_ms(-HOUR_MS / 2));
    assert_eq!(hours_ago(NOW, 0.0), UnixMs(0));
}
