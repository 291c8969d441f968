use flatline_domain::Status;
use serde_json::{Value, json};

use super::StatusAnswer;
use crate::board::Board;
use crate::fixture::{DAY_MS, HOUR_MS, NOW, config, every_standing, record, service, swept};

#[test]
fn an_entry_has_the_keys_of_the_replaced_system_and_four_of_ours() {
    let mut api = service("api", "Production API");
    api.group = Some("core".to_owned());
    api.uptime_threshold_set = Some("strict".to_owned());
    let heard = record(&api, Status::Up, DAY_MS, 42_000);
    let config = config(vec![api], &[("core", "Core services")]);
    let swept = swept(vec![heard]);
    let answer = StatusAnswer::of(&Board::of(&config, &swept, NOW), "default");
    let expected = json!({"summary": {
        "timestamp": "2026-11-22T12:00:00.000Z",
        "totalServices": 1,
        "servicesUp": 1,
        "servicesDegraded": 0,
        "servicesDown": 0,
        "servicesUnknown": 0,
        "results": [{
            "serviceId": "api",
            "serviceName": "Production API",
            "status": "up",
            "lastSeen": "2026-11-22T11:59:18.000Z",
            "timeSinceLastHeartbeat": 42_000,
            "stalenessThreshold": 300_000,
            "timestamp": "2026-11-22T12:00:00.000Z",
            "groupId": "core",
            "groupName": "Core services",
            "uptimeThresholdSet": "strict",
            "statusSince": "2026-11-21T12:00:00.000Z",
            "reason": null,
            "late": false,
            "unreadable": false,
        }],
    }});
    assert_eq!(serde_json::to_value(answer).unwrap(), expected);
}

#[test]
fn a_service_that_was_never_heard_is_unknown_with_nulls() {
    let config = config(vec![service("new", "New")], &[]);
    let swept = swept(Vec::new());
    let answer =
        serde_json::to_value(StatusAnswer::of(&Board::of(&config, &swept, NOW), "default"))
            .unwrap();
    let entry = &answer["summary"]["results"][0];
    assert_eq!(entry["status"], "unknown");
    assert_eq!(entry["groupName"], "Ungrouped");
    assert_eq!(entry["uptimeThresholdSet"], "default");
    for key in ["lastSeen", "timeSinceLastHeartbeat", "groupId"] {
        assert_eq!(entry[key], Value::Null, "{key}");
    }
}

#[test]
fn the_counts_add_up_and_leave_disabled_services_out() {
    let (config, swept, _) = every_standing();
    let summary = StatusAnswer::of(&Board::of(&config, &swept, NOW), "default").summary;
    assert_eq!(summary.total_services, 7);
    let counted = [
        summary.services_up,
        summary.services_degraded,
        summary.services_down,
        summary.services_unknown,
    ];
    assert_eq!(counted, [2, 1, 1, 3], "late counts as up, unreadable as unknown");
    assert!(summary.results.iter().all(|result| result.service_id != "old-billing"));
    let late: Vec<_> = summary.results.iter().filter(|result| result.late).collect();
    assert_eq!(late.len(), 1);
    assert_eq!((late[0].service_id.as_str(), late[0].status), ("backup", "up"));
    let reasons: Vec<_> = summary
        .results
        .iter()
        .filter_map(|result| Some((result.service_id.as_str(), result.reason?)))
        .collect();
    assert_eq!(reasons, [("db", "silence"), ("cache", "reported")]);
}

#[test]
fn a_heartbeat_of_a_clock_ahead_of_ours_is_no_negative_age() {
    let service = service("api", "API");
    let ahead = record(&service, Status::Up, HOUR_MS, -5_000);
    let config = config(vec![service], &[]);
    let swept = swept(vec![ahead]);
    let summary = StatusAnswer::of(&Board::of(&config, &swept, NOW), "default").summary;
    assert_eq!(summary.results[0].time_since_last_heartbeat, Some(0));
}
