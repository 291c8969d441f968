use flatline_domain::{Membership, Reason, ServiceRecord, Status};
use flatline_shared::store::Swept;

use super::{Board, Standing, Watched};
use crate::fixture::{DAY_MS, HOUR_MS, MINUTE_MS, NOW, config, every_standing, record, service};

#[test]
fn a_standing_is_what_was_committed_unless_something_newer_is_known() {
    let fresh = 42_000;
    let overdue = 5 * MINUTE_MS + 1;
    let rows = [
        ("up and heard within its window", Status::Up, fresh, Standing::Up),
        ("at the deadline it is not late yet", Status::Up, 5 * MINUTE_MS, Standing::Up),
        ("past its deadline and not judged yet", Status::Up, overdue, Standing::Late),
        ("degraded and heard", Status::Degraded, fresh, Standing::Degraded),
        ("degraded and past its deadline", Status::Degraded, overdue, Standing::Late),
        ("down stays down, however long ago", Status::Down, 9 * DAY_MS, Standing::Down),
        ("down although heard: a heartbeat reported it", Status::Down, fresh, Standing::Down),
        ("enabled again, not resumed yet", Status::Paused, DAY_MS, Standing::Unknown),
        ("in the configuration again, not reopened yet", Status::Closed, DAY_MS, Standing::Unknown),
    ];
    let service = service("api", "API");
    for (why, status, beat_ago_ms, expected) in rows {
        let record = record(&service, status, HOUR_MS, beat_ago_ms);
        assert_eq!(Standing::of(&service, Some(&record), NOW), expected, "{why}");
    }
}

#[test]
fn a_service_that_was_never_heard_is_unknown_until_it_should_have_been() {
    let service = service("api", "API");
    let configured = |ago_ms: i64| ServiceRecord::new(&service.spec, NOW.plus_ms(-ago_ms));
    assert_eq!(Standing::of(&service, None, NOW), Standing::Unknown);
    assert_eq!(Standing::of(&service, Some(&configured(MINUTE_MS)), NOW), Standing::Unknown);
    assert_eq!(Standing::of(&service, Some(&configured(HOUR_MS + 1)), NOW), Standing::Late);
    let mut patient = service.clone();
    patient.spec.first_window_ms = None;
    assert_eq!(Standing::of(&patient, Some(&configured(20 * DAY_MS)), NOW), Standing::Unknown);
}

#[test]
fn a_reason_is_what_the_service_said_or_that_it_said_nothing() {
    let service = service("api", "API");
    let rows = [
        ("it was up", Status::Up, Some(42_000), Status::Up, None),
        ("silent since before", Status::Down, Some(DAY_MS), Status::Down, Some(Reason::Silence)),
        ("it says so", Status::Down, Some(42_000), Status::Down, Some(Reason::Reported)),
        ("it said so then", Status::Down, Some(HOUR_MS), Status::Down, Some(Reason::Reported)),
        ("never heard", Status::Down, None, Status::Down, Some(Reason::NeverReported)),
        ("back, not committed yet", Status::Down, Some(42_000), Status::Up, None),
        ("degraded", Status::Degraded, Some(42_000), Status::Degraded, Some(Reason::Reported)),
        ("worse, not committed yet", Status::Degraded, Some(42_000), Status::Down, None),
    ];
    for (why, status, beat_ago_ms, reported, expected) in rows {
        let last_beat = beat_ago_ms.map(|ago_ms: i64| NOW.plus_ms(-ago_ms));
        let record = ServiceRecord { last_beat, reported, ..record(&service, status, HOUR_MS, 0) };
        let standing = Standing::of(&service, Some(&record), NOW);
        let watched = Watched { service: &service, record: Some(&record), standing };
        assert_eq!(watched.reason(), expected, "{why}");
    }
}

#[test]
fn groups_keep_their_order_and_the_ungrouped_come_last() {
    let (config, swept, _) = every_standing();
    let board = Board::of(&config, &swept, NOW);
    let names: Vec<&str> = board.sections.iter().map(super::Section::name).collect();
    assert_eq!(names, ["Core services", "Jobs", "Ungrouped"]);
    for standing in Standing::ALL {
        let expected = if standing == Standing::Unknown { 2 } else { 1 };
        assert_eq!(board.count(standing), expected, "{standing:?}");
    }
}

#[test]
fn closed_services_are_not_shown_and_neither_are_records_of_removed_ones() {
    let mut closed = service("gone", "Gone");
    closed.spec.membership = Membership::Closed;
    let removed = record(&service("removed", "Removed"), Status::Closed, DAY_MS, DAY_MS);
    let swept = Swept {
        records: vec![removed],
        broken: vec![("unheard-of".to_owned(), "no status".to_owned())],
    };
    let config = config(vec![closed], &[]);
    assert_eq!(Board::of(&config, &swept, NOW).services().count(), 0);
}

#[test]
fn a_disabled_service_is_disabled_even_if_its_record_is_unreadable() {
    let mut paused = service("off", "Off");
    paused.spec.membership = Membership::Paused;
    let swept =
        Swept { records: Vec::new(), broken: vec![("off".to_owned(), "no status".to_owned())] };
    let config = config(vec![paused], &[]);
    assert_eq!(Board::of(&config, &swept, NOW).count(Standing::Paused), 1);
}
