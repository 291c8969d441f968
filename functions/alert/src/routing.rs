//! Whom an alert is told.

use flatline_domain::{Event, Status};
use flatline_shared::config::{Channel, Config};
use flatline_shared::http::ApiError;
use serde_json::{Map, Value, json};

use crate::format::Alert;

/// The alert names channels that cannot be told: one sentence for each.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unrouted(pub(crate) Vec<String>);

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

/// The one channel that is to be tried out: the one of this name, or else the first of this type that
/// is enabled, and a sentence if there are more of them.
pub(crate) fn one<'a>(
    config: &'a Config,
    name: &str,
) -> Result<(&'a Channel, Vec<String>), ApiError> {
    let refused = |code, sentence: String| {
        let more = Map::from_iter([("availableChannels".to_owned(), available(config))]);
        Err(ApiError::Invalid { code, sentence, more })
    };
    let of_type: Vec<_> =
        config.channels.iter().filter(|it| it.kind.as_str().eq_ignore_ascii_case(name)).collect();
    let lower = name.to_lowercase();
    let by_name = config.channels.iter().find(|it| it.route.name.to_lowercase() == lower);
    let by_type = of_type.iter().find(|it| it.enabled).or(of_type.first()).copied();
    match by_name.or(by_type) {
        None => refused("unknown-channel", format!("Channel '{name}' not found in configuration")),
        Some(channel) if !channel.enabled => {
            refused("channel-disabled", format!("Channel '{name}' is disabled"))
        }
        Some(_) if !config.notifications_enabled => {
            let hint = "set enabled to true in notifications.json";
            refused("notifications-off", format!("Notifications are switched off: {hint}"))
        }
        Some(channel) => {
            let more = by_name.is_none() && of_type.iter().filter(|it| it.enabled).count() > 1;
            let chosen = &channel.route.name;
            let warning = format!("several channels are of this type: '{chosen}' was tried out");
            Ok((channel, more.then_some(warning).into_iter().collect()))
        }
    }
}

/// The channels that are enabled.
fn available(config: &Config) -> Value {
    let enabled = config.channels.iter().filter(|channel| channel.enabled);
    enabled
        .map(|channel| json!({"type": channel.kind.as_str(), "name": channel.route.name}))
        .collect()
}

impl Unrouted {
    /// The answer: what is wrong, and which channels there are. `title` is that of the first alert.
    pub(crate) fn into_error(self, config: &Config, title: Option<&str>) -> ApiError {
        let more = [
            ("errors", json!(self.0)),
            ("availableChannels", available(config)),
            ("alertTitle", json!(title)),
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
