//! What the replaced system kept, as its tools export it: `monitor:data` with the days of each service,
//! `recent:alerts` with the newest alerts.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flatline_domain::time::DAY_MS;
use flatline_domain::{Day, DayTotals, Days, UnixMs};
use flatline_shared::render::text::cut;
use flatline_shared::render::time::parse_rfc3339;
use flatline_shared::store::{FeedEntry, alert_key};
use serde_json::{Map, Value};

const DATA: &str = "monitor:data";
const ALERTS: &str = "recent:alerts";

/// The longest title, source or severity that is kept, in bytes.
const MAX_WORDS_BYTES: usize = 200;

/// The longest message that is kept, in bytes.
const MAX_MESSAGE_BYTES: usize = 1_024;

/// An export that has been read whole.
#[derive(Debug, Default)]
pub struct Export {
    /// Whole days by service id, each marked as imported.
    pub days: BTreeMap<String, Days>,
    /// Alerts, for the feed.
    pub alerts: Vec<FeedEntry>,
    /// The day on which it was made, which was not over; `None`: not said.
    pub made_on: Option<Day>,
}

/// What is wrong with an export: where, and what it should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{place}: {sentence}")]
pub struct ExportError {
    place: String,
    sentence: &'static str,
}

fn wrong(place: impl Into<String>, sentence: &'static str) -> ExportError {
    ExportError { place: place.into(), sentence }
}

impl Export {
    /// Reads any of: an object of both keys, each with an object or with its JSON text; the list of
    /// `{"key", "value"}` that wrangler writes; the bare value of one key.
    pub fn read(text: &str) -> Result<Self, ExportError> {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| wrong(format!("line {}", error.line()), "is not valid JSON"))?;
        let mut export = Self::default();
        match value {
            Value::Array(rows) if rows.iter().any(|row| row.get("key").is_some()) => {
                for row in &rows {
                    export.row(row)?;
                }
            }
            Value::Array(alerts) => export.alerts(&alerts)?,
            Value::Object(map) if map.contains_key("uptime") => export.data(&map)?,
            Value::Object(map) => {
                for key in [DATA, ALERTS] {
                    if let Some(value) = map.get(key) {
                        export.key(key, opened(key, value.get("value").unwrap_or(value))?)?;
                    }
                }
                if !map.contains_key(DATA) && !map.contains_key(ALERTS) {
                    return Err(nothing());
                }
            }
            _ => return Err(nothing()),
        }
        Ok(export)
    }

    /// One row of a list of keys; other keys than ours are left alone.
    fn row(&mut self, row: &Value) -> Result<(), ExportError> {
        let (Some(key), Some(value)) = (row["key"].as_str(), row.get("value")) else {
            return Err(wrong("the list", "each entry must have \"key\" and \"value\""));
        };
        if key != DATA && key != ALERTS {
            return Ok(());
        }
        let decoded = match (row["base64"].as_bool(), value.as_str()) {
            (Some(true), Some(text)) => {
                let bytes = STANDARD.decode(text).map_err(|_| wrong(key, "is not base64"))?;
                Value::from(String::from_utf8_lossy(&bytes))
            }
            _ => value.clone(),
        };
        self.key(key, opened(key, &decoded)?)
    }

    fn key(&mut self, key: &str, value: Value) -> Result<(), ExportError> {
        match (key, value) {
            (DATA, Value::Object(map)) => self.data(&map),
            (DATA, _) => Err(wrong(DATA, "must be an object with \"uptime\"")),
            (_, Value::Array(alerts)) => self.alerts(&alerts),
            _ => Err(wrong(ALERTS, "must be a list of alerts")),
        }
    }

    fn data(&mut self, data: &Map<String, Value>) -> Result<(), ExportError> {
        let Some(uptime) = data.get("uptime").and_then(Value::as_object) else {
            return Err(wrong(DATA, "must be an object with \"uptime\", by service id"));
        };
        let made = data.get("summary").and_then(|summary| summary["timestamp"].as_str());
        self.made_on = made.and_then(parse_rfc3339).map(UnixMs::day);
        for (id, service) in uptime {
            let place = format!("{DATA} uptime.{id}");
            let Some(recorded) = service["days"].as_object() else {
                return Err(wrong(place, "must have \"days\", an object by date"));
            };
            let mut days = Days::new();
            for (date, day) in recorded {
                let place = format!("{place}.days.{date}");
                let parsed = parse_rfc3339(&format!("{date}T00:00:00Z"));
                let at = parsed.ok_or_else(|| wrong(&place, "must be a date, YYYY-MM-DD"))?;
                let checks = Checks::of(day).ok_or_else(|| {
                    wrong(place, "must have whole numbers of checks, none negative")
                })?;
                days.extend(checks.totals().map(|totals| (at.day(), totals)));
            }
            self.days.insert(id.clone(), days);
        }
        Ok(())
    }

    fn alerts(&mut self, alerts: &[Value]) -> Result<(), ExportError> {
        for (index, alert) in alerts.iter().enumerate() {
            let place = format!("{ALERTS}[{index}]");
            let at = alert["timestamp"].as_str().and_then(parse_rfc3339);
            let at = at.ok_or_else(|| wrong(&place, "must have a \"timestamp\", RFC 3339"))?;
            let title = alert["title"].as_str();
            let title = title.ok_or_else(|| wrong(&place, "must have a \"title\""))?;
            self.alerts.push(entry(alert, title, at));
        }
        Ok(())
    }
}

