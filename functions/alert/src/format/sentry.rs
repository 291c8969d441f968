//! Webhooks of Sentry's internal integrations
//! (<https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>).
//!
//! Sentry cannot send our key; it signs what it sends.

use flatline_domain::UnixMs;
use http::HeaderMap;

use super::fields::{Fields, labels};
use super::{Alert, Format, FormatError, Parsed, Payload, Phase, Proof};

pub(super) const FORMAT: Format = Format { name: "sentry", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    payload.headers.contains_key("sentry-hook-resource")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let (body, headers) = (&payload.body, payload.headers);
    let data = body.object("data")?.ok_or_else(|| body.wrong("data", "an object"))?;
    let action = body.word("action").unwrap_or_default();
    let resource = header(headers, "sentry-hook-resource").unwrap_or_else(|| guess(&data));
    let alert = match resource.as_str() {
        "metric_alert" => Some(metric(&action, &data)?),
        "event_alert" => Some(event(&data)?),
        "issue" => issue(&action, &data)?,
        _ => None,
    };
    let nothing = || format!("nothing to tell: {resource} {action} is no alert");
    Ok(Parsed {
        warnings: if alert.is_none() { vec![nothing()] } else { Vec::new() },
        alerts: Vec::from_iter(alert),
        proof: Signature::of(headers).map_or(Proof::Key, Proof::Sentry),
    })
}

/// What Sentry's headers say about a body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    /// The HMAC-SHA256 of the body, in hex.
    pub(crate) hmac: String,
    /// When it was sent. It is not signed.
    pub(crate) sent_at: Option<UnixMs>,
}

impl Signature {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let seconds = header(headers, "sentry-hook-timestamp").and_then(|it| it.parse().ok());
        let sent_at = seconds.and_then(|it: i64| it.checked_mul(1_000)).map(UnixMs);
        Some(Self { hmac: header(headers, "sentry-hook-signature")?, sent_at })
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The resource, where the path named the format and the header is missing.
fn guess(data: &Fields<'_>) -> String {
    let known = ["metric_alert", "event", "issue"].into_iter().find(|name| data.has(name));
    match known {
        Some("event") => "event_alert",
        known => known.unwrap_or("this"),
    }
    .to_owned()
}

fn metric(action: &str, data: &Fields<'_>) -> Result<Alert, FormatError> {
    let incident =
        data.object("metric_alert")?.ok_or_else(|| data.wrong("metric_alert", "an object"))?;
    let title = data.word("description_title").or_else(|| incident.word("title"));
    let id = incident.word("id").or_else(|| incident.word("identifier"));
    Ok(Alert {
        title: title.ok_or_else(|| data.wrong("description_title", "there"))?,
        message: data.word("description_text").unwrap_or_default(),
        severity: if action == "warning" { "warning" } else { "critical" }.to_owned(),
        phase: if action == "resolved" { Phase::Resolved } else { Phase::Firing },
        dedup_key: id.map(|id| format!("metric {id}")),
        link: data.link("web_url"),
        started_at: incident.time("date_started"),
        ..sentry()
    })
}

fn event(data: &Fields<'_>) -> Result<Alert, FormatError> {
    let event = data.object("event")?.ok_or_else(|| data.wrong("event", "an object"))?;
    let title = event.word("title").or_else(|| event.word("message"));
    let rule = data.word("triggered_rule");
    let texts = [event.word("culprit"), rule.as_ref().map(|rule| format!("Rule: {rule}"))];
    Ok(Alert {
        title: title.or(rule).ok_or_else(|| event.wrong("title", "there"))?,
        message: texts.into_iter().flatten().collect::<Vec<_>>().join("\n"),
        severity: severity(event.word("level").as_deref()).to_owned(),
        dedup_key: event.word("issue_id").map(|id| format!("issue {id}")),
        link: event.link("web_url"),
        labels: labels([
            ("environment", event.word("environment")),
            ("platform", event.word("platform")),
            ("release", event.word("release")),
        ]),
        started_at: event.time("datetime"),
        ..sentry()
    })
}

/// An issue that came, came back or went; who it is assigned to is no alert.
fn issue(action: &str, data: &Fields<'_>) -> Result<Option<Alert>, FormatError> {
    let phase = match action {
        "created" | "unresolved" => Phase::Firing,
        "resolved" | "ignored" | "archived" => Phase::Resolved,
        _ => return Ok(None),
    };
    let issue = data.object("issue")?.ok_or_else(|| data.wrong("issue", "an object"))?;
    let project = issue.inner("project").and_then(|project| project.word("slug"));
    Ok(Some(Alert {
        title: issue.needed("title")?,
        message: issue.word("culprit").unwrap_or_default(),
        severity: severity(issue.word("level").as_deref()).to_owned(),
        phase,
        dedup_key: issue.word("id").map(|id| format!("issue {id}")),
        link: issue.link("web_url").or_else(|| issue.link("permalink")),
        labels: labels([("project", project), ("platform", issue.word("platform"))]),
        started_at: issue.time("firstSeen"),
        ..sentry()
    }))
}

fn sentry() -> Alert {
    Alert { source: "sentry".to_owned(), ..Alert::default() }
}

fn severity(level: Option<&str>) -> &'static str {
    match level {
        Some("fatal" | "error") => "error",
        Some("info" | "debug") => "info",
        _ => "warning",
    }
}
