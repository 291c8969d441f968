use flatline_domain::{Day, Uptime};
use flatline_shared::config::Settings;

use super::{Mark, Spell, Strip};
use crate::look::Levels;

const HOUR_MS: i64 = 3_600_000;

fn strip(first: i64, created: i64, uneven: &[(Day, Uptime)]) -> Strip {
    let levels = Levels::of(&Settings::default());
    Strip::of(&Spell {
        first: Day(first),
        last: Day(20_009),
        created: Day(created),
        uneven,
        set: levels.set(None),
    })
}

fn day(number: i64, down_h: i64) -> (Day, Uptime) {
    let up_ms = (24 - down_h) * HOUR_MS;
    (Day(number), Uptime { up_ms, down_ms: down_h * HOUR_MS, ..Uptime::default() })
}

fn marks(strip: &Strip) -> Vec<(&str, &str)> {
    strip.marks.iter().map(|Mark { class, path }| (class.as_str(), path.as_str())).collect()
}

#[test]
fn only_days_that_were_not_wholly_up_are_drawn() {
    let calm = strip(20_000, 19_000, &[]);
    assert_eq!((calm.days, calm.marks.len()), (10, 0));
    assert_eq!(calm.label, "No trouble in 10 days");
}

#[test]
fn days_of_one_level_are_one_path() {
    let fair = (Day(20_004), Uptime { up_ms: 98, down_ms: 2, ..Uptime::default() });
    let strip = strip(20_000, 19_000, &[day(20_001, 6), fair, day(20_009, 24)]);
    assert_eq!(marks(&strip), [("k3", "M1 1h1M9 1h1"), ("k2", "M4 1h1")]);
    assert_eq!(strip.figures, "1:75.00 4:98.00 9:0");
    assert_eq!(strip.label, "Trouble on 3 days of 10 days, worst 2024-10-13 with 0 %");
}

#[test]
fn what_is_not_known_is_neither_good_nor_bad() {
    let unknown = (Day(20_007), Uptime { unknown_ms: 24 * HOUR_MS, ..Uptime::default() });
    let half = (Day(20_008), Uptime { up_ms: 1, unknown_ms: 1, ..Uptime::default() });
    let young = strip(20_000, 20_003, &[unknown, half]);
    assert_eq!(marks(&young), [("kn", "M0 1h3M7 1h1")], "before it was there, and a blind day");
    assert_eq!(young.label, "No trouble in 7 days");
    assert_eq!(strip(20_000, 20_020, &[]).label, "No data yet");
    assert_eq!(strip(20_000, 20_009, &[]).label, "No trouble in 1 day");
}
