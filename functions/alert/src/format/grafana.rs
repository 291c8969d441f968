//! Webhook contact points of Grafana 8 and later
//! (<https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>).

use serde_json::Value;

use super::fields::Fields;
use super::{Alert, Format, FormatError, Parsed, Payload, group};

pub(super) const FORMAT: Format = Format { name: "grafana", knows, parse };

/// Alertmanager knows no organizations, and its version is another.
fn knows(payload: &Payload<'_>) -> bool {
    let body = &payload.body;
    body.has("alerts")
        && (body.has("orgId")
            || body.has("state")
            || body.word("version").is_some_and(|it| it == "1"))
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let instance = body.word("externalURL").unwrap_or_default();
    let organization = body.word("orgId").unwrap_or_default();
    let mut parsed = group::parse(body, "grafana", more)?;
    // Labels, and so fingerprints, are the same in another Grafana or organization.
    for key in parsed.alerts.iter_mut().filter_map(|alert| alert.dedup_key.as_mut()) {
        *key = format!("{instance} {organization} {key}");
    }
    Ok(parsed)
}

fn more(fields: &Fields<'_>, alert: &mut Alert) {
    let shown = ["panelURL", "dashboardURL"].iter().find_map(|name| fields.link(name));
    alert.link = shown.or(alert.link.take());
    alert.image = fields.link("imageURL");
    let values = values(fields).or_else(|| fields.word("valueString"));
    for (name, value) in [("values", values), ("silence", fields.link("silenceURL"))] {
        if let Some(value) = value {
            alert.annotations.entry(name.to_owned()).or_insert(value);
        }
    }
}

/// `B=44.2, C=1`
fn values(fields: &Fields<'_>) -> Option<String> {
    let Some(Value::Object(values)) = fields.get("values") else { return None };
    let pairs = values.iter().map(|(name, value)| format!("{name}={value}"));
    Some(pairs.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}
