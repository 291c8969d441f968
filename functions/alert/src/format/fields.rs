//! Fields of a JSON object, read with sentences about what is wrong in them.
//!
//! What an alert cannot do without is judged strictly; what only adorns it ([`Fields::word`],
//! [`Fields::link`], [`Fields::time`]) is left out where it is odd, because an alert that is refused
//! for its picture is an alert lost.

use std::collections::BTreeMap;

use flatline_domain::UnixMs;
use flatline_shared::render::time::parse_rfc3339;
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

    /// An object that was found elsewhere, such as one that a string holds.
    pub(super) fn of_object(fields: &'a Map<String, Value>) -> Self {
        Self { fields, prefix: String::new() }
    }

    /// The object in this field.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, FormatError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => {
                Ok(Some(Self { fields, prefix: format!("{}{name}.", self.prefix) }))
            }
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }

    /// The object in this field; none where it is missing or no object.
    pub(super) fn inner(&self, name: &str) -> Option<Self> {
        self.object(name).ok().flatten()
    }

    /// The objects in this field.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, FormatError> {
        let Some(Value::Array(list)) = self.get(name) else {
            return Err(self.wrong(name, "a list"));
        };
        let object = |(index, value): (usize, &'a Value)| match value {
            Value::Object(fields) => {
                Ok(Self { fields, prefix: format!("{}{name}[{index}].", self.prefix) })
            }
            _ => Err(self.wrong(&format!("{name}[{index}]"), "an object")),
        };
        list.iter().enumerate().map(object).collect()
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

    /// A string that must be there.
    pub(super) fn needed(&self, name: &str) -> Result<String, FormatError> {
        self.text(name)?.ok_or_else(|| self.wrong(name, "there and not empty"))
    }

    /// A string, a number or a bool as a string; anything else counts as missing.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            _ => None,
        }
    }

    /// The first word of a list.
    pub(super) fn first_word(&self, name: &str) -> Option<String> {
        let first = self.get(name)?.as_array()?.first()?.as_str()?;
        Some(first.to_owned()).filter(|text| !text.is_empty())
    }

    /// All of it.
    pub(super) fn as_json(&self) -> String {
        serde_json::to_string(self.fields).expect("JSON that was read can be written")
    }

    /// The address of a page or picture; one that browsers could not open counts as missing.
    pub(super) fn link(&self, name: &str) -> Option<String> {
        self.word(name).filter(|link| is_link(link))
    }

    /// An instant as RFC 3339; what is none, or is Go's zero time, counts as missing.
    pub(super) fn time(&self, name: &str) -> Option<UnixMs> {
        parse_rfc3339(self.get(name)?.as_str()?).filter(|at| at.0 > 0)
    }

    /// An instant as Unix milliseconds, a number or its digits; anything else counts as missing.
    pub(super) fn millis(&self, name: &str) -> Option<UnixMs> {
        self.word(name)?.parse().ok().map(UnixMs).filter(|at| at.0 > 0)
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

    /// `channels`, a list or one name (a comma in it does not split it), else `channel`.
    pub(super) fn channels(&self) -> Result<Vec<String>, FormatError> {
        let list = match self.get("channels").or_else(|| self.get("channel")) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        let texts: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
        let texts = texts.ok_or_else(|| self.wrong("channels", "names of channels"))?;
        Ok(texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect())
    }

    /// `<field> must be <what>`.
    pub(super) fn wrong(&self, name: &str, what: &str) -> FormatError {
        FormatError::Field(format!("{}{name} must be {what}", self.prefix))
    }
}

fn is_link(text: &str) -> bool {
    let web = ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme));
    web && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

/// These as labels; those that are missing are left out.
pub(super) fn labels<const N: usize>(
    pairs: [(&str, Option<String>); N],
) -> BTreeMap<String, String> {
    let present = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    present.collect()
}
