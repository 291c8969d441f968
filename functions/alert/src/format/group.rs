//! What Alertmanager and modern Grafana have in common: a group of alerts, each with its own state.

use std::collections::BTreeMap;

use super::fields::Fields;
use super::{Alert, FormatError, Parsed, Phase};

/// Reads a group. Of each alert `more` adds what only its tool knows. Neither tool sends a time by which
/// alerts could be ordered (`startsAt` stays where an alert is sent anew), and neither lets one
/// overtake another of its group.
pub(super) fn parse(
    body: &Fields<'_>,
    source: &str,
    more: fn(&Fields<'_>, &mut Alert),
) -> Result<Parsed, FormatError> {
    let mut alerts = Vec::new();
    for fields in body.objects("alerts")? {
        let mut alert = alert(&fields, source)?;
        more(&fields, &mut alert);
        alerts.push(alert);
    }
    let Some(first) = alerts.first_mut() else {
        return Err(FormatError::Field("alerts is empty: there is nothing to tell".to_owned()));
    };
    let warnings = Vec::from_iter(truncated(body));
    for warning in &warnings {
        let gap = if first.message.is_empty() { "" } else { "\n" };
        first.message.extend([gap, warning]);
    }
    Ok(Parsed { alerts, warnings, ..Parsed::default() })
}

fn alert(fields: &Fields<'_>, source: &str) -> Result<Alert, FormatError> {
    let (labels, annotations) = (fields.pairs("labels")?, fields.pairs("annotations")?);
    let in_labels = |name: &str| labels.get(name).filter(|text| !text.is_empty()).cloned();
    let in_notes = |name: &str| annotations.get(name).filter(|text| !text.is_empty()).cloned();
    let text = in_notes("description").or_else(|| in_notes("message"));
    let title = in_notes("summary")
        .or_else(|| in_labels("alertname"))
        .or_else(|| text.clone())
        .or_else(|| (!labels.is_empty()).then(|| identity(&labels)))
        .ok_or_else(|| fields.wrong("labels", "there: an alert without any has no title"))?;
    let fingerprint = fields.word("fingerprint").unwrap_or_else(|| identity(&labels));
    let named = ["channels", "channel"].iter().find_map(|name| in_labels(name).or(in_notes(name)));
    Ok(Alert {
        title,
        message: text.unwrap_or_default(),
        severity: in_labels("severity").unwrap_or_else(|| "warning".to_owned()),
        source: source.to_owned(),
        channels: named.map(|names| split(&names)).unwrap_or_default(),
        phase: phase(fields.word("status").as_deref()),
        dedup_key: Some(fingerprint),
        link: fields.link("generatorURL"),
        started_at: fields.time("startsAt"),
        labels,
        annotations,
        ..Alert::default()
    })
}

/// What tells alerts without a fingerprint apart: `a="1", b="2"`.
fn identity(labels: &BTreeMap<String, String>) -> String {
    let pairs = labels.iter().map(|(name, value)| format!("{name}={value:?}"));
    pairs.collect::<Vec<_>>().join(", ")
}

/// Channels in a label, where there are no lists: separated by commas.
pub(super) fn split(names: &str) -> Vec<String> {
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn phase(status: Option<&str>) -> Phase {
    match status {
        Some(status) if status.eq_ignore_ascii_case("resolved") => Phase::Resolved,
        _ => Phase::Firing,
    }
}

fn truncated(body: &Fields<'_>) -> Option<String> {
    let count = body.get("truncatedAlerts")?.as_u64().filter(|count| *count > 0)?;
    let alerts =
        if count == 1 { "1 more alert".to_owned() } else { format!("{count} more alerts") };
    Some(format!("{alerts} of this group were left out by the sender: raise its max_alerts"))
}
