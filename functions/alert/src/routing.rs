//! Whom an alert is told.

use flatline_domain::{Event, Status};
use flatline_shared::config::{Channel, Config};
use flatline_shared::http::ApiError;
use serde_json::{Map, Value, json};

use crate::format::Alert;

/// The alert names channels that cannot be told: one sentence for each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unrouted(Vec<String>);

/// The channels that are to be told, in the order of the configuration. Without names those that
/// take the event of its severity; none if notifications are switched off.
pub(crate) fn route<'a>(config: &'a Config, alert: &Alert) -> Result<Vec<&'a Channel>, Unrouted> {
    if !config.notifications_enabled {
        return Ok(Vec::new());
    }
    if alert.channels.is_empty() {
        let event = event(alert.status());
        return Ok(config
            .channels
            .iter()
            .filter(|channel| takes_alerts(channel) && channel.route.events.takes(event))
            .collect());
    }
    let problems: Vec<_> =
        alert.channels.iter().filter_map(|name| problem(&config.channels, name)).collect();
    if !problems.is_empty() {
        return Err(Unrouted(problems));
    }
    let named = |channel: &Channel| alert.channels.iter().any(|name| is_named(channel, name));
    let channels = config.channels.iter();
    Ok(channels.filter(|channel| takes_alerts(channel) && named(channel)).collect())
}

const fn event(status: Status) -> Event {
    match status {
        Status::Down => Event::Down,
        Status::Degraded => Event::Degraded,
        _ => Event::Up,
    }
}

const fn takes_alerts(channel: &Channel) -> bool {
    channel.enabled && channel.external_alerts
}

/// Whether `name` is the channel's name or type, in any case.
fn is_named(channel: &Channel, name: &str) -> bool {
    channel.route.name.to_lowercase() == name.to_lowercase()
        || channel.kind.as_str().eq_ignore_ascii_case(name)
}

/// Why nobody can be told by this name.
fn problem(channels: &[Channel], name: &str) -> Option<String> {
    let named: Vec<_> = channels.iter().filter(|channel| is_named(channel, name)).collect();
    if named.is_empty() {
        Some(format!("Channel '{name}' not found in configuration"))
    } else if named.iter().any(|channel| takes_alerts(channel)) {
        None
    } else if named.iter().any(|channel| channel.enabled) {
        Some(format!("Channel '{name}' does not accept external alerts"))
    } else {
        Some(format!("Channel '{name}' is disabled"))
    }
}

impl Unrouted {
    /// The answer: what is wrong, and which channels there are.
    pub(crate) fn into_error(self, config: &Config, alert: &Alert) -> ApiError {
        let enabled = config.channels.iter().filter(|channel| channel.enabled);
        let available: Value = enabled
            .map(|channel| json!({"type": channel.kind.as_str(), "name": channel.route.name}))
            .collect();
        let more = [
            ("errors", json!(self.0)),
            ("availableChannels", available),
            ("alertTitle", json!(alert.title)),
        ];
        ApiError::Invalid {
            code: "alert-validation-failed",
            sentence: "Alert validation failed".to_owned(),
            more: more
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect::<Map<_, _>>(),
        }
    }
}
