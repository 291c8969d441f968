//! `GET /api/deliveries`: what waits for channels, and how the rest ended.

use flatline_domain::{Event, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::{Config, Service};
use flatline_shared::http::ApiError;
use flatline_shared::render::time::rfc3339;
use flatline_shared::store::{
    Ending, Lane, LoggedDelivery, OutboxRow, RecentDeliveries, StoreError, Wanted, Whose,
};
use serde::Serialize;

use crate::query::{MAX_LIMIT, Query, invalid};

/// How many are answered unless the request says otherwise.
const LIMIT: usize = 100;

/// How a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is to be sent, now or later.
    Waiting,
    /// The channel accepted it.
    Delivered,
    /// It was given up.
    Dead,
    /// Another one said it.
    Folded,
    /// It had nothing left to say.
    Cancelled,
}

const STATES: [(&str, State); 5] = [
    ("waiting", State::Waiting),
    ("delivered", State::Delivered),
    ("dead", State::Dead),
    ("folded", State::Folded),
    ("cancelled", State::Cancelled),
];

impl From<Ending> for State {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Delivered => Self::Delivered,
            Ending::Dead => Self::Dead,
            Ending::Folded => Self::Folded,
            Ending::Cancelled => Self::Cancelled,
        }
    }
}

/// What is asked for.
#[derive(Debug)]
pub struct Asked<'a> {
    service: Option<&'a Service>,
    /// In lower case.
    channel: Option<String>,
    state: Option<State>,
    since: UnixMs,
    limit: usize,
}

impl<'a> Asked<'a> {
    /// Whatever is so.
    pub fn all(state: State) -> Self {
        let (service, channel, since) = (None, None, UnixMs::default());
        Self { service, channel, state: Some(state), since, limit: MAX_LIMIT }
    }

    /// What this query asks for.
    ///
    /// # Errors
    /// 400 for a parameter that cannot be what it is, 404 for a service that is not configured.
    pub fn of(query: &Query, config: &'a Config) -> Result<Self, ApiError> {
        Ok(Self {
            service: query.service_if_any(config)?,
            channel: query.get("channel").map(str::to_lowercase),
            state: query.get("state").map(state).transpose()?,
            since: query.since()?.unwrap_or_default(),
            limit: query.limit()?.unwrap_or(LIMIT),
        })
    }

    fn is_channel(&self, name: &str) -> bool {
        self.channel.as_ref().is_none_or(|wanted| name.to_lowercase() == *wanted)
    }

    /// What waits and is asked for: of each channel at most as many as are answered.
    pub async fn waiting(&self, app: &App) -> Result<Vec<OutboxRow>, StoreError> {
        if self.limit == 0 || self.state.is_some_and(|state| state != State::Waiting) {
            return Ok(Vec::new());
        }
        let mut rows = Vec::new();
        for channel in &app.config.channels {
            let name = channel.route.name.as_str();
            for whose in self.whose(&app.config, channel.fallback) {
                if self.is_channel(name) {
                    rows.extend(app.store.waiting(name, whose, self.limit).await?);
                }
            }
        }
        Ok(rows)
    }

    /// Which rows of a channel are looked at. One that stands in for others has copies of theirs.
    fn whose<'w>(&'w self, config: &'w Config, stands_in: bool) -> Vec<Whose<'w>> {
        let Some(service) = self.service else { return vec![Whose::Anybody] };
        let service = service.spec.id.as_str();
        let others = config.channels.iter().filter(|_| stands_in);
        let copies = others.map(|other| Whose::Copies { of: &other.route.name, service });
        [Whose::Service(service)].into_iter().chain(copies).collect()
    }

    /// What ended and is asked for.
    pub async fn ended(&self, app: &App) -> Result<RecentDeliveries, StoreError> {
        if self.limit == 0 || self.state == Some(State::Waiting) {
            return Ok(RecentDeliveries::default());
        }
        let matches = |logged: &LoggedDelivery| {
            self.is_channel(&logged.entry.channel)
                && self.state.is_none_or(|state| state == logged.entry.ending.into())
        };
        let now = app.clock.now();
        let wanted = Wanted { since: self.since, now, limit: self.limit, matches };
        match self.service {
            Some(service) => app.store.deliveries_of(&service.spec.id, &wanted).await,
            None => app.store.recent_deliveries(&wanted).await,
        }
    }
}

