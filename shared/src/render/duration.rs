//! How long, in words. Everything rounds down: what is said has passed.

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The two largest units that are not zero: `42 s`, `2 min 5 s`, `3 h`, `4 d 7 h`. Less than a
/// second, and anything negative, is `0 s`.
#[must_use]
pub fn words(ms: i64) -> String {
    let (large_ms, large, small_ms, small) = match ms {
        DAY_MS.. => (DAY_MS, "d", HOUR_MS, "h"),
        HOUR_MS.. => (HOUR_MS, "h", MINUTE_MS, "min"),
        MINUTE_MS.. => (MINUTE_MS, "min", SECOND_MS, "s"),
        _ => return format!("{} s", ms.max(0) / SECOND_MS),
    };
    let rest = ms % large_ms / small_ms;
    let whole = format!("{} {large}", ms / large_ms);
    if rest == 0 { whole } else { format!("{whole} {rest} {small}") }
}

/// How long ago: `just now`, `42 s ago`, `2 min 5 s ago`.
#[must_use]
pub fn ago(ms: i64) -> String {
    if ms < SECOND_MS { "just now".to_owned() } else { format!("{} ago", words(ms)) }
}

/// One unit, written out: `1 minute`, `90 minutes`, `3 hours`, `12 days`. A unit is used from two
/// of it on; less than a minute is `0 minutes`.
#[must_use]
pub fn roughly(ms: i64) -> String {
    let (count, unit) = match ms {
        ms if ms >= 2 * DAY_MS => (ms / DAY_MS, "day"),
        ms if ms >= 2 * HOUR_MS => (ms / HOUR_MS, "hour"),
        ms => (ms.max(0) / MINUTE_MS, "minute"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_their_two_largest_units() {
        let rows = [
            ("a negative duration is none", -5_000, "0 s"),
            ("nothing is zero seconds", 0, "0 s"),
            ("the last moment of a second is still that second", 999, "0 s"),
            ("seconds stand alone", 42_000, "42 s"),
            ("just before a minute", 59_999, "59 s"),
            ("a whole minute says no seconds", 60_000, "1 min"),
            ("minutes and seconds", 125_000, "2 min 5 s"),
            ("a whole hour says no minutes, seconds are left out", 3_601_000, "1 h"),
            ("hours and minutes", 3 * HOUR_MS + 12 * MINUTE_MS, "3 h 12 min"),
            ("just before a day", DAY_MS - 1, "23 h 59 min"),
            ("days and hours", 4 * DAY_MS + 7 * HOUR_MS, "4 d 7 h"),
            ("years stay days", 800 * DAY_MS, "800 d"),
            ("the largest number does not overflow", i64::MAX, "106751991167 d 7 h"),
        ];
        for (why, ms, expected) in rows {
            assert_eq!(words(ms), expected, "{why}");
        }
    }

    #[test]
    fn relative_times_name_the_moment() {
        let rows = [
            ("a clock that runs ahead of ours is now", -3_000, "just now"),
            ("under a second is now", 999, "just now"),
            ("one second is a second", 1_000, "1 s ago"),
            ("longer ones say two units", 125_000, "2 min 5 s ago"),
        ];
        for (why, ms, expected) in rows {
            assert_eq!(ago(ms), expected, "{why}");
        }
    }

    #[test]
    fn rough_ages_are_one_unit() {
        let rows = [
            ("under a minute", 30_000, "0 minutes"),
            ("one is singular", 119_999, "1 minute"),
            ("minutes go on until two hours", 119 * MINUTE_MS, "119 minutes"),
            ("then hours", 2 * HOUR_MS, "2 hours"),
            ("hours go on until two days", 47 * HOUR_MS, "47 hours"),
            ("then days", 12 * DAY_MS + HOUR_MS, "12 days"),
        ];
        for (why, ms, expected) in rows {
            assert_eq!(roughly(ms), expected, "{why}");
        }
    }
}
