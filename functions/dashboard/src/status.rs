//! `GET /api/status`, as the replaced system answered it.

use flatline_domain::{Reason, UnixMs};
use flatline_shared::render::time::rfc3339;
use serde::Serialize;

use crate::board::{Board, Section, Standing, Watched};

/// The answer.
#[derive(Debug, Serialize)]
pub struct StatusAnswer {
    /// There from the start.
    pub summary: Summary,
}

/// How all services are. Disabled ones are not in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// When it was read, RFC 3339 UTC.
    pub timestamp: String,
    /// Services that are watched; the four below add up to it.
    pub total_services: usize,
    /// Committed up.
    pub services_up: usize,
    /// Committed degraded.
    pub services_degraded: usize,
    /// Committed down.
    pub services_down: usize,
    /// Never heard, or unreadable.
    pub services_unknown: usize,
    /// One entry per service, in the order of the page.
    pub results: Vec<ServiceResult>,
}

/// How one service is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceResult {
    /// Its id.
    pub service_id: String,
    /// Its name.
    pub service_name: String,
    /// `up`, `degraded`, `down` or `unknown`: what was committed.
    pub status: &'static str,
    /// The newest heartbeat, RFC 3339 UTC.
    pub last_seen: Option<String>,
    /// Since then, in ms.
    pub time_since_last_heartbeat: Option<i64>,
    /// Silence that is allowed, in ms.
    pub staleness_threshold: i64,
    /// When it was read, RFC 3339 UTC.
    pub timestamp: String,
    /// Its group.
    pub group_id: Option<String>,
    /// Its group's name, or `Ungrouped`.
    pub group_name: String,
    /// The thresholds that colour its uptime.
    pub uptime_threshold_set: String,
    /// Ours: since when it has this status, RFC 3339 UTC.
    pub status_since: Option<String>,
    /// Ours: why it is `down` or `degraded`: `reported`, `silence` or `never-reported`.
    pub reason: Option<&'static str>,
    /// Ours: its deadline has passed, and nobody has judged that yet.
    pub late: bool,
    /// Ours: its record cannot be read.
    pub unreadable: bool,
}

impl StatusAnswer {
    /// The answer for this board. `thresholds` is the set of services that name none.
    pub fn of(board: &Board<'_>, thresholds: &str) -> Self {
        let results: Vec<_> = board
            .sections
            .iter()
            .flat_map(|section| section.services.iter().map(move |watched| (section, watched)))
            .filter(|(_, watched)| watched.standing != Standing::Paused)
            .map(|(section, watched)| ServiceResult::of(section, watched, thresholds, board.now))
            .collect();
        let count = |status| results.iter().filter(|result| result.status == status).count();
        Self {
            summary: Summary {
                timestamp: rfc3339(board.now),
                total_services: results.len(),
                services_up: count("up"),
                services_degraded: count("degraded"),
                services_down: count("down"),
                services_unknown: count("unknown"),
                results,
            },
        }
    }
}

impl ServiceResult {
    fn of(section: &Section<'_>, watched: &Watched<'_>, thresholds: &str, now: UnixMs) -> Self {
        let service = watched.service;
        let last_beat = watched.record.and_then(|record| record.last_beat);
        let thresholds = service.uptime_threshold_set.as_deref().unwrap_or(thresholds);
        Self {
            service_id: service.spec.id.clone(),
            service_name: service.spec.name.clone(),
            status: watched.committed().as_str(),
            last_seen: last_beat.map(rfc3339),
            time_since_last_heartbeat: last_beat.map(|at| now.since_ms(at).max(0)),
            staleness_threshold: service.spec.window_ms,
            timestamp: rfc3339(now),
            group_id: section.group.map(|group| group.id.clone()),
            group_name: section.name().to_owned(),
            uptime_threshold_set: thresholds.to_owned(),
            status_since: watched.record.map(|record| rfc3339(record.status_since)),
            reason: watched.reason().map(Reason::as_str),
            late: watched.standing == Standing::Late,
            unreadable: watched.standing == Standing::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests;
