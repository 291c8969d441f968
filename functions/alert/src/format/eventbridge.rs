//! Events of Amazon EventBridge: alarms of CloudWatch, events of AWS Health, and whatever else a rule
//! sends (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>).

mod health;

use super::fields::{Fields, labels};
use super::{Alert, Format, FormatError, Parsed, Payload, cloudwatch};

pub(super) const FORMAT: Format = Format { name: "eventbridge", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    ["detail-type", "source", "detail"].iter().all(|name| payload.body.has(name))
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let kind = body.needed("detail-type")?;
    let detail = body.object("detail")?.ok_or_else(|| body.wrong("detail", "an object"))?;
    let mut alert = match kind.as_str() {
        "CloudWatch Alarm State Change" => alarm(body, &detail)?,
        "AWS Health Event" | "AWS Health Abuse Event" => health::alert(body, &detail)?,
        _ => other(kind, body, &detail),
    };
    for (name, value) in
        labels([("account", body.word("account")), ("region", body.word("region"))])
    {
        alert.labels.entry(name).or_insert(value);
    }
    Ok(alert.into())
}

fn alarm(body: &Fields<'_>, detail: &Fields<'_>) -> Result<Alert, FormatError> {
    let name = detail.needed("alarmName")?;
    let state = detail.object("state")?.ok_or_else(|| detail.wrong("state", "an object"))?;
    let configuration = detail.inner("configuration");
    let description = configuration.as_ref().and_then(|of| of.word("description"));
    let arn = body.first_word("resources");
    let account = body.word("account").unwrap_or_else(|| "-".to_owned());
    let region = body.word("region").unwrap_or_default();
    let key = arn.clone().unwrap_or_else(|| format!("{account} {region} {name}"));
    let metric = configuration.as_ref().and_then(metric);
    Ok(Alert {
        message: cloudwatch::texts(description, state.word("reason")),
        labels: metric.map(|metric| measured(&metric)).unwrap_or_default(),
        ..cloudwatch::alarm(&name, &state.needed("value")?, key, arn.as_deref())
            .at(state.time("timestamp").or_else(|| body.time("time")))
    })
}

/// The first metric of the alarm; it may have several, or be computed.
fn metric<'a>(configuration: &Fields<'a>) -> Option<Fields<'a>> {
    let metrics = configuration.objects("metrics").ok()?;
    metrics.iter().find_map(|metric| metric.inner("metricStat")?.inner("metric"))
}

fn measured(metric: &Fields<'_>) -> std::collections::BTreeMap<String, String> {
    let mut all =
        labels([("metric", metric.word("name")), ("namespace", metric.word("namespace"))]);
    all.extend(metric.pairs("dimensions").unwrap_or_default());
    all
}

/// An event that we know nothing of stands for itself.
fn other(kind: String, body: &Fields<'_>, detail: &Fields<'_>) -> Alert {
    Alert {
        title: kind,
        message: detail.as_json(),
        severity: "warning".to_owned(),
        source: body.word("source").unwrap_or_else(|| "eventbridge".to_owned()),
        ..Alert::default()
    }
}
