//! What one alert makes of the state of its key: the item, its entry in the feed, and its message.

use std::collections::BTreeSet;

use flatline_domain::{
    AlertNews, AlertPhase, AlertRank, AlertReason, AlertStep, Event, QueuedNotice, Status, UnixMs,
};

use super::super::item::{self, Item, json, key, number, text};
use super::super::{Delivery, ExternalAlert, FeedEntry, Lane, Notice};
use super::expires_at;
use super::state::{
    AlertState, CHANGED_AT, CHANNELS, CONTENT, NOTED_AT, PHASE, SEVERITY, SINCE, TOLD_AT, VERSION,
    instant,
};

/// What is to be written.
pub(super) struct Next<'a> {
    pub(super) alert: &'a ExternalAlert,
    step: AlertStep,
    pub(super) before: Option<&'a AlertState>,
    version: u64,
    phase: AlertPhase,
    severity: &'a str,
    /// Since when it is as it is now.
    since: UnixMs,
    told_at: UnixMs,
    changed_at: Option<UnixMs>,
    noted_at: Option<UnixMs>,
    pub(super) channels: BTreeSet<String>,
}

impl<'a> Next<'a> {
    pub(super) fn of(
        alert: &'a ExternalAlert,
        step: AlertStep,
        before: Option<&'a AlertState>,
    ) -> Self {
        let phase = match step {
            AlertStep::Open | AlertStep::Again(_) => AlertPhase::Firing,
            _ => AlertPhase::Resolved,
        };
        let since = match (step, before) {
            (AlertStep::Again(_), Some(before)) => before.record.since,
            (AlertStep::Open, _) => alert.began_at.min(alert.at),
            _ => alert.at,
        };
        let channels = match (step, before) {
            (AlertStep::Noted, _) => BTreeSet::new(),
            (AlertStep::End, Some(before)) => before.told.clone(),
            (AlertStep::Again(AlertReason::Untold), Some(before)) => {
                alert.untold(before).cloned().collect()
            }
            _ => alert.channels.iter().cloned().collect(),
        };
        let version = before.map_or(0, |before| before.version) + 1;
        let changed_at = alert.arrival(before).newest_change(before.map(|before| &before.record));
        let noted_at = before.and_then(|before| before.record.noted_at);
        let next = Self {
            alert,
            step,
            before,
            version,
            phase,
            severity: &alert.severity,
            since,
            told_at: alert.at,
            changed_at,
            noted_at,
            channels,
        };
        if alert.news == AlertNews::Note { next.with_state_of(before) } else { next }
    }

    /// A note leaves everything as it was.
    fn with_state_of(self, before: Option<&'a AlertState>) -> Self {
        let next = Self { version: self.version - 1, noted_at: self.alert.changed_at, ..self };
        let Some(before) = before else { return next };
        let record = &before.record;
        Self {
            phase: record.phase,
            severity: &before.severity,
            since: record.since,
            told_at: record.told_at,
            noted_at: next.noted_at.max(record.noted_at),
            ..next
        }
    }

    /// The alert's own item.
    pub(super) fn item(&self, pk: String) -> Item {
        let Self { alert, .. } = self;
        let mut state = key(pk, &alert.key);
        state.extend(
            [
                (VERSION, number(self.version as i64)),
                (PHASE, text(self.phase.as_str())),
                (SEVERITY, text(self.severity)),
                (SINCE, number(self.since.0)),
                (TOLD_AT, number(self.told_at.0)),
                (CHANNELS, json(&self.open_channels())),
                (item::EXPIRES, item::expiry(expires_at(alert.at))),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        state.extend(alert.content.map(|digest| (CONTENT.to_owned(), text(format!("{digest:x}")))));
        state.extend(instant(CHANGED_AT, self.changed_at));
        state.extend(instant(NOTED_AT, self.noted_at));
        state
    }

    /// Who is to hear of its end.
    fn open_channels(&self) -> BTreeSet<&String> {
        let earlier = match (self.step, self.before) {
            (AlertStep::Again(_) | AlertStep::Noted, Some(before)) => Some(&before.told),
            // Nobody knows what it was: who was told of that is to hear of the end, too.
            (_, Some(before)) if before.broken.is_some() => Some(&before.told),
            _ => None,
        };
        let told = earlier.into_iter().flatten().chain(&self.channels);
        told.filter(|_| self.phase == AlertPhase::Firing).collect()
    }

    fn status(&self) -> Status {
        match self.phase {
            AlertPhase::Firing => AlertRank::of(&self.alert.severity).status(),
            AlertPhase::Resolved => Status::Up,
        }
    }

    /// How it was before, and since when.
    fn previous(&self) -> (Status, UnixMs) {
        match (self.step, self.before) {
            (AlertStep::Again(_) | AlertStep::End, Some(before)) => {
                (before.record.rank.status(), before.record.since)
            }
            (_, Some(before)) => (Status::Up, before.record.since),
            (_, None) => (Status::Unknown, self.alert.at),
        }
    }

    pub(super) fn entry(&self) -> FeedEntry {
        let alert = self.alert;
        FeedEntry {
            id: alert.id.clone(),
            at: alert.at,
            title: alert.title.clone(),
            message: alert.message.clone(),
            severity: alert.severity.clone(),
            source: alert.source.clone(),
            status: (alert.news != AlertNews::Note).then(|| self.phase.as_str().to_owned()),
            muted: self.step == AlertStep::Noted,
            undelivered: alert.undelivered.clone(),
            sender: alert.sender.clone(),
            ..FeedEntry::default()
        }
    }

    pub(super) fn delivery(&self) -> Delivery {
        let alert = self.alert;
        let (previous, since) = self.previous();
        let notice = Notice {
            id: alert.key.clone(),
            name: alert.title.clone(),
            status: self.status(),
            previous,
            at: alert.at,
            since,
            last_seen: None,
            window_ms: 0,
            reason: alert.source.clone(),
            message: Some(alert.message.clone()),
            severity: Some(alert.severity.clone()),
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            channels: alert.named.clone(),
            phase: Some(self.phase),
            link: alert.link.clone(),
        };
        let queued = QueuedNotice {
            version: self.version,
            n: 0,
            event: Event::Alert,
            status: notice.status,
            committed_at: alert.at,
            next_at: None,
            closing: false,
        };
        Delivery { lane: Lane::Alert(alert.key.clone()), queued, notice }
    }
}
