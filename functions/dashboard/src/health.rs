//! `GET /health`: whether the database answers, and how long ago the checker ran.

use flatline_domain::UnixMs;
use flatline_shared::render::time::rfc3339;
use serde::Serialize;

use crate::banner::Checker;

/// The answer with 200. That the checker stands is said, and no reason to restart the page.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
    /// Flatline's version.
    pub version: &'static str,
    /// How the checker is.
    pub checker: CheckerHealth,
}

/// How the checker is.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckerHealth {
    /// `running`, `stopped` or `never-ran`.
    pub status: &'static str,
    /// The newest tick, RFC 3339 UTC.
    pub last_tick: Option<String>,
    /// Since then, in ms.
    pub age_ms: Option<i64>,
}

impl Health {
    /// The answer at `now`.
    pub fn of(ticked_at: Option<UnixMs>, now: UnixMs) -> Self {
        let (status, age_ms) = match Checker::of(ticked_at, now) {
            Checker::Running { age_ms } => ("running", Some(age_ms)),
            Checker::Stopped { age_ms } => ("stopped", Some(age_ms)),
            Checker::NeverRan => ("never-ran", None),
        };
        Self {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            checker: CheckerHealth { status, last_tick: ticked_at.map(rfc3339), age_ms },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::NOW;

    #[test]
    fn the_checker_is_described_and_never_makes_the_answer_fail() {
        let rows = [
            ("it ran a moment ago", Some(1_500), "running", Some(1_500)),
            ("it stands", Some(600_000), "stopped", Some(600_000)),
            ("it never ran", None, "never-ran", None),
        ];
        for (why, ago_ms, status, age_ms) in rows {
            let ticked_at = ago_ms.map(|ago_ms: i64| NOW.plus_ms(-ago_ms));
            let health = Health::of(ticked_at, NOW);
            assert_eq!(health.status, "ok", "{why}");
            assert_eq!((health.checker.status, health.checker.age_ms), (status, age_ms), "{why}");
            assert_eq!(health.checker.last_tick, ticked_at.map(rfc3339), "{why}");
        }
    }
}
