//! The one sentence on top, which must be true whatever is broken.

use flatline_domain::UnixMs;
use flatline_shared::render::duration::roughly;
use serde::Serialize;

use crate::board::{Board, Standing};

/// A tick marks itself each minute; two and a half without a mark mean that the checker stands.
const CHECKER_LATE_MS: i64 = 150_000;

/// A canary that fails is repeated within a second; to fail for so long is more than a flicker.
const DEAF_MS: i64 = 10_000;

/// The traces that the checker leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vigil {
    /// Its newest tick.
    pub ticked_at: Option<UnixMs>,
    /// The newest proof that heartbeats come through.
    pub proven_at: Option<UnixMs>,
    /// Since when canaries fail, if they do.
    pub failing_since: Option<UnixMs>,
}

/// Whether statuses are being judged at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checker {
    /// It marked a tick lately.
    Running {
        /// Since its newest mark.
        age_ms: i64,
    },
    /// It runs, but its own heartbeats do not come through: silence may prove nothing.
    Deaf {
        /// Since they do not.
        failing_ms: i64,
        /// Since the newest proof, theirs or another heartbeat's.
        proof_ms: i64,
    },
    /// It did before, but not lately.
    Stopped {
        /// Since its newest mark.
        age_ms: i64,
    },
    /// It never did.
    NeverRan,
}

impl Checker {
    /// What these traces say at `now`.
    pub fn of(vigil: &Vigil, now: UnixMs) -> Self {
        let age_ms = |at: UnixMs| now.since_ms(at).max(0);
        let proof_ms = vigil.proven_at.map_or(0, age_ms);
        let failing_ms = vigil.failing_since.map(age_ms).filter(|ms| *ms > DEAF_MS);
        let failing_ms = failing_ms.or((proof_ms > CHECKER_LATE_MS).then_some(proof_ms));
        match (vigil.ticked_at.map(age_ms), failing_ms) {
            (None, _) => Self::NeverRan,
            (Some(age_ms), _) if age_ms > CHECKER_LATE_MS => Self::Stopped { age_ms },
            (Some(_), Some(failing_ms)) => Self::Deaf { failing_ms, proof_ms },
            (Some(age_ms), None) => Self::Running { age_ms },
        }
    }

    /// Until when statuses were judged: silence after that is not known of.
    pub fn known_until(self, now: UnixMs) -> UnixMs {
        match self {
            Self::Running { .. } => now,
            Self::Stopped { age_ms } => now.plus_ms(-age_ms),
            Self::Deaf { proof_ms, .. } => now.plus_ms(-proof_ms),
            Self::NeverRan => UnixMs(0),
        }
    }

    /// What keeps it from judging, in few words and in a sentence, and what follows from that.
    pub fn trouble(self) -> Option<Trouble> {
        let stopped = |headline| Trouble {
            brief: STOPPED,
            headline,
            meanwhile: "Silence is not noticed until it runs again.",
        };
        match self {
            Self::Running { .. } => None,
            Self::Deaf { failing_ms, .. } => Some(Trouble {
                brief: "Flatline does not hear itself",
                headline: format!(
                    "Flatline does not hear its own heartbeats for {}",
                    roughly(failing_ms)
                ),
                meanwhile: "Silence is told late or not at all until it does.",
            }),
            Self::Stopped { age_ms } => {
                Some(stopped(format!("{STOPPED}: data is {} old", roughly(age_ms))))
            }
            Self::NeverRan => Some(stopped(format!("{STOPPED}: it has not run yet"))),
        }
    }
}

const STOPPED: &str = "Checker not running";

/// Why statuses are not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// For the title of a window.
    pub brief: &'static str,
    /// A sentence.
    pub headline: String,
    /// What follows from it.
    pub meanwhile: &'static str,
}

/// The sentence on top, and the one below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Banner {
    /// The class of the standing that gives it shape and colour.
    pub class: &'static str,
    /// The sentence.
    pub headline: String,
    /// The same for the title of a window: what is worst, in two or three words.
    pub brief: String,
    /// What else is to be said.
    pub detail: Option<String>,
}

impl Banner {
    fn new(standing: Standing, headline: impl Into<String>) -> Self {
        let headline = headline.into();
        Self { class: standing.class(), brief: headline.clone(), headline, detail: None }
    }

    fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// Says how everything is. What keeps us from knowing comes first, then what is worst.
pub fn banner(board: &Board<'_>, checker: Checker) -> Banner {
    let Some(Trouble { brief, headline, meanwhile }) = checker.trouble() else {
        return state(board);
    };
    Banner {
        brief: brief.to_owned(),
        ..Banner::new(Standing::Unreadable, headline).with_detail(blind_detail(board, meanwhile))
    }
}

/// What is said while the database does not answer.
pub fn unreadable() -> Banner {
    Banner::new(Standing::Unreadable, "The database cannot be read")
        .with_detail("Nothing is known of any service now. Refresh in a moment.")
}

fn blind_detail(board: &Board<'_>, meanwhile: &str) -> String {
    let known = state(board);
    let known = known.detail.unwrap_or(known.headline);
    format!("{meanwhile} Last known: {known}.")
}

/// How everything is, as far as is known.
fn state(board: &Board<'_>) -> Banner {
    let counts: Vec<(Standing, usize)> = Standing::ALL
        .into_iter()
        .filter(|standing| standing.is_trouble())
        .map(|standing| (standing, board.count(standing)))
        .filter(|(_, services)| *services > 0)
        .collect();
    match counts.first() {
        Some((worst, services)) => trouble(board, *worst, *services, &counts[1..]),
        None => calm(board),
    }
}

/// Something is wrong: how much of it, and the counts from the worst on.
fn trouble(
    board: &Board<'_>,
    worst: Standing,
    services: usize,
    others: &[(Standing, usize)],
) -> Banner {
    let watched = board.services().count() - board.count(Standing::Paused);
    let headline = match worst {
        Standing::Down if 2 * services >= watched && watched > 1 => "Major outage",
        Standing::Down => "Partial outage",
        Standing::Degraded => "Degraded",
        Standing::Late => "Heartbeats overdue",
        _ => "Records cannot be read",
    };
    let noun = if services == 1 { "service" } else { "services" };
    let brief = format!("{services} {noun} {}", worst.class());
    let more = others.iter().map(|(standing, count)| format!(", {count} {}", standing.class()));
    let detail = more.fold(brief.clone(), |all, one| all + &one);
    Banner { brief, ..Banner::new(worst, headline).with_detail(detail) }
}

/// Nothing is wrong, as far as is known.
fn calm(board: &Board<'_>) -> Banner {
    let unknown = board.count(Standing::Unknown);
    let banner = match (board.count(Standing::Up), unknown) {
        (0, 0) => Banner::new(Standing::Unknown, "No service is watched"),
        (0, _) => Banner::new(Standing::Unknown, "No data yet"),
        (_, 0) => Banner::new(Standing::Up, "All services operational"),
        _ => Banner::new(Standing::Up, "All reporting services operational"),
    };
    match unknown {
        0 => banner,
        1 => banner.with_detail("1 service waits for its first heartbeat"),
        n => banner.with_detail(format!("{n} services wait for their first heartbeat")),
    }
}

#[cfg(test)]
mod tests;
