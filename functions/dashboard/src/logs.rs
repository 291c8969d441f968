//! `GET /api/logs`: the newest heartbeats of one service, those with content and the recent plain
//! ones together.

use std::collections::BTreeSet;

use flatline_domain::{ServiceRecord, Status, UnixMs, reported_status};
use flatline_shared::http::Reader;
use flatline_shared::render::time::rfc3339;
use flatline_shared::store::LogEntry;
use serde::Serialize;
use serde_json::Value;

/// Lambda hands on six million bytes, with room for all that stands around the lines.
const ENOUGH_BYTES: usize = 5_500_000;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogsAnswer {
    /// The service.
    pub service_id: String,
    /// Newest first.
    pub logs: Vec<LogLine>,
    /// How many there are here.
    pub count: usize,
    /// Ours: `true` where only times and statuses are shown, because the request had neither
    /// READ_API_KEY nor the login.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub content_hidden: bool,
    /// Ours: `true` where older ones are left out because the answer would be too large.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// One heartbeat.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// When it arrived, RFC 3339 UTC.
    pub timestamp: String,
    /// `up`, `degraded` or `down`: what it stated. Nothing and unknown words count as up.
    pub status: &'static str,
    /// Ours: the word as sent, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_sent: Option<String>,
    /// Its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// How long the job took, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Which dialect it came by; of plain heartbeats that is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What was read of one service.
#[derive(Debug)]
pub struct Heard<'a> {
    /// Its record, whose ring has the times of the newest heartbeats.
    pub record: Option<&'a ServiceRecord>,
    /// The newest rows with content, newest first, at least as many as are shown.
    pub rows: &'a [LogEntry],
    /// What is older or as old is left out. `None`: nothing is.
    pub since: Option<UnixMs>,
}

impl LogsAnswer {
    /// At most `limit` heartbeats, as `reader` may see them.
    pub fn of(id: &str, heard: &Heard<'_>, limit: usize, reader: Reader) -> Self {
        let with_content: BTreeSet<UnixMs> = heard.rows.iter().map(|row| row.at).collect();
        let ring = heard.record.map_or(&[][..], |record| &record.ring);
        let plain: BTreeSet<UnixMs> =
            ring.iter().copied().filter(|at| !with_content.contains(at)).collect();
        let plain = plain.into_iter().map(|at| (at, LogLine::plain(at)));
        let rows = heard.rows.iter().map(|row| (row.at, LogLine::of(row, reader)));
        let is_newer = |at: UnixMs| heard.since.is_none_or(|since| at > since);
        let mut lines: Vec<_> = rows.chain(plain).filter(|(at, _)| is_newer(*at)).collect();
        // Stable: rows of one millisecond stay in their order.
        lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        lines.truncate(limit);
        let mut bytes = 0;
        let fits = lines.iter().take_while(|(_, line)| {
            bytes += line.enveloped_bytes();
            bytes <= ENOUGH_BYTES
        });
        let (all, fitting) = (lines.len(), fits.count());
        lines.truncate(fitting);
        Self {
            service_id: id.to_owned(),
            count: lines.len(),
            logs: lines.into_iter().map(|(_, line)| line).collect(),
            content_hidden: reader == Reader::Public,
            truncated: fitting < all,
        }
    }
}

impl LogLine {
    /// Its size as a part of a text in JSON, as functions hand on their answers.
    fn enveloped_bytes(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
    }

    fn plain(at: UnixMs) -> Self {
        Self { timestamp: rfc3339(at), status: Status::Up.as_str(), ..Self::default() }
    }

    fn of(row: &LogEntry, reader: Reader) -> Self {
        let word = row.status.as_deref().unwrap_or_default();
        let status = reported_status(word).unwrap_or(Status::Up).as_str();
        let line = Self { timestamp: rfc3339(row.at), status, ..Self::default() };
        if reader == Reader::Public {
            return line;
        }
        Self {
            status_sent: row.status.clone().filter(|word| word != status),
            message: row.message.clone(),
            metadata: row.metadata.clone(),
            duration_ms: row.duration_ms,
            source: Some(row.source.clone()),
            ..line
        }
    }
}

#[cfg(test)]
mod tests;
