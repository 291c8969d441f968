//! The export: one line of CSV per day and service (RFC 4180), as the replaced system wrote it, with
//! columns of ours after its own.

use std::collections::{BTreeMap, BTreeSet};

use flatline_domain::uptime::Timeline;
use flatline_domain::{Day, Days, ServiceRecord, UnixMs, Uptime};
use flatline_shared::config::{Config, Service};
use flatline_shared::http::ApiError;
use flatline_shared::render::time::date;
use flatline_shared::store::Swept;

use crate::page::first_day;
use crate::query::Query;
use crate::reading::Past;

const MINUTE_MS: i64 = 60_000;

/// An answer ends with the line that reaches so many bytes, to stay below 5 MB.
const ENOUGH_BYTES: usize = 4_500_000;

/// What a line has at most besides names: day, status, percentage and eight numbers.
const NUMBERS_BYTES: usize = 160;

const HEADINGS: &str = "Date,Service Name,Service ID,Group,Status,Uptime %,Total Checks,Up Checks,\
                        Degraded Checks,Down Checks,Unknown Checks,Up Seconds,Degraded Seconds,\
                        Down Seconds,Unknown Seconds\r\n";

/// What is asked for.
#[derive(Debug, PartialEq)]
pub struct Wanted {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Ids of services; empty: all.
    pub services: Vec<String>,
    /// How many lines were in the answers before.
    pub cursor: usize,
    /// How many lines this answer has at most.
    pub limit: usize,
}

/// A part of the export.
#[derive(Debug, PartialEq)]
pub struct Export {
    /// The lines, after the headings.
    pub csv: String,
    /// The cursor of the next part.
    pub next: Option<usize>,
}

impl Wanted {
    /// What the query asks for: `days` (7, 30 ... or `all`), or `from` and `to`; never before the
    /// retention, never after today.
    ///
    /// # Errors
    /// 400: a parameter is not what it may be, or names a service that is not configured.
    pub fn of(query: &Query, config: &Config, now: UnixMs) -> Result<Self, ApiError> {
        let retention_days = config.settings.retention_days;
        let (oldest, today) = (first_day(now, retention_days), now.day());
        let of_days = match query.get("days") {
            None | Some("all") => None,
            Some(text) => Some(
                text.parse::<u32>()
                    .ok()
                    .filter(|days| *days > 0)
                    .ok_or_else(|| invalid("days must be a number of days from 1, or all"))?,
            ),
        };
        let begin = of_days.map_or(oldest, |days| first_day(now, days));
        let from = day(query.get("from"), "from")?.unwrap_or(begin).max(oldest);
        let to = day(query.get("to"), "to")?.unwrap_or(today).min(today);
        if from > to {
            return Err(invalid("from must not be after to, nor after today"));
        }
        let is_configured = |id: &str| config.services.iter().any(|service| service.spec.id == id);
        // An id may have a comma: what is one as a whole is no list.
        let ids = |value: &str| -> Vec<String> {
            let split = if is_configured(value) { vec![value] } else { value.split(',').collect() };
            split.into_iter().map(str::to_owned).collect()
        };
        let mut services: Vec<String> = query.all("services").flat_map(ids).collect();
        if let Some(id) = services.iter().find(|id| !is_configured(id)) {
            return Err(invalid(format!("services: there is no service with the id {id}")));
        }
        for id in query.all("group") {
            let group = config.groups.iter().find(|group| group.id == id);
            let none = || invalid(format!("group: there is no group with the id {id}"));
            let members = &group.ok_or_else(none)?.services;
            if members.is_empty() {
                return Err(invalid(format!("group: {id} has no services")));
            }
            services.extend(members.iter().cloned());
        }
        let limit = query.get("limit").map_or(Ok(usize::MAX), str::parse);
        let limit = limit.ok().filter(|limit| *limit > 0);
        let limit = limit.ok_or_else(|| invalid("limit must be a number of lines from 1"))?;
        let cursor = query.get("cursor").unwrap_or("0").parse();
        let cursor = cursor.map_err(|_| invalid("cursor must be the one of a Link header"))?;
        Ok(Self { from, to, services, cursor, limit })
    }

    /// `uptime-export-2026-11-16-to-2026-11-22.csv`.
    pub fn file_name(&self) -> String {
        format!("uptime-export-{}-to-{}.csv", date(self.from), date(self.to))
    }
}

impl Wanted {
    fn days(&self) -> usize {
        (self.to.0 - self.from.0 + 1).max(0) as usize
    }

