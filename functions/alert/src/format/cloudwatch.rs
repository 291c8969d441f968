//! Alarms of Amazon CloudWatch as they are sent to SNS topics
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html>).
//!
//! Neither SNS nor EventBridge keeps an order, so what was retried may come after its own end.
//! CloudWatch tells of every state, also that a new alarm is well; that data are missing neither
//! begins nor ends anything: an alarm that is to ring then says so itself (`TreatMissingData`).

use flatline_domain::AlertNews;
use serde_json::Value;

use super::fields::{Fields, labels};
use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "cloudwatch", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    payload.body.has("AlarmName") && payload.body.has("NewStateValue")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let (name, state) = (body.needed("AlarmName")?, body.needed("NewStateValue")?);
    let account = body.word("AWSAccountId");
    let arn = body.word("AlarmArn");
    let key = arn.clone().unwrap_or_else(|| {
        format!("{} {} {name}", account.as_deref().unwrap_or("-"), region(body).unwrap_or_default())
    });
    let mut alarm = Alert {
        message: texts(body.word("AlarmDescription"), body.word("NewStateReason")),
        labels: labels([("account", account), ("region", region(body))]),
        ..alarm(&name, &state, key, arn.as_deref()).at(body.time("StateChangeTime"))
    };
    if let Some(trigger) = body.inner("Trigger") {
        alarm.labels.extend(measured(&trigger));
    }
    Ok(alarm.into())
}

/// What alarms have in common on every road.
pub(super) fn alarm(name: &str, state: &str, key: String, arn: Option<&str>) -> Alert {
    let (severity, phase, news) = match state {
        "ALARM" => ("critical", Phase::Firing, AlertNews::State),
        "OK" => ("critical", Phase::Resolved, AlertNews::State),
        "INSUFFICIENT_DATA" => ("warning", Phase::Firing, AlertNews::Note),
        _ => ("warning", Phase::Firing, AlertNews::State),
    };
    Alert {
        title: name.to_owned(),
        severity: severity.to_owned(),
        source: "cloudwatch".to_owned(),
        phase,
        news,
        dedup_key: Some(key),
        link: arn.and_then(page),
        ..Alert::default()
    }
}

/// A description and a reason, whichever there are.
pub(super) fn texts(description: Option<String>, reason: Option<String>) -> String {
    [description, reason].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// The alarm's page: `arn:aws:cloudwatch:<region>:<account>:alarm:<name>` says where it is.
fn page(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(7, ':').skip(1);
    let (partition, _, region) = (parts.next()?, parts.next()?, parts.next()?);
    let name = parts.nth(2)?;
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if partition != "aws" || region.is_empty() || !plain(region) {
        return None;
    }
    let console = format!("https://{region}.console.aws.amazon.com/cloudwatch/home");
    let mut page = url::Url::parse(&console).ok()?;
    page.query_pairs_mut().append_pair("region", region);
    page.set_fragment(Some(&format!("alarmsV2:alarm/{name}")));
    Some(page.into())
}

/// The region as code from the ARN, or else its display name.
fn region(body: &Fields<'_>) -> Option<String> {
    let arn = body.word("AlarmArn");
    let code = arn.as_deref().and_then(|arn| arn.split(':').nth(3)).filter(|code| !code.is_empty());
    code.map(str::to_owned).or_else(|| body.word("Region"))
}

/// Metric, namespace and dimensions.
fn measured(trigger: &Fields<'_>) -> std::collections::BTreeMap<String, String> {
    let names = [("metric", trigger.word("MetricName")), ("namespace", trigger.word("Namespace"))];
    let mut all = labels(names);
    let dimensions = trigger.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
    all.extend(dimensions.filter_map(|dimension| {
        let text = |name: &str| Some(dimension.get(name)?.as_str()?.to_owned());
        Some((text("name")?, text("value")?))
    }));
    all
}
