//! Whom an alert is told.

use flatline_domain::{Event, Status};
use flatline_shared::config::{AlertKey, Channel, Config};
use flatline_shared::http::ApiError;
use flatline_shared::render::text::cut;
use serde_json::{Map, Value, json};

use crate::format::Alert;

/// Bytes that are shown of the name of a channel that is not there.
const NAME_MAX_BYTES: usize = 100;

/// Whom an alert is told, and whom of those it names it is not.
#[derive(Debug, Default)]
pub(crate) struct Routed<'a> {
    /// In the order of the configuration.
    pub(crate) channels: Vec<&'a Channel>,
    /// Why others that it names are not told: one sentence each.
    pub(crate) problems: Vec<String>,
}

/// Whom of those that `key` may tell: without names those that take the event of its severity; nobody
/// if notifications are switched off.
pub(crate) fn route<'a>(config: &'a Config, key: &AlertKey, alert: &Alert) -> Routed<'a> {
    if !config.notifications_enabled {
        return Routed::default();
    }
    let channels = config.channels.iter();
    let open = channels.filter(|channel| takes_alerts(channel) && key.may_tell(channel));
    if alert.channels.is_empty() {
        let event = event(alert.status());
        let channels = open.filter(|channel| channel.route.events.takes(event)).collect();
        return Routed { channels, problems: Vec::new() };
    }
    let names = &alert.channels;
    let mut problems: Vec<_> = names.iter().filter_map(|name| problem(config, key, name)).collect();
    problems.dedup();
    let is_named = |channel: &&Channel| names.iter().any(|name| channel.is_called(name));
    Routed { channels: open.filter(is_named).collect(), problems }
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

/// Why nobody can be told by this name. Whether a channel is there that the key may not tell is not
/// said.
fn problem(config: &Config, key: &AlertKey, name: &str) -> Option<String> {
    let named: Vec<_> = config.channels.iter().filter(|channel| channel.is_called(name)).collect();
    let open: Vec<_> = named.iter().filter(|channel| key.may_tell(channel)).collect();
    let name = cut(name, NAME_MAX_BYTES);
    if open.is_empty() && !key.is_full() {
        Some(format!("Channel '{name}' is not open to this key"))
    } else if open.is_empty() {
        Some(format!("Channel '{name}' not found in configuration"))
    } else if open.iter().any(|channel| takes_alerts(channel)) {
        None
    } else if open.iter().any(|channel| channel.enabled) {
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
    available_to(config, |_| true)
}

/// The channels that are enabled and of these.
pub(crate) fn available_to(config: &Config, is_open: impl Fn(&Channel) -> bool) -> Value {
    let enabled = config.channels.iter().filter(|channel| channel.enabled && is_open(channel));
    enabled
        .map(|channel| json!({"type": channel.kind.as_str(), "name": channel.route.name}))
        .collect()
}
