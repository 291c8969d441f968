use flatline_domain::sight::merged;
use flatline_domain::time::DAY_MS;
use flatline_domain::uptime::{Timeline, add_interval};
use flatline_domain::{Day, DayTotals, Days, Hole, Status, UnixMs, Uptime};
use proptest::prelude::*;

const HOUR_MS: i64 = 3_600_000;

fn hour(hours: i64) -> UnixMs {
    Day(20_000).start().plus_ms(hours * HOUR_MS)
}

fn timeline<'a>(days: &'a Days, status: Status, since: UnixMs, holes: &'a [Hole]) -> Timeline<'a> {
    Timeline { days, created: hour(0), status, since, holes }
}

#[test]
fn an_interval_is_split_at_midnight() {
    let mut days = Days::new();
    let changed = add_interval(&mut days, Status::Down, hour(22), hour(49), &[]);
    assert_eq!(changed, [Day(20_000), Day(20_001), Day(20_002)]);
    let down: Vec<_> = days.values().map(|day| day.down_ms / HOUR_MS).collect();
    assert_eq!(down, [2, 24, 1]);
}

#[test]
fn up_time_and_empty_intervals_write_nothing() {
    let mut days = Days::new();
    assert!(add_interval(&mut days, Status::Up, hour(0), hour(5), &[]).is_empty());
    assert!(add_interval(&mut days, Status::Down, hour(5), hour(5), &[]).is_empty());
    assert!(days.is_empty());
}

#[test]
fn what_is_not_written_was_up_since_creation() {
    let days = Days::from([(Day(20_000), DayTotals { down_ms: HOUR_MS, ..DayTotals::default() })]);
    let uptime = timeline(&days, Status::Up, hour(3), &[]).day(Day(20_000), hour(24));
    assert_eq!(uptime, Uptime { up_ms: 23 * HOUR_MS, down_ms: HOUR_MS, ..Uptime::default() });
    let before = timeline(&days, Status::Up, hour(3), &[]).day(Day(19_999), hour(24));
    assert_eq!(before, Uptime::default(), "before it was created there is nothing");
    assert_eq!(before.percentage(), None);
}

#[test]
fn a_span_that_ends_before_it_begins_has_nothing() {
    let days = Days::from([(Day(20_000), DayTotals { down_ms: HOUR_MS, ..DayTotals::default() })]);
    let timeline = timeline(&days, Status::Down, hour(3), &[]);
    let (first, last) = (Day(20_000), Day(0));
    assert_eq!(timeline.uneven_days(first, last, UnixMs(0)), []);
    assert_eq!(timeline.total(first, last, UnixMs(0), &[]), Uptime::default());
}

#[test]
fn the_status_that_still_holds_counts_until_now() {
    let uptime = timeline(&Days::new(), Status::Down, hour(20), &[]).day(Day(20_000), hour(22));
    assert_eq!((uptime.up_ms, uptime.down_ms), (20 * HOUR_MS, 2 * HOUR_MS));
    let next = timeline(&Days::new(), Status::Down, hour(20), &[]).day(Day(20_001), hour(25));
    assert_eq!((next.up_ms, next.down_ms), (0, HOUR_MS));
}

#[test]
fn blind_time_is_unknown_not_up_and_does_not_excuse_downtime() {
    let hole = [Hole { start: hour(4), end: hour(6), failed: false }];
    let uptime = timeline(&Days::new(), Status::Up, hour(0), &hole).day(Day(20_000), hour(10));
    assert_eq!((uptime.up_ms, uptime.unknown_ms), (8 * HOUR_MS, 2 * HOUR_MS));
    let down = timeline(&Days::new(), Status::Down, hour(0), &hole).day(Day(20_000), hour(10));
    assert_eq!((down.down_ms, down.unknown_ms), (10 * HOUR_MS, 0));
}

#[test]
fn blind_time_during_downtime_takes_nothing_from_the_time_that_was_up() {
    let hole = [Hole { start: hour(4), end: hour(7), failed: false }];
    let mut days = Days::new();
    add_interval(&mut days, Status::Down, hour(4), hour(6), &hole);
    let back = timeline(&days, Status::Up, hour(6), &hole).day(Day(20_000), hour(10));
    assert_eq!((back.up_ms, back.down_ms, back.unknown_ms), (7 * HOUR_MS, 2 * HOUR_MS, HOUR_MS));
    let none = Days::new();
    let still = timeline(&none, Status::Down, hour(4), &hole).day(Day(20_000), hour(10));
    assert_eq!((still.up_ms, still.down_ms, still.unknown_ms), (4 * HOUR_MS, 6 * HOUR_MS, 0));
}

#[test]
fn holes_that_touch_are_one() {
    let hole = |start, end, failed| Hole { start: hour(start), end: hour(end), failed };
    let apart =
        merged(vec![hole(4, 5, false), hole(9, 10, false), hole(2, 4, true), hole(3, 4, false)]);
    assert_eq!(apart, [hole(2, 5, true), hole(9, 10, false)]);
}

#[test]
fn an_imported_day_counts_whole_and_nothing_of_ours_changes_it() {
    let imported = DayTotals { down_ms: HOUR_MS, imported: true, ..DayTotals::default() };
    let mut days = Days::from([(Day(19_998), imported)]);
    add_interval(&mut days, Status::Down, hour(-48), hour(-24), &[]);
    assert_eq!(days[&Day(19_998)], imported);
    let hole = [Hole { start: hour(-48), end: hour(-40), failed: true }];
    let timeline = timeline(&days, Status::Down, hour(-48), &hole);
    let uptime = timeline.day(Day(19_998), hour(9));
    assert_eq!((uptime.up_ms, uptime.down_ms), (23 * HOUR_MS, HOUR_MS));
    assert_eq!(timeline.first_day(), Day(19_998));
}

