use flatline_domain::{Day, DayTotals, Days, Hole, Status, UnixMs};
use flatline_shared::store::Incident;
use serde_json::{Value, json};

use super::UptimeAnswer;
use crate::banner::Vigil;
use crate::dossier::{Dossier, Past};
use crate::fixture::{DAY_MS, HOUR_MS, MINUTE_MS, NOW, record, service};

fn answer(dossier: &Dossier, retention_days: u32) -> Value {
    serde_json::to_value(UptimeAnswer::of("api", dossier, retention_days, NOW)).unwrap()
}

/// Up since noon yesterday, watched until now.
fn dossier() -> Dossier {
    let record = record(&service("api", "API"), Status::Up, DAY_MS, 42_000);
    let past = Past { record: Some(record), ..Past::default() };
    Dossier { past: Some(past), vigil: ticked(Some(NOW)) }
}

/// The traces of a checker that marked its last tick then.
fn ticked(ticked_at: Option<UnixMs>) -> Vigil {
    Vigil { ticked_at, ..Vigil::default() }
}

fn past(dossier: &mut Dossier) -> &mut Past {
    dossier.past.as_mut().unwrap()
}

#[test]
fn a_day_has_the_keys_of_the_replaced_system_and_five_of_ours() {
    let mut dossier = dossier();
    let totals = DayTotals {
        down_ms: 90_041,
        degraded_ms: HOUR_MS,
        unknown_ms: 30_000,
        ..DayTotals::default()
    };
    let yesterday = Day(NOW.day().0 - 1);
    past(&mut dossier).days = Days::from([(yesterday, totals)]);
    past(&mut dossier).incidents = vec![Incident {
        start: NOW.plus_ms(-DAY_MS),
        end: Some(NOW.plus_ms(-DAY_MS + 90_041)),
        kind: Status::Down,
        reason: "silence".to_owned(),
    }];
    let answer = answer(&dossier, 2);
    let up_ms = DAY_MS - HOUR_MS - 90_041 - 30_000;
    let known_ms = (DAY_MS - 30_000) as f64;
    let share = |ms: f64, of: f64| 100.0 * ms / of;
    let good_ms = up_ms as f64 + HOUR_MS as f64 / 2.0;
    let today_ms = 12.0 * HOUR_MS as f64;
    let expected = json!({
        "serviceId": "api",
        "days": [
            {
                "date": "2026-11-21",
                "totalChecks": 1_438,
                "upChecks": 1_377,
                "downChecks": 1,
                "degradedChecks": 60,
                "unknownChecks": 0,
                "uptimePercentage": share(good_ms, known_ms),
                "upSeconds": 82_679.959,
                "degradedSeconds": 3_600,
                "downSeconds": 90.041,
                "unknownSeconds": 30,
                "incidents": 1,
            },
            {
                "date": "2026-11-22",
                "totalChecks": 720,
                "upChecks": 720,
                "downChecks": 0,
                "degradedChecks": 0,
                "unknownChecks": 0,
                "uptimePercentage": 100,
                "upSeconds": 43_200,
                "degradedSeconds": 0,
                "downSeconds": 0,
                "unknownSeconds": 0,
                "incidents": 0,
            },
        ],
        "overallUptime": share(good_ms + today_ms, known_ms + today_ms),
        "totalDays": 2,
        "retentionDays": 2,
        "unreadable": false,
    });
    assert_eq!(answer, expected);
}

#[test]
fn gaps_are_filled_oldest_first_and_days_before_the_service_say_nothing() {
    let answer = answer(&dossier(), 60);
    let days = answer["days"].as_array().unwrap();
    assert_eq!(days.len(), 60);
    assert_eq!((&days[0]["date"], &days[59]["date"]), (&json!("2026-09-24"), &json!("2026-11-22")));
    assert_eq!(days[0]["uptimePercentage"], Value::Null);
    assert_eq!(days[0]["totalChecks"], 0);
    // It was configured 30 days ago, at noon.
    assert_eq!(days[29]["upSeconds"], 43_200);
    assert_eq!((&answer["totalDays"], &answer["overallUptime"]), (&json!(31), &json!(100)));
}

#[test]
fn without_data_nothing_is_claimed() {
    let mut never = dossier();
    let record = past(&mut never).record.as_mut().unwrap();
    (record.status, record.status_since) = (Status::Unknown, record.configured_at);
    let rows = [
        ("no record yet", Dossier { past: Some(Past::default()), vigil: ticked(Some(NOW)) }, false),
        ("it cannot be read", Dossier { past: None, vigil: ticked(Some(NOW)) }, true),
        ("never heard", never, false),
    ];
    for (sentence, dossier, unreadable) in rows {
        let answer = answer(&dossier, 3);
        assert_eq!(answer["overallUptime"], Value::Null, "{sentence}");
        assert_eq!(answer["totalDays"], 0, "{sentence}");
        assert_eq!(answer["unreadable"], unreadable, "{sentence}");
        for day in answer["days"].as_array().unwrap() {
            assert_eq!(day["uptimePercentage"], Value::Null, "{sentence}");
            assert_eq!(day["upSeconds"], 0, "{sentence}");
        }
    }
}

#[test]
fn time_that_nobody_watched_is_unknown() {
    let mut blind = dossier();
    let hole = Hole { start: NOW.plus_ms(-HOUR_MS), end: NOW.plus_ms(-HOUR_MS / 2), failed: false };
    past(&mut blind).holes = vec![hole];
    let day = &answer(&blind, 1)["days"][0];
    assert_eq!((&day["unknownSeconds"], &day["upSeconds"]), (&json!(1_800), &json!(41_400)));
    assert_eq!(day["uptimePercentage"], 100);

    let mut stopped = dossier();
    stopped.vigil = ticked(Some(NOW.plus_ms(-HOUR_MS)));
    let day = &answer(&stopped, 1)["days"][0];
    assert_eq!(day["upSeconds"], 39_600, "an hour ago the checker stopped");

    past(&mut stopped).record.as_mut().unwrap().status_since = NOW.plus_ms(-10 * MINUTE_MS);
    let day = &answer(&stopped, 1)["days"][0];
    assert_eq!(day["upSeconds"], 42_600, "what was committed since is known all the same");

    stopped.vigil = ticked(None);
    let day = &answer(&stopped, 1)["days"][0];
    assert_eq!(day["upSeconds"], 42_600, "even if no tick was ever marked");
}

#[test]
fn an_incident_counts_on_each_day_that_it_touches() {
    let mut long = dossier();
    let incident = |start: UnixMs, end: Option<UnixMs>| Incident {
        start,
        end,
        kind: Status::Down,
        reason: "silence".to_owned(),
    };
    let midnight = NOW.day().start();
    past(&mut long).incidents = vec![
        incident(NOW.plus_ms(-60_000), None),
        incident(midnight.plus_ms(-1_000), Some(midnight.plus_ms(1_000))),
        incident(midnight.plus_ms(-9 * DAY_MS), Some(midnight.plus_ms(-DAY_MS - 1))),
    ];
    let answer = answer(&long, 3);
    let counts: Vec<_> = (0..3).map(|day| answer["days"][day]["incidents"].clone()).collect();
    assert_eq!(counts, [1, 1, 2]);
}
