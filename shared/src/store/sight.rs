//! Proofs and holes (`SYS/canary`, `SYS/hole#`).
//!
//! `SYS/canary` carries a version that rises with every change but that of the last proof. A proof
//! that follows closely on the last one, under a version that this process has seen, is one write and
//! no read; everything else is decided by [`SightLog`] on what is stored and written back on condition
//! that it is still so.

use std::sync::PoisonError;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use flatline_domain::sight::LIMITS_MS;
use flatline_domain::{Hole, SightLog, UnixMs};

use super::call::{Reading, Written, system_key};
use super::change::Change;
use super::item::{self, EXPIRES, Item, Reader, days_ms, expiry, number};
use super::rows::readable;
use super::{CanaryState, Store, StoreError, keys, record};

const LAST_PROOF: &str = "p";
const FAILED: &str = "f";
/// Since when canaries fail.
const FAILED_SINCE: &str = "fs";
const FINEST: &str = "n";
const HOLES: &str = "h";
const VERSION: &str = "v";
/// Of a hole row: its start, its end, whether it counts for everybody.
const HOLE: &str = "h";

/// Hole rows are kept as long as history can be configured to be, in days.
const HOLE_KEEP_DAYS: u32 = 3_650;

/// Changes that are tried before others are let go first.
const ROUNDS: u32 = 8;

/// What this process last saw of `SYS/canary`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    version: i64,
    finest_ms: i64,
}

/// `SYS/canary` as read.
struct Read {
    log: SightLog,
    version: i64,
    stored_version: Option<i64>,
}

impl Store {
    /// What is known of our sight, by a consistent read.
    pub async fn sight_log(&self) -> Result<SightLog, StoreError> {
        Ok(self.read_sight().await?.log)
    }

    /// How canaries do: when the newest proof was, and since when they fail, if they do.
    pub async fn canary_state(&self) -> Result<CanaryState, StoreError> {
        let item = self.get(system_key("canary"), Reading::Eventual).await?.unwrap_or_default();
        let reader = Reader::new(&item);
        Ok(CanaryState {
            proven_at: reader.opt_time(LAST_PROOF)?,
            failing_since: reader.opt_time(FAILED_SINCE)?,
        })
    }

    /// Records a proof (`SightLog::prove`). Without a hole: 1 UpdateItem, 0 reads. With one: the new
    /// log and the hole row as one transaction, on condition that the log is as read.
    pub async fn prove(&self, at: UnixMs) -> Result<(), StoreError> {
        let Some(found) = self.prove_fast(at).await? else { return Ok(()) };
        self.change_sight(Some(found), |log| {
            let hole = log.hole_before(at);
            (log.prove(at), hole)
        })
        .await
    }

    /// Records a proof that is known only afterwards, by a ring; one that is older than the newest
    /// changes nothing.
    pub async fn prove_late(&self, at: UnixMs) -> Result<(), StoreError> {
        let Some(found) = self.prove_fast(at).await? else { return Ok(()) };
        self.change_sight(Some(found), |log| {
            let next = log.prove_late(at);
            // While canaries fail, each of these ends a hole: only the long ones are time in which nobody
            // was heard.
            let hole = log
                .hole_before(at)
                .filter(|hole| next != *log && hole.len_ms() > log.finest_ms.max(LIMITS_MS[0]));
            (next, hole)
        })
        .await
    }

