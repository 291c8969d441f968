//! One transition, one transaction.

use aws_sdk_dynamodb::types::TransactWriteItem;
use flatline_domain::{IncidentChange, ServiceRecord, Transition, UnixMs};

use super::call::{Failure, Written};
use super::change::Change;
use super::item::{self, EXPIRES, days_ms, expiry, number, text};
use super::{
    Commit, CommitOutcome, Store, StoreError, feed, headline, history, keys, outbox, record,
};

/// History is kept this much longer than the configuration says, in days, so that the first day shown
/// can always be recomputed.
pub const HISTORY_EXTRA_DAYS: u32 = 35;

impl Store {
    /// Commits one or two transitions with history, incident, days, feed and outbox as one.
    /// `StoreError::Refused`: this item can never be committed as it is (ValidationException).
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<CommitOutcome, StoreError> {
        let id = commit.before.id.as_str();
        let mut writes = vec![self.change_write(self.record_key(id), &record_change(commit))];
        writes.extend(self.history_writes(commit));
        writes.extend(self.incident_writes(commit));
        writes.extend(self.days_write(commit).await?);
        for transition in commit.transitions {
            if let Some(entry) = headline::of(commit, transition) {
                writes.push(self.put_write(feed::entry_item(&entry, commit.feed_days)));
            }
        }
        for row in &commit.outbox {
            writes.push(self.put_write(outbox::row_item(&row.channel, &row.delivery)));
        }
        outcome(self.transact(writes).await)
    }

    /// Forgets a gap that was no outage (condition: gap as read).
    pub async fn clear_gap(&self, record: &ServiceRecord) -> Result<CommitOutcome, StoreError> {
        let mut change = Change::default()
            .remove(record::GAP)
            .if_still(record::GAP, record.gap.map(record::gap));
        if record.without_gap().was_due.is_none() {
            change = change.remove(record::WAS_DUE);
        }
        let request = self.change(self.record_key(&record.id), &change);
        match self.update(request).await? {
            Written::Done(_) => Ok(CommitOutcome::Committed),
            Written::Refused(_) => Ok(CommitOutcome::Overtaken),
        }
    }

    /// One row per transition; whatever is not the newest expires some time after it ended.
    fn history_writes(&self, commit: &Commit<'_>) -> Vec<TransactWriteItem> {
        let id = commit.before.id.as_str();
        let keep_ms = keep_ms(commit);
        let ends = commit.transitions.iter().skip(1).map(|next| Some(next.decided_at));
        let mut writes: Vec<_> = commit
            .transitions
            .iter()
            .zip(ends.chain([None]))
            .map(|(transition, end)| {
                let expires_at = end.map(|end| end.plus_ms(keep_ms));
                self.put_write(history::history_item(id, transition, expires_at))
            })
            .collect();
        if let Some(first) = commit.transitions.first().filter(|_| commit.before.version > 0) {
            let key = item::key(keys::history(id), keys::version(commit.before.version));
            let expires_at = first.decided_at.plus_ms(keep_ms);
            let change = Change::default().set(EXPIRES, expiry(expires_at));
            writes.push(self.change_write(key, &change));
        }
        writes
    }

