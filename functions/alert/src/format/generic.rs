//! Our own form: `{"title","message","severity"?,"source"?,"labels"?,"annotations"?,"channel"? or
//! "channels"?,"status"?,"dedup_key"?}`.

use serde_json::Value;

use super::fields::Fields;
use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "generic", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    is_foreign(&payload.body) || payload.body.says("title") && payload.body.says("message")
}

/// Keys that only other tools' bodies have, next to a title and a message that mean something else.
const FOREIGN: [&str; 4] = ["alerts", "evalMatches", "ruleId", "ruleName"];

fn is_foreign(body: &Fields<'_>) -> bool {
    FOREIGN.iter().any(|name| body.has(name))
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    if is_foreign(body) {
        let sentence =
            "Alerts of Alertmanager and Grafana cannot be read yet: send title and message";
        return Err(FormatError::Field(sentence.to_owned()));
    }
    let (title, message) = match (body.get("title"), body.get("message")) {
        (Some(Value::String(title)), Some(Value::String(message))) => {
            (title.clone(), message.clone())
        }
        _ => return Err(FormatError::Field("title and message must be strings".to_owned())),
    };
    let alert = Alert {
        title,
        message,
        severity: body.text("severity")?.unwrap_or_else(|| "warning".to_owned()),
        source: body.text("source")?.unwrap_or_else(|| "external".to_owned()),
        labels: body.pairs("labels")?,
        annotations: body.pairs("annotations")?,
        channels: channels(body)?,
        phase: phase(body.text("status")?.as_deref()),
        dedup_key: body.text("dedup_key")?,
        ..Alert::default()
    };
    Ok(alert.into())
}

/// `channels`, a list or one name (a comma in it does not split it), else `channel`.
fn channels(body: &Fields<'_>) -> Result<Vec<String>, FormatError> {
    let list = match body.get("channels").or_else(|| body.get("channel")) {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let texts: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
    let texts = texts.ok_or_else(|| body.wrong("channels", "names of channels"))?;
    Ok(texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect())
}

fn phase(word: Option<&str>) -> Phase {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("resolved" | "ok" | "up" | "recovered") => Phase::Resolved,
        _ => Phase::Firing,
    }
}
