//! Our own form: `{"title","message","severity"?,"source"?,"labels"?,"annotations"?,"channel"? or
//! "channels"?,"status"?,"dedup_key"?}`.

use std::collections::BTreeMap;

use flatline_shared::http::ApiError;
use serde_json::{Map, Value};

use super::{Alert, Phase, invalid};

/// Keys that only other tools' bodies have, next to a title and a message that mean something else.
const FOREIGN: [&str; 4] = ["alerts", "evalMatches", "ruleId", "ruleName"];

/// Reads an alert in our own form.
pub(crate) fn read(fields: &Map<String, Value>) -> Option<Result<Alert, ApiError>> {
    if FOREIGN.iter().any(|name| fields.contains_key(*name)) {
        let sentence =
            "Alerts of Alertmanager and Grafana cannot be read yet: send title and message";
        return Some(Err(ApiError::invalid("unsupported-format", sentence)));
    }
    let says = |name| fields.get(name).is_some_and(|value| !value.is_null() && *value != "");
    (says("title") && says("message")).then(|| alert(fields))
}

fn alert(fields: &Map<String, Value>) -> Result<Alert, ApiError> {
    let (title, message) = match (&fields["title"], &fields["message"]) {
        (Value::String(title), Value::String(message)) => (title.clone(), message.clone()),
        _ => return Err(invalid("title and message must be strings")),
    };
    Ok(Alert {
        title,
        message,
        severity: text(fields, "severity")?.unwrap_or_else(|| "warning".to_owned()),
        source: text(fields, "source")?.unwrap_or_else(|| "external".to_owned()),
        labels: pairs(fields, "labels")?,
        annotations: pairs(fields, "annotations")?,
        channels: channels(fields)?,
        phase: phase(text(fields, "status")?.as_deref()),
        dedup_key: text(fields, "dedup_key")?,
    })
}

/// A string; null and the empty string count as missing.
fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(invalid(format!("{name} must be a string"))),
    }
}

/// An object; values that are no strings are kept as their JSON, null is left out.
fn pairs(fields: &Map<String, Value>, name: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let pair = |(name, value): (&String, &Value)| match value {
        Value::Null => None,
        Value::String(text) => Some((name.clone(), text.clone())),
        other => Some((name.clone(), other.to_string())),
    };
    match fields.get(name) {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(pairs)) => Ok(pairs.iter().filter_map(pair).collect()),
        Some(_) => Err(invalid(format!("{name} must be an object"))),
    }
}

/// `channels`, a list or one name (a comma in it does not split it), else `channel`.
fn channels(fields: &Map<String, Value>) -> Result<Vec<String>, ApiError> {
    let fields = ["channels", "channel"].into_iter().filter_map(|name| fields.get(name));
    let list = match fields.into_iter().find(|value| !value.is_null()) {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let texts: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
    let texts = texts.ok_or_else(|| invalid("channels must be names of channels"))?;
    Ok(texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

fn phase(word: Option<&str>) -> Phase {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("resolved" | "ok" | "up" | "recovered") => Phase::Resolved,
        _ => Phase::Firing,
    }
}
