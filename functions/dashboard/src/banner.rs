//! The one sentence on top, which must be true whatever is broken.

use flatline_domain::UnixMs;
use flatline_shared::render::duration::roughly;
use serde::Serialize;

use crate::board::{Board, Standing};

/// A tick marks itself each minute; two and a half without a mark mean that the checker stands.
const CHECKER_LATE_MS: i64 = 150_000;

/// Whether statuses are being judged at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checker {
    /// It marked a tick lately.
    Running {
        /// Since its newest mark.
        age_ms: i64,
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
    /// What the newest mark says at `now`.
    pub fn of(ticked_at: Option<UnixMs>, now: UnixMs) -> Self {
        match ticked_at.map(|at| now.since_ms(at).max(0)) {
            None => Self::NeverRan,
            Some(age_ms) if age_ms > CHECKER_LATE_MS => Self::Stopped { age_ms },
            Some(age_ms) => Self::Running { age_ms },
        }
    }
}

impl Checker {
    /// Until when statuses were judged: silence after that is not known of.
    pub fn known_until(self, now: UnixMs) -> UnixMs {
        match self {
            Self::Running { .. } => now,
            Self::Stopped { age_ms } => now.plus_ms(-age_ms),
            Self::NeverRan => UnixMs(0),
        }
    }
}

/// The sentence on top, and the one below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Banner {
    /// The class of the standing that gives it shape and colour.
    pub class: &'static str,
    /// The sentence.
    pub headline: String,
    /// What else is to be said.
    pub detail: Option<String>,
}

/// Says how everything is. What keeps us from knowing comes first, then what is worst.
pub fn banner(board: &Board<'_>, checker: Checker) -> Banner {
    match checker {
        Checker::Running { .. } => state(board),
        Checker::Stopped { age_ms } => Banner {
            class: Standing::Unreadable.class(),
            headline: format!("Checker not running: data is {} old", roughly(age_ms)),
            detail: Some(stopped_detail(board)),
        },
        Checker::NeverRan => Banner {
            class: Standing::Unreadable.class(),
            headline: "Checker not running: it has not run yet".to_owned(),
            detail: Some(stopped_detail(board)),
        },
    }
}

/// What is said while the database does not answer.
pub fn unreadable() -> Banner {
    Banner {
        class: Standing::Unreadable.class(),
        headline: "The database cannot be read".to_owned(),
        detail: Some("Nothing is known of any service now. Refresh in a moment.".to_owned()),
    }
}

fn stopped_detail(board: &Board<'_>) -> String {
    let known = state(board).headline;
    format!("Silence is not noticed until it runs again. Last known: {known}.")
}

/// How everything is, as far as is known. Only the worst is said here; the page names and counts
/// the others right below.
fn state(board: &Board<'_>) -> Banner {
    let troubles = Standing::ALL.into_iter().filter(|standing| standing.is_trouble());
    for standing in troubles {
        let class = standing.class();
        match board.count(standing) {
            0 => {}
            1 => return Banner { class, headline: format!("1 service {class}"), detail: None },
            n => return Banner { class, headline: format!("{n} services {class}"), detail: None },
        }
    }
    let unknown = board.count(Standing::Unknown);
    let (standing, headline) = match (board.count(Standing::Up), unknown) {
        (0, 0) => (Standing::Unknown, "No service is watched"),
        (0, _) => (Standing::Unknown, "No data yet"),
        (_, 0) => (Standing::Up, "All services operational"),
        _ => (Standing::Up, "All reporting services operational"),
    };
    let detail = match unknown {
        0 => None,
        1 => Some("1 service waits for its first heartbeat".to_owned()),
        n => Some(format!("{n} services wait for their first heartbeat")),
    };
    Banner { class: standing.class(), headline: headline.to_owned(), detail }
}

#[cfg(test)]
mod tests;
