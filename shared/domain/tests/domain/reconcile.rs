use flatline_domain::{
    Decision, Gap, KeepReason, Membership, Reason, ServiceRecord, ServiceSpec, Sight, Status,
    UnixMs, reconcile,
};

use super::{at, clear_sight, heard, never_heard, spec};

/// What is expected, as short as it can be written.
#[derive(Debug, PartialEq)]
enum Expect {
    /// Nothing, for this reason, until this instant.
    Keep(KeepReason, UnixMs),
    /// These statuses, beginnings and reasons.
    Commit(Vec<(Status, UnixMs, Reason)>),
    /// The gap is forgotten for this reason.
    Clear(KeepReason),
    /// This reminder is due.
    Remind(u32),
}

fn outcome(decision: Decision) -> Expect {
    match decision {
        Decision::Keep { reason, look_at } => Expect::Keep(reason, look_at),
        Decision::Commit(transitions) => {
            Expect::Commit(transitions.iter().map(|t| (t.to, t.at, t.reason)).collect())
        }
        Decision::ClearGap(reason) => Expect::Clear(reason),
        Decision::Remind { n } => Expect::Remind(n),
    }
}

struct Row {
    says: &'static str,
    record: ServiceRecord,
    spec: ServiceSpec,
    sight: Option<Sight>,
    now: UnixMs,
    expect: Expect,
}

fn row(says: &'static str, record: ServiceRecord, now: f64, expect: Expect) -> Row {
    Row { says, record, spec: spec(), sight: Some(clear_sight(100.0, now)), now: at(now), expect }
}

fn with(membership: Membership) -> ServiceSpec {
    ServiceSpec { membership, ..spec() }
}

fn out(status: Status) -> ServiceRecord {
    ServiceRecord { status, reported: Status::Unknown, ..heard(Status::Up) }
}

pub fn stating(status: Status, reported: Status) -> ServiceRecord {
    ServiceRecord { reported, ..heard(status) }
}

