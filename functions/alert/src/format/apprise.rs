//! Apprise's `json://` (<https://appriseit.com/services/json/>).

use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "apprise", knows, parse };

/// The types of messages that Apprise has.
const TYPES: [&str; 4] = ["info", "success", "warning", "failure"];

fn knows(payload: &Payload<'_>) -> bool {
    let body = &payload.body;
    let kind = body.word("type").unwrap_or_default();
    TYPES.contains(&kind.as_str()) && body.has("version") && body.has("message")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let title = body.text("title")?;
    // It sends a title alone, or with an attachment, which is not kept.
    let message = match title {
        Some(_) => body.text("message")?.unwrap_or_default(),
        None => body.needed("message")?,
    };
    let (severity, phase) = match body.word("type").as_deref() {
        Some("failure") => ("critical", Phase::Firing),
        Some("success") => ("info", Phase::Resolved),
        Some("info") => ("info", Phase::Firing),
        _ => ("warning", Phase::Firing),
    };
    // News is no trouble, so it must not end trouble of the same title either.
    let is_news = severity == "info" && phase == Phase::Firing;
    let alert = Alert {
        title: title.clone().unwrap_or_else(|| first_line(&message).to_owned()),
        message,
        severity: body.word("severity").unwrap_or_else(|| severity.to_owned()),
        source: body.word("source").unwrap_or_else(|| "apprise".to_owned()),
        channels: body.channels()?,
        phase,
        topic: title.filter(|_| is_news).map(|title| format!("news of {title}")),
        ..Alert::default()
    };
    Ok(alert.into())
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or(text)
}
