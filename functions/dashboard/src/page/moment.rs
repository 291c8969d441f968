//! An instant as a page shows it.

use flatline_domain::UnixMs;
use flatline_shared::render::duration::{ago, words};
use flatline_shared::render::time::{rfc3339, utc};
use serde::Serialize;

/// An instant, relative and exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// RFC 3339 UTC, for programs.
    pub iso: String,
    /// UTC to the second, for people.
    pub utc: String,
    /// `42 s ago`.
    pub ago: String,
    /// `42 s`.
    pub span: String,
}

impl Moment {
    /// `at`, seen from `now`.
    pub fn of(at: UnixMs, now: UnixMs) -> Self {
        let elapsed_ms = now.since_ms(at);
        Self { iso: rfc3339(at), utc: utc(at), ago: ago(elapsed_ms), span: words(elapsed_ms) }
    }
}
