//! From a decision to what is committed for it: one row for each channel that must be told.

use std::collections::{BTreeMap, BTreeSet};

use flatline_domain::route::is_routed;
use flatline_domain::{
    Event, QueuedNotice, Reason, ServiceRecord, ServiceSpec, Status, Told, Transition, UnixMs,
};

use serde_json::Value;

use crate::config::{Channel, Config};
use crate::store::{
    Commit, Delivery, Lane, LogEntry, NOTICE_MAX_BYTES, NewDelivery, Notice, Reminding,
};

/// What channels know of a service. It matters only to transitions into paused or closed: they
/// resolve what was told. Everybody else passes the empty default.
#[derive(Clone, Debug, Default)]
pub struct Informed {
    /// What each channel accepted last, by its name.
    pub told: BTreeMap<String, Told>,
    /// Names of channels that have a row of this service waiting.
    pub waiting: BTreeSet<String>,
}

/// What a service said last, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// Its message.
    pub message: Option<&'a str>,
    /// Its metadata; values of any kind.
    pub metadata: Option<&'a Value>,
}

impl<'a> From<&'a LogEntry> for Said<'a> {
    fn from(entry: &'a LogEntry) -> Self {
        Self { message: entry.message.as_deref(), metadata: entry.metadata.as_ref() }
    }
}

impl Said<'_> {
    /// As much of it as messages may carry.
    const fn for_messages(self, config: &Config) -> Self {
        let metadata = if config.notify.include_metadata { self.metadata } else { None };
        Self { metadata, ..self }
    }

    /// The metadata as text by name: strings as they are, everything else as JSON.
    fn details(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self.metadata {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(all)) => {
                all.iter().map(|(name, value)| (name.clone(), text(value))).collect()
            }
            Some(other) => BTreeMap::from([("metadata".to_owned(), text(other))]),
        }
    }
}

/// What is committed for `transitions` of `record`, of a service that said this last.
pub fn commit_for<'a>(
    config: &Config,
    spec: &'a ServiceSpec,
    record: &'a ServiceRecord,
    transitions: &'a [Transition],
    now: UnixMs,
    informed: &Informed,
    said: Said<'_>,
) -> Commit<'a> {
    let said = said.for_messages(config);
    let rows = |transition| {
        channels_for(config, spec, transition, informed).map(move |(channel, event)| NewDelivery {
            channel: channel.to_owned(),
            delivery: delivery(spec, record, transition, event, now, said),
        })
    };
    Commit {
        before: record,
        transitions,
        service_name: &spec.name,
        outbox: transitions.iter().flat_map(rows).collect(),
        muted: !spec.route.enabled,
        retention_days: config.settings.retention_days,
        feed_days: config.notify.max_age_days,
        wake: first_reminder(config, spec, transitions, now),
    }
}

/// What is committed to remind of `transition`, which began the outage that `record` is in: a row for
/// each channel that accepted it. Whoever was not told yet will be, by the row that waits.
pub fn reminder_for<'a>(
    config: &Config,
    spec: &ServiceSpec,
    record: &'a ServiceRecord,
    transition: &Transition,
    told: &BTreeMap<String, Told>,
    now: UnixMs,
    said: Said<'_>,
) -> Reminding<'a> {
    let said = said.for_messages(config);
    let was_told =
        |name: &str| told.get(name).is_some_and(|told| told.version == transition.version);
    let row = |channel: &Channel| {
        let mut delivery = delivery(spec, record, transition, Event::Reminder, now, said);
        delivery.queued.n = record.reminders + 1;
        NewDelivery { channel: channel.route.name.clone(), delivery }
    };
    Reminding {
        before: record,
        outbox: reminded(config, spec)
            .filter(|channel| was_told(&channel.route.name))
            .map(row)
            .collect(),
        wake: config.notify.repeat_ms.map_or(UnixMs::NEVER, |repeat_ms| now.plus_ms(repeat_ms)),
    }
}

/// The channels that take reminders of this service.
fn reminded<'c>(config: &'c Config, spec: &'c ServiceSpec) -> impl Iterator<Item = &'c Channel> {
    let channels = if config.notifications_enabled { config.channels.as_slice() } else { &[] };
    let repeats = config.notify.repeat_ms.is_some();
    channels
        .iter()
        .filter(move |channel| repeats && is_routed(&spec.route, &channel.route, Event::Reminder))
}

/// The channels that get a row for a transition, and the event it tells them.
fn channels_for<'c>(
    config: &'c Config,
    spec: &'c ServiceSpec,
    transition: &'c Transition,
    informed: &'c Informed,
) -> impl Iterator<Item = (&'c str, Event)> {
    let told_of_trouble =
        |name: &str| informed.told.get(name).is_some_and(|told| told.status.badness() > 0);
    let event_for = move |channel: &Channel| {
        let name = channel.route.name.as_str();
        if transition.closes() {
            let open = told_of_trouble(name) || informed.waiting.contains(name);
            return (channel.route.enabled && open).then_some(Event::Up);
        }
        transition.event().filter(|&event| is_routed(&spec.route, &channel.route, event))
    };
    let channels = if config.notifications_enabled { config.channels.as_slice() } else { &[] };
    channels
        .iter()
        .filter_map(move |channel| Some((channel.route.name.as_str(), event_for(channel)?)))
}

/// When a service that stays down is first told of again; never, if nobody is to be told.
fn first_reminder(
    config: &Config,
    spec: &ServiceSpec,
    transitions: &[Transition],
    now: UnixMs,
) -> UnixMs {
    let is_down = transitions.last().is_some_and(|last| last.to == Status::Down);
    let anybody = reminded(config, spec).next().is_some();
    match config.notify.repeat_ms {
        Some(repeat_ms) if is_down && anybody => now.plus_ms(repeat_ms),
        _ => UnixMs::NEVER,
    }
}

/// The delivery of `transition` as `event`; reminders are made from it with their own `n`.
fn delivery(
    spec: &ServiceSpec,
    record: &ServiceRecord,
    transition: &Transition,
    event: Event,
    now: UnixMs,
    said: Said<'_>,
) -> Delivery {
    Delivery {
        lane: Lane::Service(record.id.clone()),
        queued: QueuedNotice {
            version: transition.version,
            n: 0,
            event,
            status: transition.to,
            committed_at: now,
            next_at: None,
            closing: transition.closes(),
        },
        notice: notice(spec, record, transition, said),
    }
}

/// What a message about `transition` says; what the service said itself is cut to what fits.
pub fn notice(
    spec: &ServiceSpec,
    record: &ServiceRecord,
    transition: &Transition,
    said: Said<'_>,
) -> Notice {
    // A silence that a late heartbeat ended is told afterwards, as it looked before that heartbeat.
    let last_seen = match (transition.reason, record.unjudged_gap()) {
        (Reason::Silence, Some(gap)) => Some(gap.from),
        _ => record.last_beat,
    };
    let notice = Notice {
        id: record.id.clone(),
        name: spec.name.clone(),
        status: transition.to,
        previous: transition.from,
        at: transition.at,
        since: transition.since,
        last_seen,
        window_ms: spec.window_ms,
        reason: transition.reason.as_str().to_owned(),
        message: said.message.map(str::to_owned),
        severity: None,
        labels: said.details(),
        annotations: BTreeMap::new(),
        channels: Vec::new(),
        phase: None,
        link: None,
    };
    notice.fitted(NOTICE_MAX_BYTES)
}

#[cfg(test)]
mod tests;
