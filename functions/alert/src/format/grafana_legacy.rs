//! Webhooks of Grafana's legacy alerting, before version 9
//! (<https://grafana.com/docs/grafana/v8.5/alerting/old-alerting/notifications/#webhook>).

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Fields;
use super::{Alert, Format, FormatError, Parsed, Payload, Phase, group};

pub(super) const FORMAT: Format = Format { name: "grafana-legacy", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    let body = &payload.body;
    // Many tools have a `ruleId`: only Grafana has it beside a state.
    let is_rule = body.has("ruleId") || body.has("ruleName");
    body.has("evalMatches") || is_rule && body.has("state")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let rule = body.text("ruleName")?;
    let title = body.text("title")?.or_else(|| rule.clone());
    let state = body.text("state")?.unwrap_or_default().to_ascii_lowercase();
    let tags = body.pairs("tags")?;
    let named = ["channels", "channel"].iter().find_map(|name| tags.get(*name));
    let alert = Alert {
        title: title.ok_or_else(|| body.wrong("title", "there, or ruleName"))?,
        message: body.text("message")?.unwrap_or_default(),
        severity: if state == "alerting" { "critical" } else { "warning" }.to_owned(),
        source: "grafana".to_owned(),
        channels: named.map(|names| group::split(names)).unwrap_or_default(),
        phase: if state == "ok" { Phase::Resolved } else { Phase::Firing },
        dedup_key: body.word("ruleId").map(|id| format!("rule {id}")).or(rule).map(|rule| {
            format!("{} {} {rule}", instance(body), body.word("orgId").unwrap_or_default())
        }),
        link: body.link("ruleUrl"),
        image: body.link("imageUrl"),
        labels: tags,
        annotations: matches(body),
        ..Alert::default()
    };
    Ok(alert.into())
}

/// The address of the Grafana itself: ids of rules are counted in each from 1.
fn instance(body: &Fields<'_>) -> String {
    let page = body.link("ruleUrl").unwrap_or_default();
    let end = ["/d/", "/dashboard/", "?"].iter().filter_map(|end| page.find(end)).min();
    page[..end.unwrap_or(page.len())].to_owned()
}

/// What was measured: metric and value.
fn matches(body: &Fields<'_>) -> BTreeMap<String, String> {
    let Some(Value::Array(matches)) = body.get("evalMatches") else { return BTreeMap::new() };
    let pair = |found: &Value| {
        let name = found.get("metric")?.as_str()?.to_owned();
        Some((name, found.get("value").filter(|value| value.is_number())?.to_string()))
    };
    matches.iter().filter_map(pair).collect()
}
