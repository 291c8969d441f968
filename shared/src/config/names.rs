//! How services and groups name the channels that are told of them.

use super::Channel;
use super::reader::{Judge, Place, Section, quoted};

/// The configured channels, to be named by type or name in any case.
pub(super) struct ChannelNames<'a> {
    pub(super) channels: &'a [Channel],
    /// Whether their file could not be read, so that names mean nothing.
    pub(super) is_lost: bool,
}

/// A list of channels that a service or group names.
#[derive(Clone)]
pub(super) struct NamedChannels {
    /// Where the list stands.
    pub(super) place: Place,
    /// Names of channels. Empty only if the list was: that means all.
    pub(super) names: Vec<String>,
    /// Whether something is named that does not exist or is disabled.
    pub(super) is_lacking: bool,
    /// Whether an enabled one of them takes `down`.
    pub(super) takes_down: bool,
}

impl ChannelNames<'_> {
    /// Reads `channels` of a service's or group's `notifications`; `None` if it is absent.
    pub(super) fn read(&self, notifications: &mut Section<'_>) -> Option<NamedChannels> {
        let list = notifications.texts("channels").filter(|_| !self.is_lost)?;
        let mut named = NamedChannels {
            place: notifications.place().key("channels"),
            names: Vec::new(),
            is_lacking: false,
            takes_down: false,
        };
        for (place, name) in list {
            let meant: Vec<&Channel> = self.meant_by(name).collect();
            named.takes_down |= meant.iter().any(|meant| meant.enabled && meant.route.events.down);
            if !meant.iter().any(|meant| meant.enabled) {
                named.is_lacking = true;
                let judge = notifications.judge();
                judge.warn(&place, self.complaint(judge, name, &meant));
            }
            if meant.is_empty() {
                // Kept, because an empty list would mean every channel.
                named.names.push(name.to_owned());
            }
            named.names.extend(meant.into_iter().map(|meant| meant.route.name.clone()));
        }
        let mut seen = std::collections::HashSet::new();
        named.names.retain(|name| seen.insert(name.clone()));
        Some(named)
    }

    fn meant_by<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Channel> {
        let lower = name.to_lowercase();
        self.channels.iter().filter(move |channel| {
            channel.kind.as_str() == lower || channel.route.name.to_lowercase() == lower
        })
    }

    fn complaint(&self, judge: &Judge, name: &str, meant: &[&Channel]) -> String {
        if meant.is_empty() {
            let channels = self.channels.iter();
            let known = channels.flat_map(|it| [it.kind.as_str(), it.route.name.as_str()]);
            let hint = judge.nearest(name, known);
            return format!("there is no channel {}{hint}", quoted(name));
        }
        format!("channel {} is disabled, so it is told nothing", quoted(name))
    }
}
