use flatline_shared::store::FeedEntry;
use serde_json::json;

use super::{AlertsAnswer, Filter, Wanted};
use crate::fixture::{DAY_MS, HOUR_MS, NOW, configured};
use crate::query::Query;

const SERVICES: (&str, &str) = ("services.json", r#"{"services":[]}"#);

#[test]
fn what_is_not_asked_for_is_as_configured_and_never_more_than_is_kept() {
    let settings = r#"{"alertHistory":{"defaultRecentPeriodHours":2,"defaultLimit":7}}"#;
    let kept = r#"{"settings":{"alertHistory":{"maxAlerts":9,"maxAgeDays":3}}}"#;
    let ours = [SERVICES, ("settings.json", settings), ("notifications.json", kept)];
    let (ours, standard) = (configured(ours, &[]), configured([SERVICES], &[]));
    let untidy = r#"{"settings":{"alertHistory":{"cleanupOnAdd":false}}}"#;
    let untidy = configured([SERVICES, ("notifications.json", untidy)], &[]);
    for (sentence, config, query, ago_ms, limit, hours) in [
        ("a day and twenty", &standard, "", DAY_MS, 20, 24.0),
        ("as configured", &ours, "", 2 * HOUR_MS, 7, 2.0),
        ("as asked", &ours, "hours=1&limit=2", HOUR_MS, 2, 1.0),
        ("not more than is kept", &ours, "limit=100", 2 * HOUR_MS, 9, 2.0),
        ("nor older", &ours, "hours=0", 3 * DAY_MS, 7, 0.0),
        ("a week is kept", &standard, "hours=8784&limit=1000", 7 * DAY_MS, 100, 8_784.0),
        (
            "too old is too old without a clean-up",
            &untidy,
            "hours=0&limit=1000",
            7 * DAY_MS,
            100,
            0.0,
        ),
        ("newer than", &standard, "since=2026-11-22T11:00:00Z", HOUR_MS - 1, 20, 24.0),
        ("in another zone", &standard, "since=2026-11-23T01:00:00%2B14:00", HOUR_MS - 1, 20, 24.0),
        ("the period holds as well", &standard, "since=0", DAY_MS, 20, 24.0),
        ("so does the end", &standard, "since=2026-11-22T13:00:00Z", -HOUR_MS - 1, 20, 24.0),
    ] {
        let wanted = Wanted::of(&Query::parse(query), config, NOW).unwrap();
        let from = NOW.plus_ms(-ago_ms);
        let expected = Wanted { from, limit, hours, read: limit, filter: Filter::default() };
        assert_eq!(wanted, expected, "{sentence}");
    }
}

#[test]
fn an_entry_has_the_keys_of_the_replaced_system() {
    let wanted = Wanted { from: NOW, limit: 20, hours: 24.0, read: 20, filter: Filter::default() };
    let entry = |id: &str, service_id: Option<&str>| FeedEntry {
        id: id.to_owned(),
        at: NOW,
        title: "Service Down: API".to_owned(),
        message: "API is down.".to_owned(),
        severity: "critical".to_owned(),
        source: "heartbeat-monitor".to_owned(),
        service_id: service_id.map(str::to_owned),
        status: service_id.map(|_| "down".to_owned()),
        muted: service_id.is_some(),
        ..FeedEntry::default()
    };
    let feed = vec![entry("api#2", Some("api")), entry("0f", None)];
    let expected = json!({
        "success": true,
        "alerts": [
            {
                "id": "api#2", "title": "Service Down: API", "message": "API is down.",
                "severity": "critical", "tone": "down",
                "source": "heartbeat-monitor", "timestamp": "2026-11-22T12:00:00.000Z", "read": false,
                "serviceId": "api", "status": "down", "muted": true,
            },
            {
                "id": "0f", "title": "Service Down: API", "message": "API is down.",
                "severity": "critical", "tone": "down",
                "source": "heartbeat-monitor", "timestamp": "2026-11-22T12:00:00.000Z", "read": false,
            },
        ],
        "count": 2,
        "periodHours": 24,
    });
    assert_eq!(serde_json::to_value(AlertsAnswer::of(feed, &wanted)).unwrap(), expected);
}

#[test]
fn what_is_asked_for_leaves_the_rest_out() {
    let config = configured([SERVICES], &[]);
    let entry =
        |id: &str, severity: &str, source: &str, status: &str, service: Option<&str>| FeedEntry {
            id: id.to_owned(),
            at: NOW,
            severity: severity.to_owned(),
            source: source.to_owned(),
            status: Some(status.to_owned()),
            service_id: service.map(str::to_owned),
            ..FeedEntry::default()
        };
    let feed = vec![
        entry("1", "critical", "heartbeat-monitor", "down", Some("api")),
        entry("2", "info", "heartbeat-monitor", "up", Some("web,1")),
        entry("3", "Critical", "Prometheus", "firing", None),
        entry("4", "Critical", "Prometheus", "resolved", None),
        entry("5", "warning", "Grafana, EU", "firing", None),
    ];
    for (query, expected) in [
        ("", &["1", "2", "3", "4", "5"][..]),
        ("severity=critical", &["1", "3", "4"]),
        ("severity=critical,Warning", &["1", "3", "4", "5"]),
        ("severity=info&severity=warning", &["2", "5"]),
        ("severity=nonsense", &[]),
        ("severity=", &["1", "2", "3", "4", "5"]),
        ("source=prometheus", &["3", "4"]),
        ("source=Grafana%2C+EU", &["5"]),
        ("status=firing", &["3", "5"]),
        ("status=resolved,up", &["2", "4"]),
        ("serviceId=api", &["1"]),
        ("serviceId=web%2C1", &["2"]),
        ("serviceId=API", &[]),
        ("source=prometheus&status=firing", &["3"]),
        ("severity=critical&limit=2", &["1", "3"]),
    ] {
        let wanted = Wanted::of(&Query::parse(query), &config, NOW).unwrap();
        let answer = AlertsAnswer::of(feed.clone(), &wanted);
        let ids: Vec<_> = answer.alerts.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, expected, "{query}");
        let all = if query.is_empty() || query == "severity=" { 20 } else { 100 };
        assert_eq!(wanted.read, all, "{query}: a filter looks at all that is kept");
    }
}