pub fn gap(status: Status, from: f64, to: f64) -> ServiceRecord {
    let record = heard(status).after_beat(at(to), status, 10_000);
    ServiceRecord { gap: Some(Gap { from: at(from), to: at(to) }), ..record }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per sentence")]
fn every_decision_has_its_reason() {
    use Expect::{Clear, Commit, Keep, Remind};
    use KeepReason as K;
    use Status::{Closed, Degraded, Down, Paused, Unknown, Up};
    let rows = vec![
        row(
            "within the window nothing happens, and the deadline plus slack is the next look",
            heard(Up),
            105.0,
            Keep(K::WithinWindow, at(110.5)),
        ),
        row(
            "however far the deadline, the next look is within a window",
            ServiceRecord { resumed_at: Some(at(200.0)), ..heard(Up) },
            105.0,
            Keep(K::WithinWindow, at(115.0)),
        ),
        row(
            "half a second of slack lets heartbeats arrive that are on their way",
            heard(Up),
            110.4,
            Keep(K::WithinWindow, at(110.5)),
        ),
        row(
            "silence longer than the window is down since the deadline, not since the decision",
            heard(Up),
            110.5,
            Commit(vec![(Down, at(110.0), Reason::Silence)]),
        ),
        row(
            "silence after degraded is down as well",
            heard(Degraded),
            111.0,
            Commit(vec![(Down, at(110.0), Reason::Silence)]),
        ),
        Row {
            sight: None,
            ..row(
                "ingest has no sight and never commits silence",
                heard(Up),
                200.0,
                Keep(K::NeedsSight, at(200.0)),
            )
        },
        Row {
            sight: Some(clear_sight(100.0, 110.0)),
            ..row(
                "without a proof newer than the deadline nobody is down",
                heard(Up),
                111.0,
                Keep(K::NoProof, at(111.5)),
            )
        },
        Row {
            sight: Some(Sight { last_proof: None, ..clear_sight(100.0, 0.0) }),
            ..row("without any proof nobody is down", heard(Up), 111.0, Keep(K::NoProof, at(111.5)))
        },
        Row {
            sight: Some(clear_sight(108.0, 112.0)),
            ..row(
                "after a hole each service gets one full window",
                heard(Up),
                112.0,
                Keep(K::AfterHole, at(118.5)),
            )
        },
        Row {
            sight: Some(clear_sight(108.0, 119.0)),
            ..row(
                "silent a full window after the hole: down since the hole's end plus the window",
                heard(Up),
                119.0,
                Commit(vec![(Down, at(118.0), Reason::Silence)]),
            )
        },
        Row {
            sight: Some(Sight { seen_silence_ms: 30_001, ..clear_sight(135.0, 140.0) }),
            ..row(
                "three windows of seen silence are enough, so that a flickering canary hides no outage",
                heard(Up),
                140.0,
                Commit(vec![(Down, at(140.0), Reason::Silence)]),
            )
        },
        Row {
            sight: Some(Sight { seen_silence_ms: 30_000, ..clear_sight(135.0, 140.0) }),
            ..row(
                "just three windows are not enough",
                heard(Up),
                140.0,
                Keep(K::AfterHole, at(145.5)),
            )
        },
        row(
            "a service that is down stays down without a heartbeat, also after a hole",
            ServiceRecord { reported: Down, ..heard(Down) },
            500.0,
            Keep(K::Settled, at(510.0)),
        ),
        row(
            "the first heartbeat makes an unknown service up since that heartbeat",
            stating(Unknown, Up),
            101.0,
            Commit(vec![(Up, at(100.0), Reason::FirstHeartbeat)]),
        ),
        row(
            "a heartbeat after silence recovers the service since that heartbeat",
            stating(Down, Up),
            101.0,
            Commit(vec![(Up, at(100.0), Reason::Recovered)]),
        ),
        row(
            "a heartbeat that states down is down at once",
            stating(Up, Down),
            101.0,
            Commit(vec![(Down, at(100.0), Reason::Reported)]),
        ),
        row(
            "a heartbeat that states degraded is degraded at once",
            stating(Up, Degraded),
            101.0,
            Commit(vec![(Degraded, at(100.0), Reason::Reported)]),
        ),
        row(
            "from down, a heartbeat that states degraded is degraded, not up",
            stating(Down, Degraded),
            101.0,
            Commit(vec![(Degraded, at(100.0), Reason::Reported)]),
        ),
        Row {
            sight: None,
            ..row(
                "what heartbeats state needs no sight",
                stating(Up, Down),
                101.0,
                Commit(vec![(Down, at(100.0), Reason::Reported)]),
            )
        },
        row(
            "a transition never begins before the one before it",
            ServiceRecord { status_since: at(100.7), ..stating(Up, Down) },
            101.0,
            Commit(vec![(Down, at(100.7), Reason::Reported)]),
        ),
        Row {
            sight: Some(clear_sight(0.0, 61.0)),
            ..row(
                "a service that never reported is down after its first window",
                never_heard(),
                61.0,
                Commit(vec![(Down, at(60.0), Reason::NeverReported)]),
            )
        },
        row(
            "a service that never reported stays unknown within its first window",
            never_heard(),
            59.0,
            Keep(K::WithinWindow, at(60.5)),
        ),
        Row {
            spec: ServiceSpec { first_window_ms: None, ..spec() },
            ..row(
                "without a first window a service may stay unknown for ever",
                never_heard(),
                9_999.0,
                Keep(K::MayStayUnknown, at(10_009.0)),
            )
        },
        Row {
            spec: with(Membership::Paused),
            ..row(
                "disabled in the configuration: paused now",
                heard(Up),
                101.0,
                Commit(vec![(Paused, at(101.0), Reason::Paused)]),
            )
        },
        Row {
            spec: with(Membership::Paused),
            ..row(
                "paused stays paused whatever its heartbeats state",
                stating(Paused, Down),
                101.0,
                Keep(K::Out, UnixMs::NEVER),
            )
        },
        Row {
            spec: with(Membership::Closed),
            ..row(
                "removed from the configuration: closed now",
                heard(Down),
                101.0,
                Commit(vec![(Closed, at(101.0), Reason::Removed)]),
            )
        },
        Row {
            spec: with(Membership::Closed),
            ..row("closed stays closed", out(Closed), 101.0, Keep(K::Out, UnixMs::NEVER))
        },
        Row {
            spec: with(Membership::Closed),
            ..row(
                "a paused service can be removed",
                out(Paused),
                101.0,
                Commit(vec![(Closed, at(101.0), Reason::Removed)]),
            )
        },
        row(
            "enabled again: unknown until it is heard",
            out(Paused),
            101.0,
            Commit(vec![(Unknown, at(101.0), Reason::Resumed)]),
        ),
        row(
            "configured again: unknown until it is heard",
            out(Closed),
            101.0,
            Commit(vec![(Unknown, at(101.0), Reason::Reopened)]),
        ),
        Row {
            sight: Some(clear_sight(200.0, 211.0)),
            ..row(
                "resumed and silent: down a window after it was resumed",
                ServiceRecord { resumed_at: Some(at(200.0)), ..out(Unknown) },
                211.0,
                Commit(vec![(Down, at(210.0), Reason::Silence)]),
            )
        },
        row(
            "an outage that nobody watched is told afterwards: down at the deadline, up at the return",
            gap(Up, 100.0, 150.0),
            151.0,
            Commit(vec![(Down, at(110.0), Reason::Silence), (Up, at(150.0), Reason::Recovered)]),
        ),
        row(
            "an outage that ended in less trouble: down at the deadline, degraded at the return",
            ServiceRecord { reported: Degraded, ..gap(Up, 100.0, 150.0) },
            151.0,
            Commit(vec![
                (Down, at(110.0), Reason::Silence),
                (Degraded, at(150.0), Reason::Reported),
            ]),
        ),
        row(
            "an outage that a heartbeat ended by saying down is one outage, which goes on",
            ServiceRecord { reported: Down, ..gap(Up, 100.0, 150.0) },
            151.0,
            Commit(vec![(Down, at(110.0), Reason::Silence)]),
        ),
        row(
            "what was stated some time after the return is none of the outage",
            gap(Up, 100.0, 150.0).after_beat(at(155.0), Down, 10_000),
            156.0,
            Commit(vec![(Down, at(110.0), Reason::Silence), (Up, at(150.0), Reason::Recovered)]),
        ),
        Row {
            sight: None,
            ..row(
                "what is stated after a gap waits until the checker has judged it",
                ServiceRecord { reported: Degraded, ..gap(Up, 100.0, 150.0) },
                151.0,
                Keep(K::NeedsSight, at(151.0)),
            )
        },
        Row {
            sight: Some(clear_sight(145.0, 150.0)),
            ..row(
                "a gap that blind time explains is forgotten",
                gap(Up, 100.0, 150.0),
                151.0,
                Clear(K::AfterHole),
            )
        },
        row(
            "down: looked at again within a window, as every other",
            ServiceRecord { wake: at(150.0), ..heard(Down) },
            115.0,
            Keep(K::Settled, at(125.0)),
        ),
        row(
            "down: looked at again when a reminder is due, if that is sooner",
            ServiceRecord { wake: at(120.0), ..heard(Down) },
            115.0,
            Keep(K::Settled, at(120.0)),
        ),
        row(
            "down until a reminder is due: the next one after those that were sent",
            ServiceRecord { wake: at(120.0), reminders: 2, ..heard(Down) },
            120.0,
            Remind(3),
        ),
        row(
            "back when a reminder is due: it has nothing left to say",
            ServiceRecord { wake: at(105.0), ..stating(Down, Up) },
            105.0,
            Commit(vec![(Up, at(100.0), Reason::Recovered)]),
        ),
        row(
            "nobody but those that are down has reminders",
            ServiceRecord { wake: at(101.0), ..heard(Degraded) },
            105.0,
            Keep(K::WithinWindow, at(110.5)),
        ),
        row(
            "a gap that a later transition covers is forgotten",
            gap(Degraded, 100.0, 150.0),
            151.0,
            Clear(K::GapCovered),
        ),
        row(
            "a gap that began before the last transition is forgotten",
            ServiceRecord { status_since: at(149.0), ..gap(Up, 100.0, 150.0) },
            151.0,
            Clear(K::GapCovered),
        ),
    ];
    for row in rows {
        let decision = reconcile(&row.record, &row.spec, row.sight.as_ref(), row.now);
        assert_eq!(outcome(decision), row.expect, "{}", row.says);
    }
}
