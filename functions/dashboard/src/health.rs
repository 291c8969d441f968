//! `GET /health`: whether the database answers, and how long ago the checker ran.

use flatline_domain::UnixMs;
use flatline_shared::render::time::rfc3339;
use serde::Serialize;

use crate::banner::{Checker, Vigil};

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
    /// `running`, `stopped`, `never-ran`, or `deaf`: its own heartbeats do not come through, so that
    /// silence is told late or not at all.
    pub status: &'static str,
    /// The newest tick, RFC 3339 UTC.
    pub last_tick: Option<String>,
    /// Since then, in ms.
    pub age_ms: Option<i64>,
    /// The newest proof that heartbeats come through, RFC 3339 UTC.
    pub last_proof: Option<String>,
}

impl Health {
    /// The answer at `now`.
    pub fn of(vigil: &Vigil, now: UnixMs) -> Self {
        let status = match Checker::of(vigil, now) {
            Checker::Running { .. } => "running",
            Checker::Deaf { .. } => "deaf",
            Checker::Stopped { .. } => "stopped",
            Checker::NeverRan => "never-ran",
        };
        let age_ms = |at: UnixMs| now.since_ms(at).max(0);
        let checker = CheckerHealth {
            status,
            last_tick: vigil.ticked_at.map(rfc3339),
            age_ms: vigil.ticked_at.map(age_ms),
            last_proof: vigil.proven_at.map(rfc3339),
        };
        Self { status: "ok", version: env!("CARGO_PKG_VERSION"), checker }
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
            let vigil = Vigil { ticked_at, proven_at: ticked_at, failing_since: None };
            let health = Health::of(&vigil, NOW);
            assert_eq!(health.status, "ok", "{why}");
            assert_eq!((health.checker.status, health.checker.age_ms), (status, age_ms), "{why}");
            assert_eq!(health.checker.last_tick, ticked_at.map(rfc3339), "{why}");
            assert_eq!(health.checker.last_proof, ticked_at.map(rfc3339), "{why}");
        }
        let proven_at = Some(NOW.plus_ms(-60_000));
        let deaf = Vigil { ticked_at: Some(NOW), proven_at, failing_since: proven_at };
        assert_eq!(Health::of(&deaf, NOW).checker.status, "deaf");
    }
}