fn state(word: &str) -> Result<State, ApiError> {
    let known = STATES.iter().find(|(name, _)| *name == word);
    let words = || STATES.map(|(name, _)| name).join(", ");
    known
        .map(|(_, state)| *state)
        .ok_or_else(|| invalid(format!("state must be one of {}", words())))
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveriesAnswer {
    success: bool,
    /// Newest first.
    deliveries: Vec<DeliveryLine>,
    /// How many there are here.
    count: usize,
    /// Whether there may be more than these.
    truncated: bool,
}

/// One delivery.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryLine {
    /// By which a dead one is replayed; what waits has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    state: State,
    channel: String,
    /// The type of the channel, if it is still configured.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_id: Option<String>,
    /// Of an alert: what it is known by.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert_key: Option<String>,
    /// Of an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    event: Event,
    version: u64,
    /// Which reminder it is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    reminder: Option<u32>,
    /// When it ended; of what waits when it was queued.
    timestamp: String,
    attempts: u32,
    /// What the channel answered last, or why it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<String>,
    /// Of a copy: the channel that could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    copy_of: Option<String>,
}

impl DeliveriesAnswer {
    /// What was found, newest first.
    pub fn of(
        asked: &Asked<'_>,
        waiting: &[OutboxRow],
        ended: RecentDeliveries,
        config: &Config,
    ) -> Self {
        let newer = waiting.iter().filter(|row| row.delivery.queued.committed_at > asked.since);
        let waiting = newer
            .map(|row| (row.delivery.queued.committed_at, DeliveryLine::of_waiting(row, config)));
        let cut_short = ended.cut_short || ended.deliveries.len() >= asked.limit;
        let ended = ended
            .deliveries
            .into_iter()
            .map(|logged| (logged.entry.at, DeliveryLine::of_ended(logged, config)));
        let mut lines: Vec<_> = waiting.chain(ended).collect();
        lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let truncated = asked.limit > 0 && (cut_short || lines.len() >= asked.limit);
        lines.truncate(asked.limit);
        let deliveries: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        Self { success: true, count: deliveries.len(), deliveries, truncated }
    }
}

/// The service or the alert that a lane is about.
fn subject(lane: &Lane) -> (Option<String>, Option<String>) {
    match lane.subject() {
        Lane::Service(id) => (Some(id.clone()), None),
        Lane::Alert(key) => (None, Some(key.clone())),
        _ => (None, None),
    }
}

fn kind(config: &Config, name: &str) -> Option<&'static str> {
    let channel = config.channels.iter().find(|channel| channel.route.name == name)?;
    Some(channel.kind.as_str())
}

impl DeliveryLine {
    fn of_waiting(row: &OutboxRow, config: &Config) -> Self {
        let (queued, notice) = (&row.delivery.queued, &row.delivery.notice);
        let (service_id, alert_key) = subject(&row.delivery.lane);
        Self {
            id: None,
            state: State::Waiting,
            channel: row.channel.clone(),
            kind: kind(config, &row.channel),
            service_id,
            title: alert_key.is_some().then(|| notice.name.clone()),
            alert_key,
            event: queued.event,
            version: queued.version,
            reminder: (queued.n > 0).then_some(queued.n),
            timestamp: rfc3339(queued.committed_at),
            attempts: row.attempts,
            answer: row.last_error.clone(),
            next_attempt: queued.next_at.map(rfc3339),
            copy_of: match &row.delivery.lane {
                Lane::Copy { channel, .. } => Some(channel.clone()),
                _ => None,
            },
        }
    }

    fn of_ended(logged: LoggedDelivery, config: &Config) -> Self {
        let id = logged.id();
        let (service_id, alert_key) = subject(&logged.lane);
        let entry = logged.entry;
        Self {
            id: Some(id),
            state: entry.ending.into(),
            kind: kind(config, &entry.channel),
            channel: entry.channel,
            service_id,
            alert_key,
            title: entry.title,
            event: entry.event,
            version: entry.version,
            reminder: (entry.n > 0).then_some(entry.n),
            timestamp: rfc3339(entry.at),
            attempts: entry.attempts,
            answer: Some(entry.answer).filter(|answer| !answer.is_empty()),
            next_attempt: None,
            copy_of: entry.copy_of,
        }
    }
}

#[cfg(test)]
mod tests;
