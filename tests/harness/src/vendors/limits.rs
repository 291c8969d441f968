//! Limits of texts, in the units in which vendors count them.

use serde_json::Value;

/// In what a vendor counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    /// Unicode characters.
    Chars,
    /// UTF-16 code units: a character outside the basic plane is two.
    Utf16,
}

impl Unit {
    /// How long a text is.
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    /// A text that must be there, not blank and not longer than this.
    pub(super) fn needed<'v>(
        self,
        value: &'v Value,
        what: &str,
        max: usize,
    ) -> Result<&'v str, String> {
        match self.allowed(value, what, max)? {
            text if text.trim().is_empty() => Err(format!("{what} is required")),
            text => Ok(text),
        }
    }

    /// A text that may be missing (then it is empty) but must not be longer than this.
    pub(super) fn allowed<'v>(
        self,
        value: &'v Value,
        what: &str,
        max: usize,
    ) -> Result<&'v str, String> {
        let text = match value {
            Value::Null => "",
            Value::String(text) => text,
            other => return Err(format!("{what} must be a text, not {other}")),
        };
        match self.length(text) {
            length if length > max => Err(format!("{what} has {length} of at most {max} {self:?}")),
            _ => Ok(text),
        }
    }
}

/// A list that may be missing but must not be longer than this.
pub(super) fn list<'v>(value: &'v Value, what: &str, max: usize) -> Result<&'v [Value], String> {
    let list = match value {
        Value::Null => &[],
        Value::Array(list) => list.as_slice(),
        other => return Err(format!("{what} must be a list, not {other}")),
    };
    match list.len() {
        length if length > max => Err(format!("{what} has {length} of at most {max} entries")),
        _ => Ok(list),
    }
}

/// An http or https address that may be missing.
pub(super) fn link(value: &Value, what: &str, max: usize) -> Result<(), String> {
    let text = Unit::Chars.allowed(value, what, max)?;
    let is_web = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if text.is_empty() || is_web { Ok(()) } else { Err(format!("{what} is no http address")) }
}
