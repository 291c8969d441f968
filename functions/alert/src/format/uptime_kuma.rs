//! Webhook notifications of Uptime Kuma, with the preset "application/json" or "multipart/form-data"
//! (its server/notification-providers/webhook.js).

use super::fields::{Fields, labels};
use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "uptime-kuma", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    ["heartbeat", "monitor", "msg"].iter().all(|name| payload.body.has(name))
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let said = body.text("msg")?;
    let (Some(heartbeat), Some(monitor)) = (body.object("heartbeat")?, body.object("monitor")?)
    else {
        return Ok(notice(said.ok_or_else(|| body.wrong("msg", "there"))?).into());
    };
    let (severity, phase) = match heartbeat.word("status").as_deref() {
        Some("0") => ("critical", Phase::Firing),
        Some("1") => ("critical", Phase::Resolved),
        Some("3") => ("info", Phase::Firing),
        _ => ("warning", Phase::Firing),
    };
    let id = monitor.word("id").or_else(|| heartbeat.word("monitorID"));
    let name = monitor.word("name").or_else(|| id.as_ref().map(|id| format!("monitor {id}")));
    let alert = Alert {
        title: name.or_else(|| said.clone()).ok_or_else(|| monitor.wrong("name", "there"))?,
        message: heartbeat.word("msg").or(said).unwrap_or_default(),
        severity: severity.to_owned(),
        source: "uptime-kuma".to_owned(),
        labels: labels([
            ("type", monitor.word("type")),
            ("hostname", monitor.word("hostname")),
            ("port", monitor.word("port")),
        ]),
        phase,
        dedup_key: id.map(|id| format!("monitor {id} {}", target(&monitor))),
        link: monitor.link("url"),
        ..Alert::default()
    };
    Ok(alert.into())
}

/// What the monitor watches: ids are counted in each Uptime Kuma from 1.
fn target(monitor: &Fields<'_>) -> String {
    let parts = ["type", "url", "hostname", "port"].map(|name| monitor.word(name));
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What belongs to no heartbeat: a certificate or domain that will expire, or what the button "Test"
/// sends (`<name of the notification> Testing`).
fn notice(said: String) -> Alert {
    let is_test = said.trim_end().ends_with(" Testing");
    // The number of days that are left does not make it another one.
    let about = said.split_once(" will expire in ").map(|(about, _)| about.to_owned());
    Alert {
        title: said.lines().next().unwrap_or_default().to_owned(),
        severity: if is_test { "info" } else { "warning" }.to_owned(),
        topic: about,
        message: said,
        source: "uptime-kuma".to_owned(),
        ..Alert::default()
    }
}
