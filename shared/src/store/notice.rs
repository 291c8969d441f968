//! What a delivery says, cut to what an outbox row may hold.

use std::collections::BTreeMap;

use flatline_domain::{AlertPhase, Status, UnixMs};
use serde::{Deserialize, Serialize};

use crate::render::text::cut;

/// Bytes of JSON that the notice of a service's transition may have: with it a row costs one write.
/// The whole message stays in the log.
pub const NOTICE_MAX_BYTES: usize = 1_024;
/// Bytes of JSON that the notice of an external alert may have: nothing else keeps its labels.
pub const ALERT_NOTICE_MAX_BYTES: usize = 16_384;
/// A longer link is left out: half of one leads nowhere.
const LINK_MAX_BYTES: usize = 2_048;
/// Bytes of a name that go before the rest of it.
const NAME_FIRST_BYTES: usize = 100;
/// Bytes of the message that go before the labels.
const MESSAGE_FIRST_BYTES: usize = 256;

/// The neutral text-free content of a message; at most 1 KB as JSON. Rendered when sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Service id, or the alert's key.
    pub id: String,
    /// Service name, or the alert's title.
    pub name: String,
    /// The status that is told.
    pub status: Status,
    /// The status before.
    pub previous: Status,
    /// When the new status began.
    pub at: UnixMs,
    /// Since when the status before held (a recovery tells how long it was down).
    pub since: UnixMs,
    /// The last heartbeat.
    pub last_seen: Option<UnixMs>,
    /// The window in ms.
    pub window_ms: i64,
    /// Why, as `Reason::as_str` writes it; of an alert, its source.
    pub reason: String,
    /// The last message of the service, or the alert's text; cut to fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The alert's severity as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The alert's labels; cut to fit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The alert's annotations; cut to fit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The channels that the alert named, as sent; empty if it named none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Of an alert: whether the trouble is there or over. `None`: its status says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<AlertPhase>,
    /// Of an alert: a page of its sender that shows more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Notice {
    /// Of an alert: whether the trouble is there or over.
    #[must_use]
    pub const fn alert_phase(&self) -> AlertPhase {
        match self.phase {
            Some(phase) => phase,
            None if self.status.is_incident() || !self.previous.is_incident() => AlertPhase::Firing,
            None => AlertPhase::Resolved,
        }
    }

    /// This notice with at most `max_bytes` of JSON: the message is cut first (not below 256 bytes),
    /// then annotations and labels go (the last first), then all the rest.
    #[must_use]
    pub fn fitted(self, max_bytes: usize) -> Self {
        self.measured(max_bytes).0
    }

    /// [`Notice::fitted`], and how often all of it was measured: a few times, however much it holds.
    pub(super) fn measured(mut self, max_bytes: usize) -> (Self, usize) {
        let texts = [Some(&mut self.name), Some(&mut self.reason), self.message.as_mut()];
        for text in texts.into_iter().flatten() {
            text.truncate(cut(text, max_bytes).len());
        }
        self.link = self.link.filter(|link| link.len() <= LINK_MAX_BYTES.min(max_bytes));
        self.annotations = those_that_fit(self.annotations, max_bytes);
        self.labels = those_that_fit(self.labels, max_bytes);
        self.channels.truncate(max_bytes / 8);
        let mut count = 1;
        while let Some(excess) = self.excess_bytes(max_bytes) {
            count += 1;
            if !self.shrink(excess) {
                break;
            }
        }
        (self, count)
    }

    fn excess_bytes(&self, max_bytes: usize) -> Option<usize> {
        let json = serde_json::to_string(self).expect("plain data always has a JSON form");
        json.len().checked_sub(max_bytes).filter(|excess| *excess > 0)
    }

    /// Makes it smaller by the excess, or by as much as there is of what goes next; `false` if nothing
    /// is left to take.
    fn shrink(&mut self, excess: usize) -> bool {
        let Self { annotations, labels, channels, .. } = self;
        let pair_bytes = |(name, value): (String, String)| {
            json_bytes(&name) + json_bytes(&value) + r#""":"","#.len()
        };
        let name_bytes = |name: String| json_bytes(&name) + r#""","#.len();
        shorten_message(&mut self.message, excess, MESSAGE_FIRST_BYTES)
            || drop_last(excess, || annotations.pop_last().map(pair_bytes))
            || drop_last(excess, || labels.pop_last().map(pair_bytes))
            || shorten_message(&mut self.message, excess, 0)
            || drop_last(excess, || channels.pop().map(name_bytes))
            || self.link.take().is_some()
            || self.shorten_name(excess)
    }

    /// The reason goes before the name, and something is left of both as long as that will do.
    fn shorten_name(&mut self, excess: usize) -> bool {
        [NAME_FIRST_BYTES, 0].into_iter().any(|keep_bytes| {
            shorten(&mut self.reason, excess, keep_bytes)
                || shorten(&mut self.name, excess, keep_bytes)
        })
    }
}

/// Those that fit into a notice by themselves, so that the fitting never has many to take away. One
/// that is too large does not push out the others.
fn those_that_fit(all: BTreeMap<String, String>, max_bytes: usize) -> BTreeMap<String, String> {
    let mut left_bytes = max_bytes;
    all.into_iter()
        .filter(|(name, value)| {
            let bytes = name.len() + value.len() + 6;
            let fits = bytes <= left_bytes;
            left_bytes -= if fits { bytes } else { 0 };
            fits
        })
        .collect()
}

/// Takes entries away until they had `excess` bytes; `false` if there was none.
fn drop_last(excess: usize, mut pop: impl FnMut() -> Option<usize>) -> bool {
    let mut taken_bytes = 0;
    while taken_bytes < excess {
        let Some(bytes) = pop() else { break };
        taken_bytes += bytes;
    }
    taken_bytes > 0
}

fn shorten_message(message: &mut Option<String>, excess: usize, keep_bytes: usize) -> bool {
    message.as_mut().is_some_and(|message| shorten(message, excess, keep_bytes))
}

/// Cuts `excess` bytes of its JSON off the text, but not below `keep_bytes` of the text itself; `false`
/// if it has no more than that.
fn shorten(text: &mut String, excess: usize, keep_bytes: usize) -> bool {
    if text.len() <= keep_bytes {
        return false;
    }
    let mut left_bytes = json_bytes(text).saturating_sub(excess);
    let is_too_much = |letter: char| {
        let rest = left_bytes.checked_sub(letter_bytes(letter));
        left_bytes = rest.unwrap_or_default();
        rest.is_none()
    };
    let kept_bytes = text.find(is_too_much).unwrap_or(text.len()).max(keep_bytes);
    text.truncate(cut(text, kept_bytes).len());
    true
}

/// Bytes of a text within the quotes of its JSON.
fn json_bytes(text: &str) -> usize {
    text.chars().map(letter_bytes).sum()
}

const fn letter_bytes(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..'\u{20}' => 6,
        _ => letter.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_json_are_those_that_are_written() {
        for letter in ('\0'..='\u{ff}').chain(['€', '😀', '\u{2028}']) {
            let written = serde_json::to_string(&letter).unwrap().len() - 2;
            assert_eq!(letter_bytes(letter), written, "{letter:?}");
        }
    }
}