    /// Opens, worsens or closes an incident; one that a pair opens and closes is written once. Like
    /// history, one that ended expires.
    fn incident_writes(&self, commit: &Commit<'_>) -> Vec<TransactWriteItem> {
        let id = commit.before.id.as_str();
        let mut open = commit.before.incident;
        let mut opened: Option<item::Item> = None;
        let mut writes = Vec::new();
        for transition in commit.transitions {
            let change = match transition.incident(open) {
                IncidentChange::None => continue,
                IncidentChange::Open { start, kind } => {
                    open = Some(start);
                    let reason = transition.reason.as_str();
                    opened = Some(history::incident_put(id, start, kind, reason));
                    continue;
                }
                IncidentChange::Worsen { .. } => {
                    vec![(history::INCIDENT_KIND, text(transition.to.as_str()))]
                }
                IncidentChange::Close { end, .. } => vec![
                    (history::INCIDENT_END, number(end.0)),
                    (EXPIRES, expiry(transition.decided_at.plus_ms(keep_ms(commit)))),
                ],
            };
            match (opened.as_mut(), open) {
                (Some(row), _) => {
                    row.extend(change.into_iter().map(|(name, value)| (name.to_owned(), value)));
                }
                (None, Some(start)) => writes.push(
                    self.change_write(
                        item::key(keys::incidents(id), keys::instant(start)),
                        &change
                            .into_iter()
                            .fold(Change::default(), |all, (name, value)| all.set(name, value)),
                    ),
                ),
                (None, None) => {}
            }
        }
        writes.extend(opened.map(|row| self.put_write(row)));
        writes
    }
}

/// How long what has ended is kept, in ms.
fn keep_ms(commit: &Commit<'_>) -> i64 {
    days_ms(commit.retention_days + HISTORY_EXTRA_DAYS)
}

/// A failed condition says that somebody was first; anything else that failed is an error.
pub(super) fn outcome(sent: Result<(), Failure>) -> Result<CommitOutcome, StoreError> {
    match sent {
        Ok(()) => Ok(CommitOutcome::Committed),
        Err(failure) => failure.unmet().map(|_| CommitOutcome::Overtaken),
    }
}

/// The record as the transitions leave it, on condition that what the decision rests on still holds.
fn record_change(commit: &Commit<'_>) -> Change {
    let before = commit.before;
    let after = before.after_all(commit.transitions);
    let mut change = Change::default()
        .set(record::STATUS, record::status(after.status))
        .set(record::VERSION, number(after.version as i64))
        .set(record::STATUS_SINCE, record::time(after.status_since))
        .set(record::REMINDERS, number(i64::from(after.reminders)))
        .set(record::WAKE, record::time(commit.wake));
    // What a heartbeat stated is never overwritten by committing it: a newer one may have spoken.
    if !commit.transitions.last().is_some_and(|last| last.reason.is_told_by_heartbeat()) {
        change = change.set(record::REPORTED, record::status(after.reported));
    }
    if after.resumed_at != before.resumed_at {
        change = change.set(record::RESUMED_AT, record::time(after.resumed_at.unwrap_or_default()));
    }
    change = set_or_remove(change, record::INCIDENT, before.incident, after.incident);
    if before.gap.is_some() {
        change = change.remove(record::GAP);
    }
    conditions(change, before, commit.transitions)
}

fn set_or_remove(
    change: Change,
    name: &'static str,
    before: Option<UnixMs>,
    after: Option<UnixMs>,
) -> Change {
    match (before, after) {
        (_, Some(at)) => change.set(name, record::time(at)),
        (Some(_), None) => change.remove(name),
        (None, None) => change,
    }
}

/// Always the version; then what else was read and matters: silence rests on the last heartbeat, a
/// statement on what was stated, a late judgement on the gap (if the outage goes on, also on what was
/// stated), and a move by the configuration on both of the former.
fn conditions(change: Change, before: &ServiceRecord, transitions: &[Transition]) -> Change {
    let change = change.if_still(record::VERSION, Some(number(before.version as i64)));
    let last_beat = before.last_beat.map(record::time);
    let reported = Some(record::status(before.reported));
    let gap = before.gap.map(record::gap);
    match transitions {
        [one] if one.reason.is_silence() && before.unjudged_gap().is_some() => {
            change.if_still(record::GAP, gap).if_still(record::REPORTED, reported)
        }
        [one] if one.reason.is_silence() => change.if_still(record::LAST_BEAT, last_beat),
        [one] if one.reason.is_told_by_heartbeat() => change.if_still(record::REPORTED, reported),
        [_] => change.if_still(record::LAST_BEAT, last_beat).if_still(record::REPORTED, reported),
        _ => change.if_still(record::GAP, gap),
    }
}