    /// Notes that a canary failed or a clock jumped: the next proof ends a hole for everybody.
    pub async fn mark_blind(&self) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .set_key(Some(system_key("canary")))
            .update_expression(
                "SET f = :yes, fs = if_not_exists(fs, :since), v = if_not_exists(v, :zero) + :one",
            )
            .expression_attribute_values(":since", number(self.clock.now().0))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1));
        self.update(request).await?;
        Ok(())
    }

    /// Says how fine the holes are that canaries are sent often enough for (`SightLog::refined`).
    pub async fn refine_sight(&self, finest_ms: i64, now: UnixMs) -> Result<(), StoreError> {
        self.change_sight(None, |log| (log.refined(finest_ms, now), None)).await
    }

    /// The holes that end after `since`, oldest first.
    pub async fn holes_since(&self, since: UnixMs) -> Result<Vec<Hole>, StoreError> {
        let query = self
            .query(Reading::Consistent)
            .key_condition_expression("PK = :pk AND SK BETWEEN :since AND :last")
            .expression_attribute_values(":pk", item::text(keys::SYSTEM))
            .expression_attribute_values(":since", item::text(keys::holes_from(since)))
            .expression_attribute_values(":last", item::text(keys::HOLES_END));
        let pages = self.all_pages(query).await?;
        let mut holes = readable(&pages.items, decode_hole_row);
        holes.retain(|hole| hole.end > since);
        Ok(holes)
    }

    /// The proof of a quiet moment. What it returns is why it was none: the log as it is.
    async fn prove_fast(&self, at: UnixMs) -> Result<Option<Read>, StoreError> {
        let known = *self.sight.lock().unwrap_or_else(PoisonError::into_inner);
        let within_ms = known.finest_ms.max(LIMITS_MS[0]);
        let change = Change::default()
            .set(LAST_PROOF, record::time(at))
            .if_still(VERSION, Some(number(known.version)))
            .on("p >= :least AND p <= :p")
            .value(":least", number(at.0 - within_ms));
        let request = self
            .change(system_key("canary"), &change)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.update(request).await? {
            Written::Done(_) => Ok(None),
            Written::Refused(item) => Ok(Some(self.learn(&item)?)),
        }
    }

    async fn read_sight(&self) -> Result<Read, StoreError> {
        let item = self.get(system_key("canary"), Reading::Consistent).await?;
        self.learn(&item.unwrap_or_default())
    }

    fn learn(&self, item: &Item) -> Result<Read, StoreError> {
        let read = decode(item)?;
        self.remember(read.version, &read.log);
        Ok(read)
    }

    /// Reads the log (unless it was read), changes it, writes it on condition that it is as read, until
    /// that succeeds or nothing is to be changed.
    async fn change_sight(
        &self,
        mut found: Option<Read>,
        change: impl Fn(&SightLog) -> (SightLog, Option<Hole>),
    ) -> Result<(), StoreError> {
        for _ in 0..ROUNDS {
            let read = match found.take() {
                Some(read) => read,
                None => self.read_sight().await?,
            };
            let (next, hole) = change(&read.log);
            if next == read.log {
                return Ok(());
            }
            if self.write_sight(&read, &next, hole).await? {
                self.remember(version_after(&read, &next), &next);
                return Ok(());
            }
        }
        Err(StoreError::Unavailable("others keep changing SYS/canary".to_owned()))
    }

    /// `false`: the log is not as read any more.
    async fn write_sight(
        &self,
        read: &Read,
        next: &SightLog,
        hole: Option<Hole>,
    ) -> Result<bool, StoreError> {
        let change = sight_change(read, next);
        let key = system_key("canary");
        let Some(hole) = hole else {
            let written = self.update(self.change(key, &change)).await?;
            return Ok(matches!(written, Written::Done(_)));
        };
        let writes = vec![self.change_write(key, &change), self.put_write(hole_row(hole))];
        match self.transact(writes).await {
            Ok(()) => Ok(true),
            Err(failure) => failure.unmet().map(|_| false),
        }
    }

    /// A log that is marked blind takes no quiet proofs: its version is never known.
    fn remember(&self, version: i64, log: &SightLog) {
        if !log.failed {
            let known = Known { version, finest_ms: log.finest_ms };
            *self.sight.lock().unwrap_or_else(PoisonError::into_inner) = known;
        }
    }
}

/// It rises with every change but that of the last proof.
fn version_after(read: &Read, next: &SightLog) -> i64 {
    let proof_only = SightLog { last_proof: read.log.last_proof, ..next.clone() } == read.log;
    if proof_only { read.version } else { read.version + 1 }
}

fn sight_change(read: &Read, next: &SightLog) -> Change {
    let change = Change::default()
        .set(VERSION, number(version_after(read, next)))
        .set(FINEST, number(next.finest_ms))
        .set(HOLES, AttributeValue::L(next.holes.iter().copied().map(encode_slot).collect()))
        .if_still(VERSION, read.stored_version.map(number))
        .if_still(LAST_PROOF, read.log.last_proof.map(record::time));
    let change = match next.last_proof {
        Some(at) => change.set(LAST_PROOF, record::time(at)),
        None => change,
    };
    if next.failed { change } else { change.remove(FAILED).remove(FAILED_SINCE) }
}

fn encode_slot(hole: Option<Hole>) -> AttributeValue {
    hole.map_or(AttributeValue::Null(true), |hole| {
        let parts = [hole.start.0, hole.end.0, i64::from(hole.failed)];
        AttributeValue::L(parts.map(number).to_vec())
    })
}

fn decode(item: &Item) -> Result<Read, StoreError> {
    let reader = Reader::new(item);
    let mut log = SightLog {
        last_proof: reader.opt_time(LAST_PROOF)?,
        failed: item.contains_key(FAILED),
        finest_ms: reader.opt_number(FINEST)?.unwrap_or(0),
        ..SightLog::default()
    };
    if let Some(slots) = item.get(HOLES).and_then(|slots| slots.as_l().ok()) {
        for (hole, slot) in log.holes.iter_mut().zip(slots) {
            *hole = decode_slot(slot).map_err(|why| reader.broken(HOLES, why))?;
        }
    }
    let stored_version = reader.opt_number(VERSION)?;
    Ok(Read { log, version: stored_version.unwrap_or(0), stored_version })
}

fn decode_slot(slot: &AttributeValue) -> Result<Option<Hole>, &'static str> {
    if slot.is_null() {
        return Ok(None);
    }
    match item::numbers(slot).as_deref() {
        Some(&[start, end, failed]) => {
            Ok(Some(Hole { start: UnixMs(start), end: UnixMs(end), failed: failed != 0 }))
        }
        _ => Err("has a slot that is no hole"),
    }
}

/// Its key begins with the end, so that the holes since some time are one range.
fn hole_row(hole: Hole) -> Item {
    let mut row = item::key(keys::SYSTEM, keys::hole(hole.start, hole.end));
    row.insert(HOLE.to_owned(), encode_slot(Some(hole)));
    row.insert(EXPIRES.to_owned(), expiry(hole.end.plus_ms(days_ms(HOLE_KEEP_DAYS))));
    row
}

fn decode_hole_row(row: &Reader<'_>) -> Result<Hole, StoreError> {
    let slot = row.attribute(HOLE).map_or(Err("is missing"), decode_slot);
    match slot {
        Ok(Some(hole)) => Ok(hole),
        Ok(None) => Err(row.broken(HOLE, "is empty")),
        Err(why) => Err(row.broken(HOLE, why)),
    }
}
