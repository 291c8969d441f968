use flatline_domain::lane::{Unsent, backoff_ms, next_step, presumed};
use flatline_domain::route::is_routed;
use flatline_domain::{
    ChannelRoute, Event, EventFilter, QueuedNotice, ServiceRoute, Status, Step, Told,
};

use super::at;

const COOLDOWN_MS: i64 = 300_000;

fn notice(version: u64, status: Status, committed: f64) -> QueuedNotice {
    let event = match status {
        Status::Down => Event::Down,
        Status::Degraded => Event::Degraded,
        _ => Event::Up,
    };
    QueuedNotice {
        version,
        n: 0,
        event,
        status,
        committed_at: at(committed),
        next_at: None,
        closing: false,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "rows say None or told(..)")]
fn told(status: Status, seconds: f64) -> Option<Told> {
    Some(Told { status, version: 1, at: at(seconds) })
}

fn send(index: usize, folded: &[usize]) -> Step {
    Step::Send { index, folded: folded.to_vec() }
}

fn end(how: Unsent, rows: &[usize]) -> Step {
    Step::End(rows.iter().map(|row| (*row, how)).collect())
}

/// What it says, the rows that wait, what was told, the time, what follows.
type Row = (&'static str, Vec<QueuedNotice>, Option<Told>, f64, Step);

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per sentence")]
fn every_step_of_a_lane() {
    use Status::{Degraded, Down, Up};
    let retry = |row: QueuedNotice, next: f64| QueuedNotice { next_at: Some(at(next)), ..row };
    let closing = |row: QueuedNotice| QueuedNotice { closing: true, ..row };
    let reminder =
        |version, n| QueuedNotice { n, event: Event::Reminder, ..notice(version, Down, 0.0) };
    let rows: Vec<Row> = vec![
        ("an empty lane is done", vec![], None, 0.0, Step::Done),
        ("the first alarm goes at once", vec![notice(2, Down, 0.0)], None, 0.0, send(0, &[])),
        (
            "rows outside a window go one by one, in order",
            vec![notice(2, Down, 0.0), notice(3, Up, 1.0)],
            None,
            5.0,
            send(0, &[]),
        ),
        (
            "a failed one waits for its next try",
            vec![retry(notice(2, Down, 0.0), 30.0)],
            None,
            5.0,
            Step::Wait(at(30.0)),
        ),
        (
            "nothing overtakes a waiting one in its lane",
            vec![retry(notice(2, Down, 0.0), 30.0), notice(3, Up, 1.0)],
            None,
            5.0,
            Step::Wait(at(30.0)),
        ),
        (
            "a try that a clock ran ahead of is due",
            vec![retry(notice(2, Down, 0.0), 90_000.0)],
            None,
            5.0,
            send(0, &[]),
        ),
        ("its time has come", vec![retry(notice(2, Down, 0.0), 30.0)], None, 30.0, send(0, &[])),
        (
            "a recovery within the window waits for its end",
            vec![notice(3, Up, 60.0)],
            told(Down, 10.0),
            61.0,
            Step::Wait(at(310.0)),
        ),
        (
            "and is sent when the window ends",
            vec![notice(3, Up, 60.0)],
            told(Down, 10.0),
            310.0,
            send(0, &[]),
        ),
        (
            "something worse is never held back",
            vec![notice(3, Down, 60.0)],
            told(Up, 10.0),
            60.0,
            send(0, &[]),
        ),
        (
            "degraded then down within the window: down goes at once",
            vec![notice(3, Down, 60.0)],
            told(Degraded, 10.0),
            60.0,
            send(0, &[]),
        ),
        (
            "flapping back within the window: the newest is worse, older ones fold into it",
            vec![
                notice(3, Up, 20.0),
                notice(4, Down, 30.0),
                notice(5, Up, 40.0),
                notice(6, Down, 50.0),
            ],
            told(Up, 10.0),
            60.0,
            send(3, &[0, 1, 2]),
        ),
        (
            "flapping that ends as it was told: wait",
            vec![notice(3, Up, 20.0), notice(4, Down, 30.0)],
            told(Down, 10.0),
            60.0,
            Step::Wait(at(310.0)),
        ),
        (
            "and all is folded when the window ends",
            vec![notice(3, Up, 20.0), notice(4, Down, 30.0)],
            told(Down, 10.0),
            310.0,
            end(Unsent::Folded, &[0, 1]),
        ),
        (
            "a recovery committed while its alarm was still being retried goes at once",
            vec![notice(3, Up, 5.0)],
            told(Down, 10.0),
            10.0,
            send(0, &[]),
        ),
        (
            "rows of the window fold before rows after it",
            vec![notice(3, Up, 20.0), notice(4, Down, 400.0)],
            told(Down, 10.0),
            400.0,
            send(0, &[]),
        ),
        (
            "a channel that takes only down is told each down outside its window",
            vec![notice(4, Down, 400.0)],
            told(Down, 10.0),
            400.0,
            send(0, &[]),
        ),
        (
            "a closing row cancels what waits before it, and itself if nothing was told",
            vec![notice(2, Down, 0.0), closing(notice(3, Up, 1.0))],
            None,
            1.0,
            end(Unsent::Cancelled, &[0, 1]),
        ),
        (
            "a closing row is sent if trouble was told",
            vec![closing(notice(3, Up, 400.0))],
            told(Down, 0.0),
            400.0,
            send(0, &[]),
        ),
        (
            "after recovery was told, a closing row has nothing to close",
            vec![closing(notice(3, Up, 400.0))],
            told(Up, 0.0),
            400.0,
            end(Unsent::Cancelled, &[0]),
        ),
        (
            "a reminder is pointless once something newer waits",
            vec![reminder(2, 1), notice(3, Up, 1.0)],
            told(Down, -400.0),
            1.0,
            end(Unsent::Cancelled, &[0]),
        ),
        (
            "the newest reminder is sent",
            vec![reminder(2, 1)],
            told(Down, -400.0),
            1.0,
            send(0, &[]),
        ),
    ];
    for (says, rows, told, now, expect) in rows {
        assert_eq!(next_step(&rows, told.as_ref(), COOLDOWN_MS, at(now)), expect, "{says}");
    }
}

#[test]
fn retries_slow_down_and_stay_at_a_quarter_of_an_hour() {
    let waits: Vec<_> = (1..=9).map(|attempts| backoff_ms(attempts) / 1_000).collect();
    assert_eq!(waits, [5, 30, 60, 120, 300, 600, 900, 900, 900]);
}

#[test]
fn routes_follow_both_lists() {
    let all = ServiceRoute::default();
    let hook = ChannelRoute {
        name: "hook".into(),
        enabled: true,
        events: EventFilter::ALL,
        tracks_incidents: false,
    };
    let downs = EventFilter::of(&[Event::Down]);
    let rows = [
        ("no channel named means all", all.clone(), hook.clone(), Event::Down, true),
        (
            "named",
            ServiceRoute { channels: vec!["hook".into()], ..all.clone() },
            hook.clone(),
            Event::Down,
            true,
        ),
        (
            "another one named",
            ServiceRoute { channels: vec!["mail".into()], ..all.clone() },
            hook.clone(),
            Event::Down,
            false,
        ),
        ("muted", ServiceRoute { enabled: false, ..all.clone() }, hook.clone(), Event::Down, false),
        (
            "disabled channel",
            all.clone(),
            ChannelRoute { enabled: false, ..hook.clone() },
            Event::Down,
            false,
        ),
        (
            "the service keeps ups",
            ServiceRoute { events: downs, ..all.clone() },
            hook.clone(),
            Event::Up,
            false,
        ),
        (
            "the channel takes no ups",
            all.clone(),
            ChannelRoute { events: downs, ..hook.clone() },
            Event::Up,
            false,
        ),
        (
            "a reminder goes where down goes",
            all.clone(),
            ChannelRoute { events: downs, ..hook.clone() },
            Event::Reminder,
            true,
        ),
        (
            "whoever keeps incidents open is always told up",
            ServiceRoute { events: downs, ..all },
            ChannelRoute { events: downs, tracks_incidents: true, ..hook },
            Event::Up,
            true,
        ),
    ];
    for (says, service, channel, event, expect) in rows {
        assert_eq!(is_routed(&service, &channel, event), expect, "{says}");
    }
}

/// I10: a closing row ends what a channel may hold open, also where nobody wrote down that it was told.
#[test]
fn a_closing_row_resolves_what_may_be_open() {
    use Status::{Degraded, Down, Up};
    let close = QueuedNotice { closing: true, ..notice(3, Status::Closed, 60.0) };
    let down = notice(2, Down, 0.0);
    let both = vec![down, close];
    let cancelled = |rows: &[usize]| end(Unsent::Cancelled, rows);
    for (sentence, rows, told, tracks_incidents, expect) in [
        ("nothing was told: people hear nothing", &both, None, false, cancelled(&[0, 1])),
        ("an incident may be open: the alarm goes", &both, None, true, cancelled(&[0])),
        ("and the end is told", &vec![close], None, true, send(0, &[])),
        ("as after an earlier outage", &vec![close], told(Up, -900.0), true, send(0, &[])),
        ("people know that it is up", &vec![close], told(Up, -900.0), false, cancelled(&[0])),
        ("what was told is ended anyway", &vec![close], told(Down, -900.0), false, send(0, &[])),
        ("degraded too", &vec![close], told(Degraded, -900.0), true, send(0, &[])),
        ("without a closing row nothing changes", &vec![down], None, true, send(0, &[])),
    ] {
        let known = presumed(rows, told, tracks_incidents);
        let step = next_step(rows, known.as_ref(), COOLDOWN_MS, at(60.0));
        assert_eq!(step, expect, "{sentence}");
    }
}
