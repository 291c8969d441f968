//! What a request asks for: one entry per heartbeat, in the order of the request.

use flatline_shared::http::ApiError;
use serde_json::{Map, Value, json};

use crate::CANARY;
use crate::content::Content;

/// The most entries that one request may have.
const MAX_ENTRIES: usize = 1_000;

/// One heartbeat as it was asked for.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The service's id as sent: answers repeat it, whatever it is.
    pub(crate) id: Value,
    /// A key of its own; the header's counts if there is none.
    pub(crate) token: Option<String>,
    /// What it says.
    pub(crate) content: Content,
    /// Why it names no service at all.
    pub(crate) malformed: Option<Malformed>,
}

/// Why an entry names no service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Neither a string nor an object with a `serviceId`.
    Format,
    /// An empty string.
    Empty,
}

impl Entry {
    /// Whether it is addressed to Flatline itself.
    pub(crate) fn is_canary(&self) -> bool {
        self.id == CANARY
    }

    fn saying_also(self, common: &Content) -> Self {
        Self { content: self.content.or(common), ..self }
    }

    fn malformed(why: Malformed) -> Self {
        Self {
            id: "unknown".into(),
            token: None,
            content: Content::default(),
            malformed: Some(why),
        }
    }

    fn of_object(mut object: Map<String, Value>) -> Option<Self> {
        let id = object.remove("serviceId").filter(says_something)?;
        let token = object.remove("token").filter(says_something).map(|token| match token {
            Value::String(token) => token,
            other => other.to_string(),
        });
        Some(Self { id, token, content: Content::of(&mut object), malformed: None })
    }

    fn of_item(item: Value) -> Self {
        match item {
            Value::String(id) if id.is_empty() => Self::malformed(Malformed::Empty),
            Value::String(id) => Self {
                id: Value::String(id),
                token: None,
                content: Content::default(),
                malformed: None,
            },
            Value::Object(object) => {
                Self::of_object(object).unwrap_or_else(|| Self::malformed(Malformed::Format))
            }
            _ => Self::malformed(Malformed::Format),
        }
    }
}

/// The entries of a request: those of `services`, which wins over `serviceId`.
pub(crate) fn read(body: Value) -> Result<Vec<Entry>, ApiError> {
    let Value::Object(mut body) = body else { return Err(usage()) };
    match body.remove("services") {
        Some(Value::Array(items)) if items.is_empty() => {
            Err(ApiError::invalid("no-services", "services array cannot be empty"))
        }
        Some(Value::Array(items)) if items.len() > MAX_ENTRIES => {
            Err(ApiError::TooMany { limit: MAX_ENTRIES })
        }
        Some(Value::Array(items)) => {
            // What stands beside `services` is said of each of them.
            let common = Content::of(&mut body);
            let entries = items.into_iter().map(Entry::of_item);
            Ok(entries.map(|entry| entry.saying_also(&common)).collect())
        }
        _ => Ok(vec![Entry::of_object(body).ok_or_else(usage)?]),
    }
}

/// Whether a client meant anything by this value: null, false, 0 and the empty string count as
/// missing, as they always did.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        _ => true,
    }
}

fn usage() -> ApiError {
    let usage = json!({
        "single": r#"{ "serviceId": "service-1" }"#,
        "batchShared": r#"{ "services": ["service-1", "service-2"] }"#,
        "batchPerService": r#"{ "services": [{"serviceId": "service-1", "token": "xxx"}, {"serviceId": "service-2", "token": "yyy"}] }"#,
    });
    ApiError::Invalid {
        code: "service-required",
        sentence: "Either serviceId or services array is required".into(),
        more: Map::from_iter([("usage".to_owned(), usage)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_in_order_and_the_malformed_keep_their_place() {
        let body = json!({"services": ["a", "", 5, {"serviceId": "b", "token": "t"}, {}, null]});
        let entries = read(body).unwrap();
        let ids: Vec<_> = entries.iter().map(|entry| entry.id.clone()).collect();
        assert_eq!(ids, ["a", "unknown", "unknown", "b", "unknown", "unknown"]);
        let malformed: Vec<_> = entries.iter().map(|entry| entry.malformed).collect();
        let format = Some(Malformed::Format);
        assert_eq!(malformed, [None, Some(Malformed::Empty), format, None, format, format]);
    }

    #[test]
    fn a_token_counts_when_it_says_something() {
        for (sentence, entry, token) in [
            ("none", json!({"serviceId": "a"}), None),
            ("empty", json!({"serviceId": "a", "token": ""}), None),
            ("null", json!({"serviceId": "a", "token": null}), None),
            ("text", json!({"serviceId": "a", "token": "t"}), Some("t")),
            ("a number is its digits", json!({"serviceId": "a", "token": 12}), Some("12")),
        ] {
            let entries = read(entry).unwrap();
            assert_eq!(entries[0].token.as_deref(), token, "{sentence}");
        }
    }

    #[test]
    fn a_batch_of_1000_is_read_and_1001_is_too_many() {
        let batch = |len: usize| json!({"services": vec!["a"; len]});
        assert_eq!(read(batch(1_000)).unwrap().len(), 1_000);
        assert!(matches!(read(batch(1_001)), Err(ApiError::TooMany { limit: 1_000 })));
    }
}
