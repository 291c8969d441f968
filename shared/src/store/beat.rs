//! Heartbeats: one conditional write.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use flatline_domain::{CLOCK_AHEAD_MS, Gap, ServiceRecord, Status, UnixMs};

use super::call::{Attempt, Patience};
use super::change::Change;
use super::item::{Item, number, old_image};
use super::{Beat, BeatOutcome, Store, StoreError, record};

/// Shifts the ring and keeps the deadline that was: right sides read the item as it was.
const SHIFT: &str = "SET r0 = :lb, r1 = if_not_exists(r0, :none), r2 = if_not_exists(r1, :none), \
    r3 = if_not_exists(r2, :none), r4 = if_not_exists(r3, :none), r5 = if_not_exists(r4, :none), \
    r6 = if_not_exists(r5, :none), r7 = if_not_exists(r6, :none), dp = if_not_exists(dl, :never), ";

/// Nothing newer is stored.
const NEWEST: &str = "(attribute_not_exists(lb) OR lb <= :lb OR lb > :ahead)";

/// As [`NEWEST`], once a lost attempt may have stored this very heartbeat.
const NEWER: &str = "(attribute_not_exists(lb) OR lb < :lb OR lb > :ahead)";

impl Store {
    /// Stores a heartbeat: 1 UpdateItem, 0 reads. If a newer one is stored already, writes `reported`
    /// alone when this one states something, else nothing. Durable when it returns.
    pub async fn beat(&self, beat: &Beat<'_>) -> Result<BeatOutcome, StoreError> {
        let sent = self
            .call_knowing(Patience::HEARTBEAT, |attempt| {
                let condition = match attempt {
                    Attempt::Fresh => NEWEST,
                    Attempt::MayBeApplied => NEWER,
                };
                self.beat_update(beat, condition).send()
            })
            .await;
        let unmet = match sent {
            Ok(output) => return outcome(old_image(output.attributes).as_ref(), beat),
            Err(failure) => failure.unmet()?.item.unwrap_or_default(),
        };
        let stored = record::decode(&unmet)?;
        // Another heartbeat of the same millisecond may have stored it; then ours still states what it
        // states.
        let is_told = beat.stated.is_none_or(|stated| stated == stored.reported);
        if stored.last_beat == Some(beat.at) && is_told {
            return Ok(BeatOutcome { before: Some(before_newest(&stored)), after: stored });
        }
        let Some(stated) = beat.stated else {
            return Ok(BeatOutcome { before: Some(stored.clone()), after: stored });
        };
        self.report(beat.id, stated).await
    }

    fn beat_update(&self, beat: &Beat<'_>, condition: &str) -> UpdateItemFluentBuilder {
        let never = record::time(UnixMs::NEVER);
        let stated = beat.stated.unwrap_or(Status::Up);
        let deadline = beat.at.plus_ms(beat.window_ms);
        let change = Change::default()
            .set(record::LAST_BEAT, record::time(beat.at))
            .set(record::DEADLINE, record::time(deadline))
            .set(record::WINDOW, number(beat.window_ms))
            .set(record::REPORTED, record::status(stated))
            .set_new(record::STATUS, record::status(Status::Unknown))
            .set_new(record::VERSION, number(0))
            .set_new(record::STATUS_SINCE, record::time(beat.at))
            .set_new(record::WAKE, never.clone())
            .set_new(record::CONFIGURED_AT, record::time(beat.at))
            .set_new(record::REMINDERS, number(0))
            .on(condition)
            .value(":ahead", record::time(beat.at.plus_ms(CLOCK_AHEAD_MS)))
            .value(":none", AttributeValue::Null(true))
            .value(":never", never);
        let request = self.change(self.record_key(beat.id), &change);
        let whole = request.get_update_expression().clone().unwrap_or_default();
        request
            .update_expression(whole.replacen("SET ", SHIFT, 1))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// A heartbeat that was overtaken still states something: that alone is stored.
    async fn report(&self, id: &str, stated: Status) -> Result<BeatOutcome, StoreError> {
        let change = Change::default().set(record::REPORTED, record::status(stated));
        let request = self.change(self.record_key(id), &change).return_values(ReturnValue::AllOld);
        let output = self.call(Patience::HEARTBEAT, || request.clone().send()).await?;
        let before = record::decode(&output.attributes.unwrap_or_default())?;
        let after = ServiceRecord { reported: stated, ..before.clone() };
        Ok(BeatOutcome { before: Some(before), after })
    }

    /// Notes a silence that a late heartbeat ended, unless one is noted already.
    pub async fn note_gap(&self, id: &str, gap: Gap) -> Result<(), StoreError> {
        let change = Change::default().set_new(record::GAP, record::gap(gap));
        let request = self.change(self.record_key(id), &change);
        self.call(Patience::HEARTBEAT, || request.clone().send()).await?;
        Ok(())
    }
}

fn outcome(old: Option<&Item>, beat: &Beat<'_>) -> Result<BeatOutcome, StoreError> {
    let before = old.map(record::decode).transpose()?;
    let known = before.clone().unwrap_or_else(|| first_heard(beat));
    let after = known.after_beat(beat.at, beat.stated.unwrap_or(Status::Up), beat.window_ms);
    Ok(BeatOutcome { before, after })
}

/// A service that nobody had written down when its first heartbeat came.
fn first_heard(beat: &Beat<'_>) -> ServiceRecord {
    ServiceRecord {
        id: beat.id.to_owned(),
        status: Status::Unknown,
        version: 0,
        status_since: beat.at,
        last_beat: None,
        deadline: UnixMs::NEVER,
        was_due: None,
        window_ms: beat.window_ms,
        reported: Status::Unknown,
        wake: UnixMs::NEVER,
        gap: None,
        reminders: 0,
        incident: None,
        configured_at: beat.at,
        resumed_at: None,
        ring: Vec::new(),
    }
}

/// Our own heartbeat is stored, by an attempt whose answer was lost and with it the record before:
/// what it keeps of that one tells whether a gap ended.
fn before_newest(stored: &ServiceRecord) -> ServiceRecord {
    let ring = stored.ring.get(1..).unwrap_or_default().to_vec();
    let last_beat = ring.first().copied();
    let deadline = stored.was_due.unwrap_or(UnixMs::NEVER);
    ServiceRecord { last_beat, deadline, was_due: None, ring, ..stored.clone() }
}
