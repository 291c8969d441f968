//! What a decision leaves, and what is decided next.

use flatline_domain::{
    Decision, Gap, ServiceRecord, ServiceSpec, Sight, Status, UnixMs, reconcile,
};

use super::reconcile::{gap, stating};
use super::{at, clear_sight, heard, spec};

/// Applies what was decided.
fn settle(record: &ServiceRecord, spec: &ServiceSpec, sight: &Sight, now: UnixMs) -> ServiceRecord {
    match reconcile(record, spec, Some(sight), now) {
        Decision::Commit(transitions) => record.after_all(&transitions),
        Decision::ClearGap(_) => record.without_gap(),
        Decision::Keep { .. } | Decision::Remind { .. } => record.clone(),
    }
}

#[test]
fn an_outage_told_afterwards_leaves_what_the_late_heartbeat_stated() {
    for stated in [Status::Up, Status::Degraded, Status::Down] {
        let record = ServiceRecord { reported: stated, ..gap(Status::Up, 100.0, 150.0) };
        let sight = Sight::of_gap(at(100.0), at(150.0), 10_000, &[]);
        let settled = settle(&record, &spec(), &sight, at(151.0));
        assert_eq!((settled.status, settled.reported), (stated, stated));
    }
}

#[test]
fn silence_stays_down_until_a_heartbeat_even_if_a_hole_restarts_the_window() {
    let down = settle(&heard(Status::Up), &spec(), &clear_sight(100.0, 111.0), at(111.0));
    assert_eq!((down.status, down.reported), (Status::Down, Status::Down));
    let after_hole = settle(&down, &spec(), &clear_sight(300.0, 301.0), at(301.0));
    assert_eq!(after_hole, down);
    let back = down.after_beat(at(302.0), Status::Up, 10_000);
    let up = settle(&back, &spec(), &clear_sight(302.0, 302.0), at(302.0));
    assert_eq!((up.status, up.version), (Status::Up, 3));
}

#[test]
fn a_degraded_service_that_goes_down_keeps_its_incident() {
    let degraded = settle(
        &stating(Status::Up, Status::Degraded),
        &spec(),
        &clear_sight(100.0, 101.0),
        at(101.0),
    );
    assert_eq!(degraded.incident, Some(at(100.0)));
    let down = settle(&degraded, &spec(), &clear_sight(100.0, 111.0), at(111.0));
    assert_eq!((down.status, down.incident), (Status::Down, Some(at(100.0))));
    let up = settle(
        &down.after_beat(at(120.0), Status::Up, 10_000),
        &spec(),
        &clear_sight(120.0, 120.0),
        at(120.0),
    );
    assert_eq!((up.status, up.incident), (Status::Up, None));
}

#[test]
fn a_clock_that_was_set_back_leaves_no_time_ahead_from_which_silence_is_counted() {
    let now = at(105.0);
    let near = ServiceRecord { resumed_at: Some(at(165.0)), ..heard(Status::Up) };
    assert_eq!(near.repaired(&spec(), now), None, "a minute ahead is no repaired clock");
    let ahead = ServiceRecord {
        gap: Some(Gap { from: at(100.0), to: at(800.0) }),
        configured_at: at(900.0),
        last_beat: Some(at(800.0)),
        resumed_at: Some(at(700.0)),
        ..heard(Status::Up)
    };
    let repaired = ahead.repaired(&spec(), now).unwrap();
    assert_eq!(repaired.unjudged_gap(), None);
    assert_eq!((repaired.heard_until(), repaired.deadline), (now, at(115.0)));
    let new = ServiceRecord::new(&spec(), at(900.0)).repaired(&spec(), now).unwrap();
    assert_eq!((new.configured_at, new.deadline), (now, new.due(&spec())));
}
