use flatline_domain::{Reason, Status, Transition};

use super::at;

#[test]
fn events_follow_from_statuses() {
    use Status::{Closed, Degraded, Down, Paused, Unknown, Up};
    let event = |from, to| {
        let t = Transition {
            version: 1,
            from,
            to,
            since: at(0.0),
            at: at(1.0),
            decided_at: at(1.0),
            reason: Reason::Reported,
        };
        (t.event().map(flatline_domain::Event::as_str), t.closes())
    };
    let rows = [
        ("the first heartbeat tells nobody", Unknown, Up, (None, false)),
        ("a service that was never up can go down", Unknown, Down, (Some("down"), false)),
        ("up to down", Up, Down, (Some("down"), false)),
        ("up to degraded", Up, Degraded, (Some("degraded"), false)),
        ("down to degraded is told as degraded", Down, Degraded, (Some("degraded"), false)),
        ("degraded to up is a recovery", Degraded, Up, (Some("up"), false)),
        ("down to up is a recovery", Down, Up, (Some("up"), false)),
        ("pausing has no event but closes what was told", Down, Paused, (None, true)),
        ("removing has no event but closes what was told", Down, Closed, (None, true)),
        ("resuming tells nobody", Paused, Unknown, (None, false)),
    ];
    for (says, from, to, expect) in rows {
        assert_eq!(event(from, to), expect, "{says}");
    }
}