fn nothing() -> ExportError {
    wrong("the file", "holds neither \"monitor:data\" nor \"recent:alerts\"")
}

/// A value, or what its JSON text says.
fn opened(key: &str, value: &Value) -> Result<Value, ExportError> {
    match value {
        Value::String(text) => {
            serde_json::from_str(text).map_err(|_| wrong(key, "is not valid JSON"))
        }
        value => Ok(value.clone()),
    }
}

/// What was counted on one day.
struct Checks {
    up: i64,
    degraded: i64,
    down: i64,
    unknown: i64,
    /// The percentage that was recorded beside the counts.
    recorded: Option<f64>,
}

impl Checks {
    /// `None`: a count is none.
    fn of(day: &Value) -> Option<Self> {
        let count = |name: &str| match &day[name] {
            Value::Null => Some(0),
            value => value.as_i64().filter(|count| (0..1_000_000_000).contains(count)),
        };
        Some(Self {
            up: count("upChecks")?,
            degraded: count("degradedChecks")?,
            down: count("downChecks")?,
            unknown: count("unknownChecks")?,
            recorded: day["uptimePercentage"].as_f64().filter(|it| (0.0..=100.0).contains(it)),
        })
    }

    /// The day, with the checks spread over it. The share of the known time that was up is the one
    /// that was recorded: it is moved between up and down where the counts say something else. `None`:
    /// nothing was checked.
    fn totals(&self) -> Option<DayTotals> {
        let all = self.up + self.degraded + self.down + self.unknown;
        let share = |checks: i64| (DAY_MS * checks).checked_div(all);
        let (degraded_ms, unknown_ms) = (share(self.degraded)?, share(self.unknown)?);
        let known_ms = DAY_MS - unknown_ms;
        let counted_ms = share(self.down)?;
        let down_ms = self.recorded.map_or(counted_ms, |percent| {
            let good_ms = known_ms as f64 * percent / 100.0;
            let up_ms = (good_ms - degraded_ms as f64 / 2.0).round() as i64;
            known_ms - degraded_ms - up_ms
        });
        let down_ms = down_ms.clamp(0, known_ms - degraded_ms);
        Some(DayTotals { degraded_ms, down_ms, unknown_ms, blind_ms: 0, imported: true })
    }
}

fn entry(alert: &Value, title: &str, at: UnixMs) -> FeedEntry {
    let text = |name: &str, otherwise: &str, limit| {
        let found = alert[name].as_str().unwrap_or(otherwise);
        cut(found, limit).to_owned()
    };
    let word = |name, otherwise| text(name, otherwise, MAX_WORDS_BYTES);
    let optional = |name: &str| alert[name].as_str().map(|it| cut(it, MAX_WORDS_BYTES).to_owned());
    let source = word("source", "external");
    // Ids of others may be long or missing; the same alert always gets the same one.
    let id = alert_key(&source, &format!("{} {title} {}", alert["id"], at.0));
    FeedEntry {
        id,
        at,
        title: cut(title, MAX_WORDS_BYTES).to_owned(),
        message: text("message", "", MAX_MESSAGE_BYTES),
        severity: word("severity", "info"),
        source,
        service_id: optional("serviceId"),
        status: optional("status"),
        muted: false,
        ..FeedEntry::default()
    }
}

#[cfg(test)]
mod tests;
