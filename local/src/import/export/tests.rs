use flatline_domain::Status;
use flatline_domain::uptime::Timeline;
use serde_json::json;

use super::*;

fn day(up: u32, degraded: u32, down: u32, unknown: u32) -> Value {
    json!({
        "totalChecks": up + degraded + down + unknown, "upChecks": up, "degradedChecks": degraded,
        "downChecks": down, "unknownChecks": unknown,
    })
}

fn data() -> Value {
    json!({
        "summary": {"timestamp": "2026-11-22T10:00:00.000Z"},
        "uptime": {"api": {"serviceId": "api", "days": {"2026-11-20": day(130, 10, 4, 0)}}},
    })
}

fn alerts() -> Value {
    json!([{"id": "a1", "title": "Disk", "message": "full", "severity": "warning",
        "source": "grafana", "timestamp": "2026-11-21T08:00:00.000Z", "read": false}])
}

#[test]
fn every_form_of_an_export_says_the_same() {
    let (data, alerts) = (data(), alerts());
    let coded = STANDARD.encode(alerts.to_string());
    let rows = [
        ("objects", json!({DATA: data, ALERTS: alerts}), (1, 1)),
        ("texts", json!({DATA: data.to_string(), ALERTS: alerts.to_string()}), (1, 1)),
        ("values", json!({DATA: {"value": data.to_string()}}), (1, 0)),
        (
            "a list of keys",
            json!([{"key": DATA, "value": data.to_string()}, {"key": "monitor:latest", "value": "{}"},
                {"key": ALERTS, "value": coded, "base64": true}]),
            (1, 1),
        ),
        ("the days alone", data.clone(), (1, 0)),
        ("the alerts alone", alerts.clone(), (0, 1)),
    ];
    for (why, value, expected) in rows {
        let export = Export::read(&value.to_string()).unwrap();
        assert_eq!((export.days.len(), export.alerts.len()), expected, "{why}");
        let made = export.made_on.map(|day| day.0);
        assert_eq!(made, (expected.0 > 0).then_some(20_779), "{why}");
    }
}

#[test]
fn percentages_stay_as_they_were_recorded() {
    let rows = [
        ("as the counts say", day(130, 10, 4, 0), None, Some(93.75)),
        (
            "as recorded, where rounding made it another",
            day(141, 2, 1, 0),
            Some(98.34),
            Some(98.34),
        ),
        ("all down is 0", day(0, 0, 144, 0), Some(0.0), Some(0.0)),
        ("unknown counts for nothing", day(50, 0, 50, 44), None, Some(50.0)),
        ("only unknown is no figure, whatever was recorded", day(0, 0, 0, 9), Some(0.0), None),
    ];
    for (why, mut day, recorded, expected) in rows {
        if let Some(percent) = recorded {
            day["uptimePercentage"] = json!(percent);
        }
        let totals = Checks::of(&day).unwrap().totals().unwrap();
        let days = Days::from([(Day(9), totals)]);
        let created = Day(12).start();
        let timeline =
            Timeline { days: &days, created, status: Status::Up, since: created, holes: &[] };
        let percentage = timeline.day(Day(9), Day(13).start()).percentage();
        let rounded = percentage.map(|percent| (percent * 1e4).round() / 1e4);
        assert_eq!(rounded, expected, "{why}");
    }
    let unchecked = Checks::of(&day(0, 0, 0, 0)).unwrap();
    assert_eq!(unchecked.totals(), None, "a day without checks is no day");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let days = |days: Value| json!({"uptime": {"api": {"days": days}}});
    let rows = [
        ("{", "line 1: is not valid JSON".to_owned()),
        ("7", nothing().to_string()),
        ("{}", nothing().to_string()),
        (&*json!({DATA: "{"}).to_string(), format!("{DATA}: is not valid JSON")),
        (
            &*json!({DATA: {"uptime": {"api": {}}}}).to_string(),
            format!("{DATA} uptime.api: must have \"days\", an object by date"),
        ),
        (
            &*days(json!({"20.11.": day(1, 0, 0, 0)})).to_string(),
            format!("{DATA} uptime.api.days.20.11.: must be a date, YYYY-MM-DD"),
        ),
        (
            &*days(json!({"2026-11-20": {"upChecks": -1}})).to_string(),
            format!(
                "{DATA} uptime.api.days.2026-11-20: must have whole numbers of checks, none negative"
            ),
        ),
        (
            &*json!([{"title": "x"}]).to_string(),
            format!("{ALERTS}[0]: must have a \"timestamp\", RFC 3339"),
        ),
    ];
    for (text, sentence) in rows {
        assert_eq!(Export::read(text).unwrap_err().to_string(), sentence);
    }
}
