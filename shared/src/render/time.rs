//! Instants, days and durations as text.

use flatline_domain::{Day, UnixMs};
use jiff::Timestamp;

fn timestamp(at: UnixMs) -> Timestamp {
    Timestamp::from_millisecond(at.0.clamp(0, UnixMs::NEVER.0))
        .expect("years 1970 to 9999 are within the range of jiff")
}

/// RFC 3339 in UTC with three decimals: `2026-11-22T13:07:33.041Z`.
#[must_use]
pub fn rfc3339(at: UnixMs) -> String {
    format!("{:.3}", timestamp(at))
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
