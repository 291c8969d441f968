//! Attributes in and out: the only code that touches `AttributeValue`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use flatline_domain::UnixMs;
use flatline_domain::time::DAY_MS;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::types::StoreError;

/// One item, or the key of one.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Any value as JSON text.
pub(super) fn json(value: &impl Serialize) -> AttributeValue {
    let text = serde_json::to_string(value).expect("plain data always has a JSON form");
    AttributeValue::S(text)
}

/// The attribute that tells DynamoDB when to delete an item.
pub(super) const EXPIRES: &str = "x";

/// The value of [`EXPIRES`]: whole seconds, rounded up.
pub(super) fn expiry(at: UnixMs) -> AttributeValue {
    number(at.0.div_euclid(1_000) + 1)
}

/// Milliseconds of `days` days.
pub(super) fn days_ms(days: u32) -> i64 {
    i64::from(days) * DAY_MS
}

/// The primary key of an item.
pub(super) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([("PK".to_owned(), text(pk)), ("SK".to_owned(), text(sk))])
}

/// The item before a write, if there was one: DynamoDB answers nothing for an item that is new, the
/// embedded engine its bare key.
pub(super) fn old_image(attributes: Option<Item>) -> Option<Item> {
    attributes.filter(|item| item.keys().any(|name| name != "PK" && name != "SK"))
}

/// The numbers of a list of whole numbers.
pub(super) fn numbers(value: &AttributeValue) -> Option<Vec<i64>> {
    value.as_l().ok()?.iter().map(|part| part.as_n().ok()?.parse().ok()).collect()
}

/// Reads attributes of one item; every failure names the item and the attribute.
pub(super) struct Reader<'a> {
    item: &'a Item,
}

impl<'a> Reader<'a> {
    pub(super) fn new(item: &'a Item) -> Self {
        Self { item }
    }

    /// An error about one attribute.
    pub(super) fn broken(&self, name: &str, why: &str) -> StoreError {
        let part = |name: &str| self.opt_text(name).unwrap_or_else(|| "?".to_owned());
        StoreError::Broken {
            key: format!("{} {}", part("PK"), part("SK")),
            why: format!("attribute {name} {why}"),
        }
    }

    /// An attribute as it is.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a AttributeValue> {
        self.item.get(name)
    }

    /// A string that may be missing.
    pub(super) fn opt_text(&self, name: &str) -> Option<String> {
        self.item.get(name)?.as_s().ok().cloned()
    }

    /// A string.
    pub(super) fn text(&self, name: &str) -> Result<String, StoreError> {
        self.opt_text(name).ok_or_else(|| self.broken(name, "is missing or no string"))
    }

    /// A whole number that may be missing; one that is there but no number is an error.
    pub(super) fn opt_number(&self, name: &str) -> Result<Option<i64>, StoreError> {
        match self.item.get(name) {
            None | Some(AttributeValue::Null(_)) => Ok(None),
            Some(value) => value
                .as_n()
                .ok()
                .and_then(|digits| digits.parse().ok())
                .map(Some)
                .ok_or_else(|| self.broken(name, "is no whole number")),
        }
    }

    /// A list of whole numbers that may be missing.
    pub(super) fn opt_numbers(&self, name: &str) -> Result<Option<Vec<i64>>, StoreError> {
        let Some(value) = self.item.get(name) else { return Ok(None) };
        numbers(value).map(Some).ok_or_else(|| self.broken(name, "is no list of whole numbers"))
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<i64, StoreError> {
        self.opt_number(name)?.ok_or_else(|| self.broken(name, "is missing"))
    }

    /// An instant that may be missing.
    pub(super) fn opt_time(&self, name: &str) -> Result<Option<UnixMs>, StoreError> {
        Ok(self.opt_number(name)?.map(UnixMs))
    }

    /// An instant.
    pub(super) fn time(&self, name: &str) -> Result<UnixMs, StoreError> {
        self.number(name).map(UnixMs)
    }

    /// A value written with [`json`].
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(name)?)
            .map_err(|error| self.broken(name, &format!("is not as expected: {error}")))
    }

    /// A word of a closed list.
    pub(super) fn word<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(&self.text(name)?).ok_or_else(|| self.broken(name, "is an unknown word"))
    }
}
