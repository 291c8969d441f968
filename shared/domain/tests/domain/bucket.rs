use flatline_domain::circuit::PAUSE_MS;
use flatline_domain::lane::{Turn, turns};
use flatline_domain::{
    Allowance, Bucket, Circuit, Event, Fault, Level, QueuedNotice, Status, Told,
};
use proptest::prelude::*;

use super::at;

const THREE: Allowance = Allowance { burst: 3, refill_ms: 20_000 };

/// The levels that a bucket has before each of so many messages at these instants, in seconds.
fn levels(allowance: Allowance, moments: &[f64]) -> Vec<Level> {
    let mut bucket = Bucket::default();
    let take = |seconds: &f64| {
        let level = bucket.level(allowance, at(*seconds));
        if !matches!(level, Level::Empty(_)) {
            bucket = bucket.take(allowance, at(*seconds));
        }
        level
    };
    moments.iter().map(take).collect()
}

#[test]
fn a_few_at_once_then_one_at_a_time() {
    use Level::{Empty, Last, Several};
    let one = Allowance { burst: 1, ..THREE };
    let rows = [
        (
            "the third of three is for all that is ready, the next token comes after 20 s",
            THREE,
            vec![0.0, 0.0, 0.0, 0.0, 19.9, 20.0, 20.1, 40.0],
            vec![
                Several,
                Several,
                Last,
                Empty(at(20.0)),
                Empty(at(20.0)),
                Last,
                Empty(at(40.0)),
                Last,
            ],
        ),
        (
            "it fills up again one by one",
            THREE,
            vec![0.0, 0.0, 0.0, 40.0, 40.0, 40.0],
            vec![Several, Several, Last, Several, Last, Empty(at(60.0))],
        ),
        (
            "and never has more than it holds",
            THREE,
            vec![9_000.0, 9_000.0, 9_000.0, 9_000.0],
            vec![Several, Several, Last, Empty(at(9_020.0))],
        ),
        (
            "one at a time from the start",
            one,
            vec![0.0, 1.0, 20.0],
            vec![Last, Empty(at(20.0)), Last],
        ),
        (
            "no burst at all counts as one",
            Allowance { burst: 0, ..THREE },
            vec![0.0, 1.0],
            vec![Last, Empty(at(20.0))],
        ),
        (
            "a clock that was set back leaves a full bucket, not one that is empty until then",
            THREE,
            vec![0.0, 0.0, 0.0, -7_200.0],
            vec![Several, Several, Last, Several],
        ),
    ];
    for (says, allowance, moments, expect) in rows {
        assert_eq!(levels(allowance, &moments), expect, "{says}");
    }
}

proptest! {
    /// However often somebody asks: never more than a burst and one message per refill.
    #[test]
    fn no_stretch_of_time_has_more_messages_than_allowed(
        burst in 1_u32..6,
        waits_ms in prop::collection::vec(0_i64..30_000, 1..200),
    ) {
        let allowance = Allowance { burst, refill_ms: 20_000 };
        let (mut bucket, mut now, mut sent) = (Bucket::default(), at(0.0), Vec::new());
        for wait_ms in waits_ms {
            now = now.plus_ms(wait_ms);
            if let Level::Empty(until) = bucket.level(allowance, now) {
                prop_assert!(until > now && until.since_ms(now) <= 20_000);
                prop_assert!(!matches!(bucket.level(allowance, until), Level::Empty(_)));
                continue;
            }
            bucket = bucket.take(allowance, now);
            sent.push(now);
        }
        for (first, start) in sent.iter().enumerate() {
            for (count, end) in (1_i64..).zip(&sent[first..]) {
                prop_assert!(count <= i64::from(burst) + end.since_ms(*start) / 20_000);
            }
        }
    }
}

#[test]
fn a_channel_is_left_alone_when_it_asks_or_fails() {
    let well = Circuit::default();
    let now = at(0.0);
    let message = |circuit: Circuit| circuit.failed(Fault::Message(at(5.0)), now);
    let rows = [
        ("one failure may be the message's alone", message(well), None, false),
        ("so may a second", message(message(well)), None, false),
        ("three in a row are the channel's", message(message(message(well))), Some(at(5.0)), true),
        (
            "it asked for a pause",
            well.failed(Fault::Limit(at(3_000.0)), now),
            Some(at(3_000.0)),
            true,
        ),
        (
            "many as one are worth three",
            well.failed(Fault::Whole(at(5.0)), now),
            Some(at(5.0)),
            true,
        ),
        (
            "a failing one is never left alone for long",
            message(message(well)).failed(Fault::Message(at(900.0)), now),
            Some(now.plus_ms(PAUSE_MS)),
            true,
        ),
        (
            "a pause that a clock ran ahead of is over",
            well.failed(Fault::Limit(at(90_000.0)), now),
            None,
            false,
        ),
        ("accepted", Circuit::accepted(), None, false),
    ];
    for (says, circuit, held, open) in rows {
        assert_eq!((circuit.held(now), circuit.is_open(now)), (held, open), "{says}");
    }
    let failing = message(message(message(well)));
    assert_eq!(failing.held(at(5.0)), None, "then one message finds out");
    assert!(failing.is_open(at(6.0)), "and it is failing until that one is accepted");
}

fn notice(version: u64, status: Status, committed: f64) -> QueuedNotice {
    QueuedNotice {
        version,
        n: 0,
        event: if status == Status::Down { Event::Down } else { Event::Up },
        status,
        committed_at: at(committed),
        next_at: None,
        closing: false,
    }
}

#[test]
fn what_a_lane_would_send_now() {
    use Status::{Down, Up};
    let turn = |index, folded: &[usize]| Turn { index, folded: folded.to_vec() };
    let retry = |row: QueuedNotice| QueuedNotice { next_at: Some(at(90.0)), ..row };
    let reminder = |row: QueuedNotice| QueuedNotice { n: 1, event: Event::Reminder, ..row };
    let test = |row: QueuedNotice| QueuedNotice { event: Event::Test, ..row };
    let told = |status, seconds| Some(Told { status, version: 1, at: at(seconds) });
    let (down, up, again) = (notice(2, Down, 1.0), notice(3, Up, 2.0), notice(4, Down, 3.0));
    let rows = [
        ("nothing", vec![], None, vec![]),
        ("one", vec![down], None, vec![turn(0, &[])]),
        (
            "all of them, in order",
            vec![down, up, again],
            None,
            vec![turn(0, &[]), turn(1, &[]), turn(2, &[])],
        ),
        ("nothing while the first waits", vec![retry(down), up], None, vec![]),
        (
            "what comes before one that waits",
            vec![down, retry(up), again],
            None,
            vec![turn(0, &[])],
        ),
        ("what folds is named", vec![down, up, again], told(Up, 0.5), vec![turn(2, &[0, 1])]),
        ("a cooldown is a wait", vec![up], told(Down, 1.5), vec![]),
        ("a reminder stands for itself", vec![down, reminder(down)], None, vec![turn(0, &[])]),
        ("unless it comes first", vec![reminder(down)], told(Down, -900.0), vec![turn(0, &[])]),
        ("a test as well", vec![test(down), up], None, vec![turn(0, &[])]),
    ];
    for (says, rows, told, expect) in rows {
        assert_eq!(turns(&rows, told.as_ref(), 300_000, at(60.0)), expect, "{says}");
    }
}
