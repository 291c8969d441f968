//! `GET /api/alerts/recent`: what changed and what other tools sent, newest first.

use flatline_domain::UnixMs;
use flatline_shared::config::Config;
use flatline_shared::http::ApiError;
use flatline_shared::render::number::plain;
use flatline_shared::render::time::rfc3339;
use flatline_shared::store::FeedEntry;
use serde::Serialize;
use serde_json::Value;

use crate::feed::tone;
use crate::query::{Query, hours_ago};

const DAY_MS: i64 = 86_400_000;

/// Which entries count: those that match each list. An empty list matches all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Severities, in lower case.
    severities: Vec<String>,
    /// Sources, in lower case.
    sources: Vec<String>,
    /// Statuses, in lower case.
    statuses: Vec<String>,
    /// Ids of services.
    services: Vec<String>,
}

impl Filter {
    /// `severity`, `source`, `status` and `serviceId`; each may be there more than once, or be a list
    /// with commas (a source and an id may have some of their own).
    fn of(query: &Query) -> Self {
        let words = |name| {
            let words = query.all(name).flat_map(|value| value.split(',')).map(str::trim);
            words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
        };
        Self {
            severities: words("severity"),
            sources: query.all("source").map(str::to_lowercase).collect(),
            statuses: words("status"),
            services: query.all("serviceId").map(str::to_owned).collect(),
        }
    }

    /// Whether it leaves anything out.
    fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// Whether the entry counts.
    fn takes(&self, entry: &FeedEntry) -> bool {
        let is_among = |list: &[String], word: Option<&str>| {
            list.is_empty() || word.is_some_and(|word| list.iter().any(|it| *it == word))
        };
        let lower = |word: &str| word.to_lowercase();
        is_among(&self.severities, Some(&lower(&entry.severity)))
            && is_among(&self.sources, Some(&lower(&entry.source)))
            && is_among(&self.statuses, entry.status.as_deref().map(lower).as_deref())
            && is_among(&self.services, entry.service_id.as_deref())
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The first instant that counts.
    pub from: UnixMs,
    /// How many at most.
    pub limit: usize,
    /// The period, in hours; 0 is no limit.
    pub hours: f64,
    /// How many are read for that: all that are kept, if some are left out.
    pub read: usize,
    /// Which of them count.
    pub filter: Filter,
}

impl Wanted {
    /// What the query asks for; what it does not say is as configured. Never more, nor older, than the
    /// configuration keeps.
    ///
    /// # Errors
    /// 400: a parameter is not what it may be.
    pub fn of(query: &Query, config: &Config, now: UnixMs) -> Result<Self, ApiError> {
        let standard = &config.settings.alert_history;
        let hours = query.hours()?.unwrap_or(standard.recent_period_hours);
        let limit = query.limit()?.unwrap_or(standard.limit as usize);
        let newer_than = query.since()?.map_or(UnixMs(0), |since| since.plus_ms(1));
        let kept = now.plus_ms(-i64::from(config.notify.max_age_days) * DAY_MS);
        let filter = Filter::of(query);
        let most = config.notify.max_alerts as usize;
        let limit = limit.min(most);
        Ok(Self {
            from: newer_than.max(hours_ago(now, hours)).max(kept),
            limit,
            hours,
            read: if filter.is_any() { most } else { limit },
            filter,
        })
    }
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertsAnswer {
    /// Always true.
    pub success: bool,
    /// Newest first.
    pub alerts: Vec<AlertEntry>,
    /// How many there are here.
    pub count: usize,
    /// The period that was looked at, in hours; 0 is no limit.
    pub period_hours: Value,
}

/// One entry of the feed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertEntry {
    /// Unique.
    pub id: String,
    /// `Service Down: NAME` and the like, or the alert's title.
    pub title: String,
    /// One sentence, or the alert's text.
    pub message: String,
    /// critical, error, warning, info, or as the alert had it.
    pub severity: String,
    /// Ours: `down`, `degraded` or `up`: the status whose colour it has. What is over is `up`.
    pub tone: &'static str,
    /// `heartbeat-monitor`, or the alert's source.
    pub source: String,
    /// RFC 3339 UTC.
    pub timestamp: String,
    /// Always false: who has read it, the browser knows.
    pub read: bool,
    /// The service that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The status that began; of an alert of another tool `firing` or `resolved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Ours: nobody was told, because the service is muted or the alert is only shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// Ours: why channels that the alert names were not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undelivered: Vec<String>,
    /// Ours: the name of the key that the alert was sent with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

impl AlertsAnswer {
    /// The answer with these entries.
    pub fn of(feed: Vec<FeedEntry>, wanted: &Wanted) -> Self {
        let counts = feed.into_iter().filter(|entry| wanted.filter.takes(entry));
        let alerts: Vec<_> = counts.take(wanted.limit).map(AlertEntry::of).collect();
        Self { success: true, count: alerts.len(), alerts, period_hours: plain(wanted.hours) }
    }
}

impl AlertEntry {
    fn of(entry: FeedEntry) -> Self {
        Self {
            tone: tone(&entry),
            id: entry.id,
            title: entry.title,
            message: entry.message,
            severity: entry.severity,
            source: entry.source,
            timestamp: rfc3339(entry.at),
            read: false,
            service_id: entry.service_id,
            status: entry.status,
            muted: entry.muted,
            undelivered: entry.undelivered,
            sender: entry.sender,
        }
    }
}

#[cfg(test)]
mod tests;
