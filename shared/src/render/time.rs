//! Instants, days and durations as text.

use flatline_domain::{Day, UnixMs};
use jiff::Timestamp;

fn timestamp(at: UnixMs) -> Timestamp {
    // The last day of 9999, where `UnixMs::NEVER` lies, is beyond the range of jiff.
    Timestamp::from_millisecond(at.0.max(0)).unwrap_or(Timestamp::MAX)
}

/// RFC 3339 in UTC with three decimals: `2026-11-22T13:07:33.041Z`.
#[must_use]
pub fn rfc3339(at: UnixMs) -> String {
    format!("{:.3}", timestamp(at))
}

/// For people, to the second: `2026-11-22 13:07:33 UTC`.
#[must_use]
pub fn utc(at: UnixMs) -> String {
    timestamp(at).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// For people, to the second, in a zone by its IANA name: `2026-11-22 14:07:33 CET`. A zone that does
/// not exist counts as UTC.
#[must_use]
pub fn in_zone(at: UnixMs, zone: &str) -> String {
    match timestamp(at).in_tz(zone) {
        Ok(zoned) => zoned.strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        Err(_) => utc(at),
    }
}

/// Whether there is a zone of this name.
#[must_use]
pub fn is_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

/// `2026-11-22`.
#[must_use]
pub fn date(day: Day) -> String {
    timestamp(day.start()).strftime("%Y-%m-%d").to_string()
}

/// Reads RFC 3339 with any offset. `None`: it is not.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<UnixMs> {
    text.parse::<Timestamp>().ok().map(|at| UnixMs(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_utc() {
        let rows = [
            ("the beginning", 0, "1970-01-01T00:00:00.000Z", "1970-01-01 00:00:00 UTC"),
            (
                "three decimals",
                1_795_348_800_041,
                "2026-11-22T12:00:00.041Z",
                "2026-11-22 12:00:00 UTC",
            ),
            (
                "never is the last instant there is",
                UnixMs::NEVER.0,
                "9999-12-30T22:00:00.999Z",
                "9999-12-30 22:00:00 UTC",
            ),
            ("before 1970 is 1970", -1, "1970-01-01T00:00:00.000Z", "1970-01-01 00:00:00 UTC"),
        ];
        for (why, ms, exact, for_people) in rows {
            assert_eq!(rfc3339(UnixMs(ms)), exact, "{why}");
            assert_eq!(utc(UnixMs(ms)), for_people, "{why}");
        }
        assert_eq!(date(UnixMs(1_795_348_800_041).day()), "2026-11-22");
    }

    #[test]
    fn instants_are_written_in_zones() {
        let at = |earlier_ms: i64| UnixMs(1_795_348_800_041 - earlier_ms);
        let rows = [
            ("the zone's own abbreviation", at(0), "Europe/Berlin", "2026-11-22 13:00:00 CET"),
            (
                "in summer too",
                at(150 * 86_400_000_i64),
                "Europe/Berlin",
                "2026-06-25 14:00:00 CEST",
            ),
            ("UTC says so", at(0), "UTC", "2026-11-22 12:00:00 UTC"),
            ("an unknown zone is UTC", at(0), "Europe/Atlantis", "2026-11-22 12:00:00 UTC"),
        ];
        for (why, at, zone, expected) in rows {
            assert_eq!(in_zone(at, zone), expected, "{why}");
        }
        assert!(is_zone("Asia/Kathmandu") && !is_zone("Europe/Atlantis"));
    }

    #[test]
    fn instants_are_read_with_any_offset() {
        let rows = [
            ("UTC", "2026-11-22T12:00:00.041Z", Some(1_795_348_800_041)),
            ("another zone", "2026-11-22T14:00:00.041+02:00", Some(1_795_348_800_041)),
            ("without a zone it is no instant", "2026-11-22T12:00:00", None),
            ("words are none", "yesterday", None),
        ];
        for (why, text, expected) in rows {
            assert_eq!(parse_rfc3339(text), expected.map(UnixMs), "{why}");
        }
    }
}