#[test]
fn percentages_count_degraded_half_and_unknown_not_at_all() {
    let rows = [
        ("all up", Uptime { up_ms: 5, ..Uptime::default() }, Some(100.0)),
        ("all down", Uptime { down_ms: 5, ..Uptime::default() }, Some(0.0)),
        (
            "degraded counts half",
            Uptime { up_ms: 1, degraded_ms: 1, ..Uptime::default() },
            Some(75.0),
        ),
        (
            "unknown only is no figure, not zero",
            Uptime { unknown_ms: 5, ..Uptime::default() },
            None,
        ),
        (
            "unknown changes nothing",
            Uptime { up_ms: 3, down_ms: 1, unknown_ms: 90, ..Uptime::default() },
            Some(75.0),
        ),
    ];
    for (says, uptime, expect) in rows {
        assert_eq!(uptime.percentage(), expect, "{says}");
    }
}

proptest! {
    /// What is read is what an hour by hour count of the same intervals and holes says.
    #[test]
    fn blind_time_is_taken_from_what_was_up_and_from_nothing_else(
        steps in prop::collection::vec((1_i64..30, 0_usize..4), 1..12),
        blind in prop::collection::vec((0_i64..200, 1_i64..20), 0..5),
    ) {
        const STATUSES: [Status; 4] = [Status::Up, Status::Degraded, Status::Down, Status::Paused];
        let holes = merged(
            blind.iter().map(|(at, len)| Hole { start: hour(*at), end: hour(at + len), failed: false }).collect(),
        );
        let mut days = Days::new();
        let (mut since, mut status) = (0, Status::Up);
        let mut hours = Vec::new();
        for (length, next) in steps {
            add_interval(&mut days, status, hour(since), hour(since + length), &holes);
            hours.extend(std::iter::repeat_n(status, length as usize));
            (since, status) = (since + length, STATUSES[next]);
        }
        hours.extend([status; 3]);
        let now = hours.len() as i64;
        let is_blind = |at: i64| holes.iter().any(|hole| hole.start <= hour(at) && hour(at) < hole.end);
        let line = timeline(&days, status, hour(since), &holes);
        for (day, uptime) in line.days(Day(20_000), hour(now - 1).day(), hour(now)) {
            let mut counted = Uptime::default();
            for at in (0..now).filter(|at| hour(*at).day() == day) {
                match hours[at as usize] {
                    Status::Up if !is_blind(at) => counted.up_ms += HOUR_MS,
                    Status::Degraded => counted.degraded_ms += HOUR_MS,
                    Status::Down => counted.down_ms += HOUR_MS,
                    _ => counted.unknown_ms += HOUR_MS,
                }
            }
            prop_assert_eq!(uptime, counted);
        }
    }

    /// Whatever intervals follow each other, each day adds up to its length to the millisecond.
    #[test]
    fn days_add_up(steps in prop::collection::vec((1_i64..3 * DAY_MS, 0_usize..4), 1..30)) {
        const STATUSES: [Status; 4] = [Status::Up, Status::Degraded, Status::Down, Status::Paused];
        let mut days = Days::new();
        let (mut since, mut status) = (hour(0), Status::Unknown);
        for (length_ms, next) in steps {
            let end = since.plus_ms(length_ms);
            add_interval(&mut days, status, since, end, &[]);
            (since, status) = (end, STATUSES[next]);
        }
        let now = since.plus_ms(HOUR_MS);
        let line = timeline(&days, status, since, &[]);
        let mut total = Uptime::default();
        for (day, uptime) in line.days(Day(20_000), now.day(), now) {
            let whole = day.next().start().min(now).since_ms(day.start());
            prop_assert_eq!(uptime.up_ms + uptime.degraded_ms + uptime.down_ms + uptime.unknown_ms, whole);
            total = total.plus(uptime);
        }
        prop_assert_eq!(total.up_ms + total.degraded_ms + total.down_ms + total.unknown_ms, now.since_ms(hour(0)));
        let holes = [Hole { start: hour(5), end: hour(30), failed: false }];
        let recorded = DayTotals { down_ms: HOUR_MS, imported: true, ..DayTotals::default() };
        let perfect = DayTotals { down_ms: 0, ..recorded };
        let mut imported = days.clone();
        imported.extend([(Day(19_993), recorded), (Day(19_994), perfect), (Day(20_000), recorded)]);
        for (days, holes) in [(&days, &[][..]), (&days, &holes), (&imported, &holes)] {
            let line = timeline(days, status, since, holes);
            for (first, last) in [(Day(20_000), now.day()), (Day(19_990), Day(20_003))] {
                let all: Vec<_> = line.days(first, last, now).collect();
                let sum = all.iter().fold(Uptime::default(), |sum, (_, day)| sum.plus(*day));
                let uneven = line.uneven_days(first, last, now);
                prop_assert_eq!(line.total(first, last, now, &uneven), sum, "the quick sum is the slow one");
                let rest = all.iter().filter(|one| !uneven.contains(one));
                prop_assert!(rest.clone().all(|(_, day)| day.up_ms == day.known_ms()), "the others were up");
                let known = first >= line.first_day() && last <= now.day();
                prop_assert!(!known || rest.clone().all(|(_, day)| day.up_ms > 0), "the others are known");
            }
        }
    }
}