    /// The services, in the order of the configuration.
    fn services<'a>(&self, config: &'a Config) -> impl Iterator<Item = &'a Service> {
        let wanted: BTreeSet<&str> = self.services.iter().map(String::as_str).collect();
        let is_wanted =
            |service: &&Service| wanted.is_empty() || wanted.contains(service.spec.id.as_str());
        let services: Vec<_> = config.services.iter().filter(is_wanted).collect();
        services.into_iter()
    }

    /// The parts that all of it has, each with its first line and its lines: so many that even the
    /// longest lines stay below what an answer may have.
    pub fn parts(&self, config: &Config) -> Vec<(usize, usize)> {
        let (mut parts, mut from, mut lines, mut bytes) = (Vec::new(), 0, 0, HEADINGS.len());
        for service in self.services(config) {
            let longest = who(config, service).len() + NUMBERS_BYTES;
            for _ in 0..self.days() {
                if bytes + longest > ENOUGH_BYTES {
                    parts.push((from, lines));
                    (from, lines, bytes) = (from + lines, 0, HEADINGS.len());
                }
                (lines, bytes) = (lines + 1, bytes + longest);
            }
        }
        parts.push((from, lines));
        parts
    }
}

impl Export {
    /// The lines of these services, in the order of the configuration, days oldest first.
    pub fn of(config: &Config, swept: &Swept, past: &Past, wanted: &Wanted, until: UnixMs) -> Self {
        let mut csv = HEADINGS.to_owned();
        let shown = wanted.services(config);
        let records: BTreeMap<&str, &ServiceRecord> =
            swept.records.iter().map(|record| (record.id.as_str(), record)).collect();
        let days = wanted.days();
        let mut line_number = wanted.cursor;
        for service in shown.skip(wanted.cursor.checked_div(days).unwrap_or_default()) {
            let who = who(config, service);
            let id = service.spec.id.as_str();
            let record = records.get(id).filter(|_| !past.broken.contains(id));
            for day in (line_number % days.max(1)..days).map(|day| Day(wanted.from.0 + day as i64))
            {
                if csv.len() >= ENOUGH_BYTES || line_number - wanted.cursor >= wanted.limit {
                    return Self { csv, next: Some(line_number) };
                }
                let uptime =
                    record.map_or(Uptime::default(), |record| of_day(record, past, day, until));
                csv.push_str(&line(day, &who, &uptime));
                line_number += 1;
            }
        }
        Self { csv, next: None }
    }
}

/// The cells that are the same on each line of a service: its name, its id and its group.
fn who(config: &Config, service: &Service) -> String {
    let spec = &service.spec;
    let group = config.groups.iter().find(|group| Some(&group.id) == service.group.as_ref());
    let group = group.map_or("Ungrouped", |group| group.name.as_str());
    [spec.name.as_str(), spec.id.as_str(), group].map(cell).join(",")
}

fn of_day(record: &ServiceRecord, past: &Past, day: Day, until: UnixMs) -> Uptime {
    let none = Days::new();
    let timeline = Timeline {
        days: past.days.get(&record.id).unwrap_or(&none),
        created: record.configured_at,
        status: record.status,
        since: record.status_since,
        holes: &past.holes,
    };
    timeline.day(day, until)
}

fn line(day: Day, who: &str, uptime: &Uptime) -> String {
    let status = match (uptime.known_ms(), uptime.down_ms, uptime.degraded_ms) {
        (0, ..) => "No Data",
        (_, 1.., _) => "Down",
        (_, _, 1..) => "Degraded",
        _ => "Up",
    };
    let share = uptime.percentage().map(|percent| percent.to_string()).unwrap_or_default();
    let parts = [uptime.up_ms, uptime.degraded_ms, uptime.down_ms, uptime.unknown_ms];
    let minutes = parts.map(|ms| ms / MINUTE_MS);
    let total: i64 = minutes.iter().sum();
    let minutes = minutes.map(|count| count.to_string()).join(",");
    let seconds = parts.map(|ms| (ms as f64 / 1_000.0).to_string()).join(",");
    format!("{},{who},{status},{share},{total},{minutes},{seconds}\r\n", date(day))
}

/// A text as a cell: quoted where it must be, and never a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

/// `2026-11-22`.
fn day(text: Option<&str>, name: &str) -> Result<Option<Day>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let at = flatline_shared::render::time::parse_rfc3339(&format!("{text}T00:00:00Z"));
    at.map(|at| Some(at.day()))
        .ok_or_else(|| invalid(format!("{name} must be a day, such as 2026-11-22")))
}

fn invalid(sentence: impl Into<String>) -> ApiError {
    ApiError::invalid("invalid-parameter", sentence)
}

#[cfg(test)]
mod tests;
