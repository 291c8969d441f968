//! Webhooks of Dead Man's Snitch (<https://deadmanssnitch.com/docs/integrations/webhooks>).

use flatline_domain::AlertNews;
use serde_json::Value;

use super::fields::{Fields, labels};
use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "dead-mans-snitch", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    payload.body.word("type").is_some_and(|kind| kind.starts_with("snitch."))
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let data = body.object("data")?.ok_or_else(|| body.wrong("data", "an object"))?;
    let snitch = data.object("snitch")?.ok_or_else(|| data.wrong("snitch", "an object"))?;
    let token = snitch.word("token");
    let (severity, phase, news) = match body.word("type").as_deref() {
        Some("snitch.reporting") => ("critical", Phase::Resolved, AlertNews::Trouble),
        // Nothing was reported: a snitch that is missing stays so.
        Some("snitch.paused") => ("info", Phase::Firing, AlertNews::Note),
        _ => ("critical", Phase::Firing, AlertNews::Trouble),
    };
    let name = snitch.word("name").or_else(|| token.clone());
    let alert = Alert {
        title: name.ok_or_else(|| snitch.wrong("name", "there"))?,
        message: snitch.word("notes").unwrap_or_default(),
        severity: severity.to_owned(),
        source: "dead-mans-snitch".to_owned(),
        labels: labels([("status", snitch.word("status")), ("tags", tags(&snitch))]),
        phase,
        dedup_key: token,
        changed_at: body.time("timestamp"),
        news,
        ..Alert::default()
    };
    Ok(alert.into())
}

fn tags(snitch: &Fields<'_>) -> Option<String> {
    let tags = snitch.get("tags").and_then(Value::as_array)?;
    let words: Vec<_> = tags.iter().filter_map(Value::as_str).collect();
    Some(words.join(", ")).filter(|text| !text.is_empty())
}
