//! Fields of a JSON object, read with sentences about what is wrong in them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::FormatError;

/// An object in a body, with the path under which sentences name its fields.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    fields: &'a Map<String, Value>,
    /// Empty, or with a dot at its end: `alerts[2].`
    prefix: String,
}

impl<'a> Fields<'a> {
    /// The body itself.
    pub(super) fn of_body(body: &'a Value) -> Result<Self, FormatError> {
        match body {
            Value::Object(fields) => Ok(Self { fields, prefix: String::new() }),
            _ => Err(FormatError::Field("The body must be a JSON object".to_owned())),
        }
    }

    /// What is there; null counts as missing.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Whether there is anything but null and the empty string.
    pub(super) fn says(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| *value != "")
    }

    /// Whether there is a field of this name, whatever it holds.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A string; null and the empty string count as missing.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, FormatError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    /// An object; values that are no strings are kept as their JSON, null is left out.
    pub(super) fn pairs(&self, name: &str) -> Result<BTreeMap<String, String>, FormatError> {
        let pair = |(name, value): (&String, &Value)| match value {
            Value::Null => None,
            Value::String(text) => Some((name.clone(), text.clone())),
            other => Some((name.clone(), other.to_string())),
        };
        match self.get(name) {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(pairs)) => Ok(pairs.iter().filter_map(pair).collect()),
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }

    /// `<field> must be <what>`.
    pub(super) fn wrong(&self, name: &str, what: &str) -> FormatError {
        FormatError::Field(format!("{}{name} must be {what}", self.prefix))
    }
}
