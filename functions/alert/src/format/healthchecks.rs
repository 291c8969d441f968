//! Webhooks of Healthchecks, with the template of docs/alert-sources.md.

use super::fields::labels;
use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "healthchecks", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    payload.body.word("source").is_some_and(|source| source == "healthchecks")
        && payload.body.has("code")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let (code, status) = (body.needed("code")?, body.needed("status")?);
    let alert = Alert {
        // A check may have no name.
        title: body.text("name")?.unwrap_or_else(|| format!("check {code}")),
        message: body.word("body").unwrap_or_default(),
        severity: body.word("severity").unwrap_or_else(|| "critical".to_owned()),
        source: "healthchecks".to_owned(),
        labels: labels([("tags", body.word("tags"))]),
        channels: body.channels()?,
        phase: if status == "up" { Phase::Resolved } else { Phase::Firing },
        dedup_key: Some(code),
        ..Alert::default()
    };
    Ok(alert.into())
}
