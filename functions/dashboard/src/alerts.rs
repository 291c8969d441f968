//! `GET /api/alerts/recent`: what changed and what other tools sent, newest first.

use flatline_domain::UnixMs;
use flatline_shared::config::Config;
use flatline_shared::http::ApiError;
use flatline_shared::render::number::plain;
use flatline_shared::render::time::rfc3339;
use flatline_shared::store::FeedEntry;
use serde::Serialize;
use serde_json::Value;

use crate::query::{Query, hours_ago};

const DAY_MS: i64 = 86_400_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// The first instant that counts.
    pub from: UnixMs,
    /// How many at most.
    pub limit: usize,
    /// The period, in hours; 0 is no limit.
    pub hours: f64,
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
        Ok(Self {
            from: newer_than.max(hours_ago(now, hours)).max(kept),
            limit: limit.min(config.notify.max_alerts as usize),
            hours,
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
    /// `heartbeat-monitor`, or the alert's source.
    pub source: String,
    /// RFC 3339 UTC.
    pub timestamp: String,
    /// Always false: who has read it, the browser knows.
    pub read: bool,
    /// The service that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The status that began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Ours: nobody was told, because the service is muted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
}

impl AlertsAnswer {
    /// The answer with these entries.
    pub fn of(feed: Vec<FeedEntry>, wanted: &Wanted) -> Self {
        let alerts: Vec<_> = feed.into_iter().map(AlertEntry::of).collect();
        Self { success: true, count: alerts.len(), alerts, period_hours: plain(wanted.hours) }
    }
}

impl AlertEntry {
    fn of(entry: FeedEntry) -> Self {
        Self {
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
        }
    }
}

#[cfg(test)]
mod tests;
