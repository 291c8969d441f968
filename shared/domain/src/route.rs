//! Which channels are told of what.

use crate::Event;

/// A list of events; the empty list of a configuration means all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventFilter {
    /// Takes `down` and reminders of it.
    pub down: bool,
    /// Takes `up`.
    pub up: bool,
    /// Takes `degraded`.
    pub degraded: bool,
}

impl EventFilter {
    /// Every event.
    pub const ALL: Self = Self { down: true, up: true, degraded: true };

    /// The filter that lets these events through; all, if the list is empty.
    #[must_use]
    pub fn of(events: &[Event]) -> Self {
        if events.is_empty() {
            return Self::ALL;
        }
        Self {
            down: events.contains(&Event::Down),
            up: events.contains(&Event::Up),
            degraded: events.contains(&Event::Degraded),
        }
    }

    /// Whether `event` passes. Alerts and tests are not a matter of this list.
    #[must_use]
    pub const fn takes(self, event: Event) -> bool {
        match event {
            Event::Down | Event::Reminder => self.down,
            Event::Up => self.up,
            Event::Degraded => self.degraded,
            Event::Alert | Event::Test => true,
        }
    }
}

impl Default for EventFilter {
    fn default() -> Self {
        Self::ALL
    }
}

/// What a service (or its group) says about who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRoute {
    /// `false`: nothing is queued; status, incidents and feed go on.
    pub enabled: bool,
    /// Names of the channels; empty means all.
    pub channels: Vec<String>,
    /// Events that may leave this service.
    pub events: EventFilter,
}

impl Default for ServiceRoute {
    fn default() -> Self {
        Self { enabled: true, channels: Vec::new(), events: EventFilter::ALL }
    }
}

/// What a channel says about what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRoute {
    /// The channel's name, its identity.
    pub name: String,
    /// Whether it is enabled and can deliver.
    pub enabled: bool,
    /// Events it takes.
    pub events: EventFilter,
    /// Whether it keeps an incident open until told otherwise, so that `up` must always reach it.
    pub tracks_incidents: bool,
}

/// Whether `channel` is told of `event` of a service that is routed by `service`.
#[must_use]
pub fn is_routed(service: &ServiceRoute, channel: &ChannelRoute, event: Event) -> bool {
    let named = service.channels.is_empty() || service.channels.contains(&channel.name);
    let listed = service.events.takes(event) && channel.events.takes(event);
    let must_resolve = event == Event::Up && channel.tracks_incidents;
    service.enabled && channel.enabled && named && (listed || must_resolve)
}
