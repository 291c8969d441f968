//! How to send the first heartbeat, shown while nothing was ever heard.

use serde::Serialize;

use crate::board::{Board, Standing};

/// A command to copy, and whether a key has to be put in first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// The command line; never with a key.
    pub command: String,
    /// Whether the command reads a key from `$FLATLINE_API_KEY`.
    pub needs_key: bool,
}

impl Hint {
    /// The command for the first service that is watched. `None` once any service was heard.
    pub fn of(board: &Board<'_>, base_url: &str) -> Option<Self> {
        let heard = |watched: &&crate::board::Watched<'_>| {
            watched.record.is_some_and(|record| record.last_beat.is_some())
                || watched.standing == Standing::Unreadable
        };
        if board.services().any(|watched| heard(&watched)) {
            return None;
        }
        let first = board.services().find(|watched| watched.standing != Standing::Paused)?;
        let needs_key = first.service.auth_required;
        let url = quoted(&format!("{base_url}/api/heartbeat"));
        let key =
            if needs_key { " \\\n  -H \"Authorization: Bearer $FLATLINE_API_KEY\"" } else { "" };
        let body = serde_json::json!({ "serviceId": first.service.spec.id }).to_string();
        let command = format!("curl {url}{key} \\\n  -d {}", quoted(&body));
        Some(Self { command, needs_key })
    }
}

/// One word of a POSIX shell, whatever is in it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
