use flatline_domain::{Membership, ServiceRecord, Status};
use flatline_shared::config::Service;
use flatline_shared::store::Swept;

use super::{Checker, Vigil, banner};
use crate::board::{Board, Standing};
use crate::fixture::{DAY_MS, HOUR_MS, MINUTE_MS, NOW, config, record, service};

const RUNNING: Checker = Checker::Running { age_ms: 12_000 };

/// Why, standings, class, headline, detail.
type Row = (&'static str, &'static [Standing], &'static str, &'static str, Option<&'static str>);

/// The banner of as many services as there are standings given.
fn of(standings: &[Standing], checker: Checker) -> (&'static str, String, Option<String>) {
    let mut swept = Swept::default();
    let mut services = Vec::new();
    for (number, standing) in standings.iter().enumerate() {
        let mut service = service(&format!("s{number}"), "A service");
        place(&mut service, *standing, &mut swept);
        services.push(service);
    }
    let config = config(services, &[]);
    let said = banner(&Board::of(&config, &swept, NOW), checker);
    (said.class, said.headline, said.detail)
}

/// Brings a service into this standing.
fn place(service: &mut Service, standing: Standing, swept: &mut Swept) {
    let heard = |status, ago_ms| record(service, status, HOUR_MS, ago_ms);
    match standing {
        Standing::Up => swept.records.push(heard(Status::Up, 0)),
        Standing::Degraded => swept.records.push(heard(Status::Degraded, 0)),
        Standing::Down => swept.records.push(heard(Status::Down, DAY_MS)),
        Standing::Late => swept.records.push(heard(Status::Up, HOUR_MS)),
        Standing::Unknown => swept.records.push(ServiceRecord::new(&service.spec, NOW)),
        Standing::Unreadable => {
            swept.broken.push((service.spec.id.clone(), "no status".to_owned()));
        }
        Standing::Paused => service.spec.membership = Membership::Paused,
    }
}

#[test]
fn the_banner_says_the_worst() {
    use Standing::{Degraded, Down, Late, Paused, Unknown, Unreadable, Up};
    let rows: [Row; 15] = [
        ("nothing is configured", &[], "unknown", "No service is watched", None),
        ("all is disabled", &[Paused], "unknown", "No service is watched", None),
        (
            "nothing was heard",
            &[Unknown, Unknown],
            "unknown",
            "No data yet",
            Some("2 services wait for their first heartbeat"),
        ),
        ("all is well", &[Up, Up], "up", "All services operational", None),
        ("what is disabled does not count", &[Up, Paused], "up", "All services operational", None),
        (
            "who was never heard cannot be called operational",
            &[Up, Unknown],
            "up",
            "All reporting services operational",
            Some("1 service waits for its first heartbeat"),
        ),
        ("one of three is down", &[Up, Down, Up], "down", "Partial outage", Some("1 service down")),
        ("half of them are", &[Up, Down], "down", "Major outage", Some("1 service down")),
        (
            "who is disabled is not half",
            &[Up, Up, Up, Down, Paused],
            "down",
            "Partial outage",
            Some("1 service down"),
        ),
        ("the only one is", &[Down], "down", "Partial outage", Some("1 service down")),
        (
            "one reports trouble",
            &[Degraded, Up],
            "degraded",
            "Degraded",
            Some("1 service degraded"),
        ),
        ("one is overdue", &[Late, Up], "late", "Heartbeats overdue", Some("1 service late")),
        (
            "one cannot be read",
            &[Unreadable, Up],
            "unreadable",
            "Records cannot be read",
            Some("1 service unreadable"),
        ),
        (
            "down comes before all else, and all is counted",
            &[Late, Degraded, Down, Up, Down, Unreadable, Unknown],
            "down",
            "Partial outage",
            Some("2 services down, 1 degraded, 1 late, 1 unreadable"),
        ),
        ("only trouble", &[Late, Late], "late", "Heartbeats overdue", Some("2 services late")),
    ];
    for (why, standings, class, headline, detail) in rows {
        let expected = (class, headline.to_owned(), detail.map(str::to_owned));
        assert_eq!(of(standings, RUNNING), expected, "{why}");
    }
}

#[test]
fn a_checker_that_stands_is_said_whatever_the_services_were() {
    let silence = "Silence is not noticed until it runs again. Last known: ";
    let rows = [
        (
            "all was well",
            vec![Standing::Up],
            Checker::Stopped { age_ms: 12 * MINUTE_MS },
            "Checker not running: data is 12 minutes old",
            "All services operational.",
        ),
        (
            "something was down",
            vec![Standing::Down, Standing::Up],
            Checker::Stopped { age_ms: 3 * DAY_MS },
            "Checker not running: data is 3 days old",
            "1 service down.",
        ),
        (
            "it never ran",
            vec![Standing::Unknown],
            Checker::NeverRan,
            "Checker not running: it has not run yet",
            "1 service waits for its first heartbeat.",
        ),
    ];
    for (why, standings, checker, headline, known) in rows {
        let expected = ("unreadable", headline.to_owned(), Some(format!("{silence}{known}")));
        assert_eq!(of(&standings, checker), expected, "{why}");
    }
}

#[test]
fn the_checker_stands_when_its_mark_is_older_than_two_and_a_half_minutes() {
    let rows = [
        ("no mark at all", None, Checker::NeverRan),
        ("a fresh one", Some(1_000), Checker::Running { age_ms: 1_000 }),
        ("one from a clock ahead of ours", Some(-5_000), Checker::Running { age_ms: 0 }),
        ("just in time", Some(150_000), Checker::Running { age_ms: 150_000 }),
        ("too old", Some(150_001), Checker::Stopped { age_ms: 150_001 }),
    ];
    for (why, ago_ms, expected) in rows {
        let ticked_at = ago_ms.map(|ago_ms: i64| NOW.plus_ms(-ago_ms));
        let vigil = Vigil { ticked_at, ..Vigil::default() };
        assert_eq!(Checker::of(&vigil, NOW), expected, "{why}");
    }
}

#[test]
fn the_checker_is_deaf_when_its_own_heartbeats_do_not_come_through() {
    let running = Checker::Running { age_ms: 0 };
    let deaf = |failing_ms, proof_ms| Checker::Deaf { failing_ms, proof_ms };
    let rows = [
        ("proven a moment ago", 1_000, None, running),
        ("one that failed is repeated first", 60_000, Some(10_000), running),
        ("failing for longer", 60_000, Some(10_001), deaf(10_001, 60_000)),
        ("failing, while others are heard", 0, Some(90_000), deaf(90_000, 0)),
        ("none is due that soon", 150_000, None, running),
        ("none was even sent", 150_001, None, deaf(150_001, 150_001)),
    ];
    for (why, proof_ms, failing_ms, expected) in rows {
        let vigil = Vigil {
            ticked_at: Some(NOW),
            proven_at: Some(NOW.plus_ms(-proof_ms)),
            failing_since: failing_ms.map(|ms: i64| NOW.plus_ms(-ms)),
        };
        assert_eq!(Checker::of(&vigil, NOW), expected, "{why}");
    }
    let said = of(&[Standing::Up], deaf(3 * MINUTE_MS, 0));
    let headline = "Flatline does not hear its own heartbeats for 3 minutes";
    let detail = "Silence is told late or not at all until it does. Last known: All services \
                  operational.";
    assert_eq!(said, ("unreadable", headline.to_owned(), Some(detail.to_owned())));
}
