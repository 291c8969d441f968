use flatline_domain::uptime::{Timeline, add_interval};
use flatline_domain::{Day, Hole, Reason, Status, Transition, UnixMs};

use super::{Hours, SPAN_MS, stretches, sum};
use crate::dossier::Past;
use crate::fixture::{DAY_MS, HOUR_MS, MINUTE_MS, NOW, record, service};

/// A service that was configured `created_ago_ms` ago and was so since then, newest last.
fn story(created_ago_ms: i64, steps: &[(Status, i64)]) -> (Past, Vec<Transition>) {
    let created = NOW.plus_ms(-created_ago_ms);
    let mut history = Vec::new();
    let (mut from, mut since) = (Status::Unknown, created);
    for (version, (to, ago_ms)) in (1..).zip(steps) {
        let at = NOW.plus_ms(-ago_ms);
        let (to, reason) = (*to, Reason::Silence);
        history.push(Transition { version, from, to, since, at, decided_at: at, reason });
        (from, since) = (to, at);
    }
    let mut record = record(&service("api", "API"), from, 0, 0);
    (record.configured_at, record.status_since) = (created, since);
    record.version = steps.len() as u64;
    (Past { record: Some(record), ..Past::default() }, history)
}

fn hole(from_ago_ms: i64, to_ago_ms: i64) -> Hole {
    Hole { start: NOW.plus_ms(-from_ago_ms), end: NOW.plus_ms(-to_ago_ms), failed: false }
}

/// What is drawn, and all of it in words.
fn drawn(past: &Past, history: &[Transition], until: UnixMs) -> (Vec<(usize, usize)>, String) {
    let all = stretches(past, history, NOW.plus_ms(-SPAN_MS), (until, NOW));
    let hours = Hours::of(&all, NOW);
    (hours.marks.iter().map(|mark| (mark.from, mark.minutes)).collect(), hours.label)
}

/// Why, age of the service in ms, its changes, blind time, how long the checker stands in ms, what is
/// drawn, and what is said.
type Row<'a> = (&'a str, i64, &'a [(Status, i64)], &'a [Hole], i64, &'a [(usize, usize)], &'a str);

#[test]
fn what_is_drawn_is_what_is_known() {
    use Status::{Down, Up};
    let long = 9 * DAY_MS;
    let up = (Up, 8 * DAY_MS);
    let outage = [up, (Down, 2 * HOUR_MS), (Up, HOUR_MS)];
    let flicker = [up, (Down, HOUR_MS), (Up, HOUR_MS - 3_000), (Down, HOUR_MS - 9_000)];
    let flicker = [&flicker[..], &[(Up, HOUR_MS - 11_000)]].concat();
    let rows: [Row<'_>; 8] = [
        ("nothing happened", long, &[up], &[], 0, &[], "Up the whole time"),
        (
            "Flatline stood for five minutes",
            long,
            &[up],
            &[hole(HOUR_MS, 55 * MINUTE_MS)],
            0,
            &[(1_380, 5)],
            "Nobody watched for 5 min at 11:00 UTC.",
        ),
        (
            "a hole inside an outage: it was down before and after",
            long,
            &outage,
            &[hole(100 * MINUTE_MS, 90 * MINUTE_MS)],
            0,
            &[(1_320, 60)],
            "Down for 1 h at 10:00 UTC.",
        ),
        (
            "a hole that reaches into an outage counts up to it",
            long,
            &outage,
            &[hole(130 * MINUTE_MS, 90 * MINUTE_MS)],
            0,
            &[(1_310, 10), (1_320, 60)],
            "Down for 1 h at 10:00 UTC. Nobody watched for 10 min at 09:50 UTC.",
        ),
        (
            "the checker stands for six hours",
            long,
            &[up],
            &[],
            6 * HOUR_MS,
            &[(1_080, 360)],
            "Nobody watched for 6 h at 06:00 UTC.",
        ),
        (
            "it was configured 17 minutes ago and waited for 3 s",
            17 * MINUTE_MS,
            &[(Up, 17 * MINUTE_MS - 3_000)],
            &[],
            0,
            &[(0, 1_423), (1_423, 1)],
            "Not watched yet for 23 h 43 min at 12:00 UTC. Unknown for 3 s at 11:43 UTC.",
        ),
        (
            "what is shorter than a minute shares it",
            long,
            &flicker,
            &[],
            0,
            &[(1_380, 1)],
            "Down 2 times, 5 s in all, last at 11:00 UTC.",
        ),
        (
            "nobody knows the past",
            0,
            &[],
            &[],
            0,
            &[(0, 1_440)],
            "Not watched yet for 1 d at 12:00 UTC.",
        ),
    ];
    for (sentence, created_ago_ms, steps, holes, dead_ms, marks, label) in rows {
        let (mut past, history) = story(created_ago_ms, steps);
        past.holes = holes.to_vec();
        let (drawn, said) = drawn(&past, &history, NOW.plus_ms(-dead_ms));
        assert_eq!((drawn.as_slice(), said.as_str()), (marks, label), "{sentence}");
    }
}

#[test]
fn a_storm_of_changes_is_one_mark_and_one_sentence() {
    let change = |n: i64| {
        let to = if n % 2 == 0 { Status::Down } else { Status::Up };
        (to, HOUR_MS - n * 10)
    };
    let steps: Vec<_> =
        std::iter::once((Status::Up, 2 * DAY_MS)).chain((0..6_000).map(change)).collect();
    let (past, history) = story(9 * DAY_MS, &steps);
    let all = stretches(&past, &history, NOW.plus_ms(-SPAN_MS), (NOW, NOW));
    let hours = Hours::of(&all, NOW);
    assert_eq!(hours.label, "Down 3000 times, 30 s in all, last at 11:00 UTC.");
    assert_eq!(hours.marks.len(), 1);
    assert_eq!((hours.spells.len(), hours.more), (20, 2_980));
}

#[test]
fn the_share_of_a_day_is_that_of_its_24_hours() {
    use Status::{Degraded, Down, Up};
    let midnight = NOW.day().start();
    let ago = |hours: i64| NOW.since_ms(midnight) + hours * HOUR_MS;
    let steps =
        [(Up, ago(40)), (Down, ago(20)), (Degraded, ago(17)), (Up, ago(15)), (Down, ago(2))];
    let (mut past, history) = story(9 * DAY_MS, &steps);
    // In a time up, across the end of an outage, inside one, and across the beginning of one.
    past.holes = [(23, 22), (16, 14), (19, 18), (3, 1)].map(|(a, b)| hole(ago(a), ago(b))).into();
    past.holes.sort_by_key(|hole| hole.start);
    for one in &history {
        add_interval(&mut past.days, one.from, one.since, one.at, &past.holes);
    }
    let record = past.record.as_ref().unwrap();
    let timeline = Timeline {
        days: &past.days,
        created: record.configured_at,
        status: record.status,
        since: record.status_since,
        holes: &past.holes,
    };
    let day = timeline.day(Day(midnight.day().0 - 1), midnight);
    let all = stretches(&past, &history, midnight.plus_ms(-SPAN_MS), (midnight, midnight));
    assert_eq!(sum(&all, midnight), day);
    assert_eq!(day.unknown_ms, 3 * HOUR_MS, "only where it was up");
}
