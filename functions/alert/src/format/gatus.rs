//! Custom alerts of Gatus, with the template of docs/alert-sources.md.

use super::fields::labels;
use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "gatus", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    payload.body.word("source").is_some_and(|source| source == "gatus")
        && payload.body.has("endpoint")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let (endpoint, status) = (body.needed("endpoint")?, body.needed("status")?);
    let group = body.word("group");
    let texts = [body.word("description"), body.word("errors")];
    let alert = Alert {
        title: endpoint.clone(),
        message: texts.into_iter().flatten().collect::<Vec<_>>().join("\n"),
        severity: body.word("severity").unwrap_or_else(|| "critical".to_owned()),
        source: "gatus".to_owned(),
        channels: body.channels()?,
        phase: if status.eq_ignore_ascii_case("resolved") {
            Phase::Resolved
        } else {
            Phase::Firing
        },
        // Two of them may watch what has the same name in each.
        dedup_key: Some(format!(
            "{}/{endpoint} {}",
            group.as_deref().unwrap_or_default(),
            body.word("url").unwrap_or_default()
        )),
        link: body.link("url"),
        labels: labels([("group", group)]),
        ..Alert::default()
    };
    Ok(alert.into())
}
