//! What is printed when everything is ready: where the page is and how to send the first heartbeat.
//! No secret is in it.

use std::fmt::Write as _;
use std::net::SocketAddr;

use flatline_shared::config::{Channel, Config};

use crate::data::LocalKeys;

/// The text for stdout.
pub fn text(config: &Config, address: SocketAddr, keys: Option<&LocalKeys>) -> String {
    let mut text = format!("Flatline {} is ready.\n", env!("CARGO_PKG_VERSION"));
    let base = format!("http://{address}");
    let example = config.services.iter().find(|service| service.auth_required);
    let example = example.or(config.services.first());
    let id = example.map_or("my-service", |service| service.spec.id.as_str());
    let body = serde_json::json!({ "serviceId": id }).to_string().replace('\'', "'\\''");
    let header = keys.map_or_else(
        || "-H \"Authorization: Bearer $FLATLINE_API_KEY\"".to_owned(),
        |keys| format!("-H @{}", shell_word(&keys.header.display().to_string())),
    );
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  page             {base}/");
    let _ = writeln!(text, "  first heartbeat  curl {header} -d '{body}' {base}/api/heartbeat");
    if let Some(keys) = keys {
        let _ = writeln!(text, "  API keys         {}", keys.file.display());
    }
    if !tells_of_silence(config) {
        let _ = writeln!(
            text,
            "  notifications    none: no channel that takes 'down' is enabled in notifications.json"
        );
    }
    text
}

/// Whether anybody hears of a service that falls silent.
fn tells_of_silence(config: &Config) -> bool {
    let takes = |channel: &Channel| channel.enabled && channel.route.events.down;
    config.notifications_enabled && config.channels.iter().any(takes)
}

/// A text as one word of a shell command.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let is_plain = !text.is_empty() && text.chars().all(plain);
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
