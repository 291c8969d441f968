//! What a heartbeat says. It is kept as far as it fits; it never refuses a sign of life.

use flatline_domain::{Status, UnixMs, reported_status};
use flatline_shared::render::text::cut;
use flatline_shared::store::LogEntry;
use serde_json::{Map, Value};

/// The longest message, in bytes.
const MAX_MESSAGE_BYTES: usize = 1024;
/// The largest metadata, in bytes of JSON.
const MAX_METADATA_BYTES: usize = 4096;
/// The longest status word, in bytes.
const MAX_STATUS_BYTES: usize = 64;

/// What one heartbeat says, within limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Content {
    /// The status that it states. `None`: nothing, which counts as up.
    pub(crate) stated: Option<Status>,
    /// The status word as sent.
    status: Option<String>,
    /// Its message.
    pub(crate) message: Option<String>,
    /// Its metadata.
    pub(crate) metadata: Option<Value>,
    /// How long the job took, in ms.
    duration_ms: Option<i64>,
    /// What was not taken as sent, one sentence each.
    pub(crate) warnings: Vec<String>,
    /// Whether the status word was none that we know.
    unknown_word: bool,
}

impl Content {
    /// Takes `status`, `message`, `metadata` and `durationMs` out of an entry.
    pub(crate) fn of(entry: &mut Map<String, Value>) -> Self {
        let mut content = Self::default();
        let mut take = |key: &str| entry.remove(key).filter(|value| !value.is_null());
        if let Some(status) = take("status") {
            content.take_status(&text(status));
        }
        if let Some(message) = take("message") {
            content.take_message(text(message));
        }
        if let Some(metadata) = take("metadata") {
            content.take_metadata(metadata);
        }
        if let Some(duration) = take("durationMs") {
            content.take_duration(&duration);
        }
        content
    }

    fn take_status(&mut self, word: &str) {
        let word = cut(word, MAX_STATUS_BYTES);
        self.stated = reported_status(word).or(Some(Status::Up));
        if reported_status(word).is_none() {
            self.unknown_word = true;
            self.warnings.push(format!("status \"{word}\" is unknown and counts as up"));
        }
        self.status = Some(word.to_owned());
    }

    fn take_message(&mut self, mut message: String) {
        if message.len() > MAX_MESSAGE_BYTES {
            self.warnings.push(format!("message was cut to {MAX_MESSAGE_BYTES} bytes"));
            message.truncate(cut(&message, MAX_MESSAGE_BYTES).len());
        }
        self.message = (!message.is_empty()).then_some(message);
    }

    fn take_metadata(&mut self, metadata: Value) {
        let empty = metadata.as_object().is_some_and(Map::is_empty);
        if metadata.to_string().len() > MAX_METADATA_BYTES {
            let warning = format!("metadata is larger than {MAX_METADATA_BYTES} bytes: dropped");
            self.warnings.push(warning);
        } else if !metadata.is_object() {
            self.warnings.push("metadata is no object: dropped".into());
        } else if !empty {
            self.metadata = Some(metadata);
        }
    }

    fn take_duration(&mut self, duration: &Value) {
        match duration.as_f64() {
            // Beyond 2^53 a JSON number is not exact any more.
            Some(ms) if (0.0..=9_007_199_254_740_992.0).contains(&ms) => {
                self.duration_ms = Some(ms.round() as i64);
            }
            _ => self.warnings.push("durationMs is no number of milliseconds: dropped".into()),
        }
    }

    /// What this and `common` say together; where both speak, this counts.
    pub(crate) fn or(self, common: &Self) -> Self {
        if common.is_empty() {
            return self;
        }
        let of_common = self.status.is_none();
        Self {
            stated: self.stated.or(common.stated),
            status: self.status.or_else(|| common.status.clone()),
            message: self.message.or_else(|| common.message.clone()),
            metadata: self.metadata.or_else(|| common.metadata.clone()),
            duration_ms: self.duration_ms.or(common.duration_ms),
            warnings: [self.warnings, common.warnings.clone()].concat(),
            unknown_word: self.unknown_word || of_common && common.unknown_word,
        }
    }

    /// The row of the heartbeat log. `None`: it says nothing that is worth one.
    pub(crate) fn log_entry(&self, at: UnixMs) -> Option<LogEntry> {
        let plain_status = matches!(self.stated, None | Some(Status::Up)) && !self.unknown_word;
        let plain = plain_status
            && self.message.is_none()
            && self.metadata.is_none()
            && self.duration_ms.is_none();
        (!plain).then(|| LogEntry {
            at,
            status: self.status.clone(),
            message: self.message.clone(),
            metadata: self.metadata.clone(),
            duration_ms: self.duration_ms,
            source: "api".into(),
        })
    }

    /// Whether it says anything at all.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The value as text: strings as they are, everything else as JSON.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
