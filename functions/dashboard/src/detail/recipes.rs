//! How to send a heartbeat: commands to copy, with the right address and id, never with a key.

use flatline_shared::config::Service;
use serde::Serialize;

use crate::hint::quoted;

/// One way.
#[derive(Debug, Serialize)]
pub struct Recipe {
    /// What it is called.
    pub name: &'static str,
    /// To copy.
    pub text: String,
}

/// The ways for this service.
pub fn of(service: &Service, base_url: &str) -> Vec<Recipe> {
    let id = &service.spec.id;
    let url = format!("{base_url}/api/heartbeat");
    let body = serde_json::json!({ "serviceId": id }).to_string();
    let header = "-H \"Authorization: Bearer $FLATLINE_API_KEY\" ";
    let key = if service.auth_required { header } else { "" };
    let curl = format!("curl -fsS {key}-d {} {}", quoted(&body), quoted(&url));
    let shell = format!(
        "FLATLINE_URL={} FLATLINE_SERVICE_ID={} sh heartbeat-client.sh",
        quoted(base_url),
        quoted(id)
    );
    let every_min = (service.spec.window_ms / 180_000).clamp(1, 59);
    // In a crontab a percent sign ends the command.
    let cron = format!("*/{every_min} * * * * {}", curl.replace('%', "\\%"));
    [
        ("curl", curl),
        ("Shell client", shell),
        ("Python", python(&url, &body, service)),
        ("cron", cron),
    ]
    .into_iter()
    .map(|(name, text)| Recipe { name, text })
    .collect()
}

fn python(url: &str, body: &str, service: &Service) -> String {
    // JSON strings are Python strings.
    let literal = |text: &str| serde_json::Value::from(text).to_string();
    let (import, headers) = if service.auth_required {
        (
            "import os, urllib.request",
            ", headers={\n    \"Authorization\": \"Bearer \" + os.environ[\"FLATLINE_API_KEY\"]}",
        )
    } else {
        ("import urllib.request", "")
    };
    format!(
        "{import}\n\nurllib.request.urlopen(urllib.request.Request(\n    {}, {}.encode(){headers}), timeout=10)",
        literal(url),
        literal(body)
    )
}
