//! Our own form: `{"title","message","severity"?,"source"?,"labels"?,"annotations"?,"channel"? or
//! "channels"?,"status"?,"dedup_key"?,"changed_at"?,"link"?,"image"?}`.

use serde_json::Value;

use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "generic", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    payload.body.says("title") && payload.body.says("message")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let (title, message) = match (body.get("title"), body.get("message")) {
        (Some(Value::String(title)), Some(Value::String(message))) => {
            (title.clone(), message.clone())
        }
        _ => return Err(FormatError::Field("title and message must be strings".to_owned())),
    };
    if title.trim().is_empty() || message.trim().is_empty() {
        return Err(FormatError::Field("title and message must not be empty".to_owned()));
    }
    let status = body.text("status")?;
    let alert = Alert {
        title,
        message,
        severity: body.text("severity")?.unwrap_or_else(|| "warning".to_owned()),
        source: body.text("source")?.unwrap_or_else(|| "external".to_owned()),
        labels: body.pairs("labels")?,
        annotations: body.pairs("annotations")?,
        channels: body.channels()?,
        phase: phase(status.as_deref()),
        is_status_implied: status.is_none(),
        dedup_key: body.text("dedup_key")?,
        changed_at: body.time("changed_at"),
        link: body.link("link"),
        image: body.link("image"),
        ..Alert::default()
    };
    Ok(alert.into())
}

/// Words of senders for what is over.
const OVER: [&str; 12] = [
    "resolved",
    "ok",
    "up",
    "recovered",
    "closed",
    "clear",
    "cleared",
    "normal",
    "inactive",
    "healthy",
    "success",
    "good",
];

fn phase(word: Option<&str>) -> Phase {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some(word) if OVER.contains(&word) => Phase::Resolved,
        _ => Phase::Firing,
    }
}
