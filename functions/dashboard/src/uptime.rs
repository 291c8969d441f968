//! `GET /api/uptime`: how each day of one service was, in exact intervals.

use flatline_domain::uptime::Timeline;
use flatline_domain::{Day, UnixMs, Uptime};
use flatline_shared::render::number::{plain, seconds};
use flatline_shared::render::time::date;
use flatline_shared::store::Incident;
use serde::Serialize;
use serde_json::Value;

use crate::dossier::{Dossier, Past};
use crate::page::first_day;

const MINUTE_MS: i64 = 60_000;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UptimeAnswer {
    /// The service.
    pub service_id: String,
    /// Every day of the retention, oldest first, today last.
    pub days: Vec<DayEntry>,
    /// The share of the known time that was up, in percent; degraded counts half. Null: nothing is
    /// known.
    pub overall_uptime: Value,
    /// Days of which something is known.
    pub total_days: usize,
    /// Days that are told of, today included.
    pub retention_days: u32,
    /// Ours: something of it cannot be read, so nothing is said.
    pub unreadable: bool,
}

/// One UTC day. A check is a whole minute of the day in that status, as the replaced system counted
/// them; the seconds are exact.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayEntry {
    /// `2026-11-22`.
    pub date: String,
    /// The four below together.
    pub total_checks: i64,
    /// Minutes up.
    pub up_checks: i64,
    /// Minutes down.
    pub down_checks: i64,
    /// Minutes degraded.
    pub degraded_checks: i64,
    /// Minutes that nothing is known of.
    pub unknown_checks: i64,
    /// As [`UptimeAnswer::overall_uptime`], of this day.
    pub uptime_percentage: Value,
    /// Ours: seconds up. The four add up to the time since the service was configured.
    pub up_seconds: Value,
    /// Ours: seconds degraded.
    pub degraded_seconds: Value,
    /// Ours: seconds down.
    pub down_seconds: Value,
    /// Ours: seconds unknown, disabled, or in which Flatline itself was blind.
    pub unknown_seconds: Value,
    /// Ours: incidents that were open at some time of the day.
    pub incidents: usize,
}

impl UptimeAnswer {
    /// The answer for this service at `now`.
    pub fn of(id: &str, dossier: &Dossier, retention_days: u32, now: UnixMs) -> Self {
        let none = Past::default();
        let past = dossier.past.as_ref().unwrap_or(&none);
        let until = past.known_until(&dossier.vigil, now);
        let days = first_day(now, retention_days).0..=now.day().0;
        let days: Vec<_> = days
            .map(Day)
            .map(|day| (day, past.uptime(day, until), past.open_on(day, now)))
            .collect();
        let whole = days.iter().fold(Uptime::default(), |sum, (_, day, _)| sum.plus(*day));
        Self {
            service_id: id.to_owned(),
            overall_uptime: percentage(whole),
            total_days: days.iter().filter(|(_, day, _)| day.percentage().is_some()).count(),
            days: days.iter().map(|&(day, uptime, open)| DayEntry::of(day, uptime, open)).collect(),
            retention_days,
            unreadable: dossier.past.is_none(),
        }
    }
}

impl Past {
    fn uptime(&self, day: Day, until: UnixMs) -> Uptime {
        let Some(record) = &self.record else { return Uptime::default() };
        let timeline = Timeline {
            days: &self.days,
            created: record.configured_at,
            status: record.status,
            since: record.status_since,
            holes: &self.holes,
        };
        timeline.day(day, until)
    }

    /// How many incidents were open at some time of the day.
    fn open_on(&self, day: Day, now: UnixMs) -> usize {
        let end = |incident: &Incident| incident.end.unwrap_or(now).max(incident.start);
        let touches = |incident: &&Incident| {
            incident.start < day.next().start() && end(incident) >= day.start()
        };
        self.incidents.iter().filter(touches).count()
    }
}

impl DayEntry {
    fn of(day: Day, uptime: Uptime, incidents: usize) -> Self {
        let [up, down, degraded, unknown] =
            [uptime.up_ms, uptime.down_ms, uptime.degraded_ms, uptime.unknown_ms]
                .map(|ms| ms / MINUTE_MS);
        Self {
            date: date(day),
            total_checks: up + down + degraded + unknown,
            up_checks: up,
            down_checks: down,
            degraded_checks: degraded,
            unknown_checks: unknown,
            uptime_percentage: percentage(uptime),
            up_seconds: seconds(uptime.up_ms),
            degraded_seconds: seconds(uptime.degraded_ms),
            down_seconds: seconds(uptime.down_ms),
            unknown_seconds: seconds(uptime.unknown_ms),
            incidents,
        }
    }
}

fn percentage(uptime: Uptime) -> Value {
    uptime.percentage().map_or(Value::Null, plain)
}

#[cfg(test)]
mod tests;
