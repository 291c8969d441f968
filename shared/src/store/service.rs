//! Service records: read one, read many, sweep, create, follow the configuration.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use flatline_domain::{ServiceRecord, ServiceSpec, Status, UnixMs};
use futures_util::future::try_join_all;

use super::batch::BATCH;
use super::call::{Pages, Reading};
use super::change::Change;
use super::item::{Item, number};
use super::{Store, StoreError, SweepFilter, Swept, keys, record};

/// What a record takes in a Query, in bytes; an estimate, a test keeps it honest.
const RECORD_BYTES: usize = 200;

/// What one read unit of a Query covers, in bytes.
const UNIT_BYTES: usize = 4_096;

/// Which records need a look. Every attribute that is compared is always there.
const DUE: &str = "NOT st IN (:paused, :closed) AND (dl < :horizon OR w < :left OR wk < :horizon \
    OR st <> :up OR rp <> st OR attribute_exists(g))";

impl Store {
    /// One record, by a consistent read.
    pub async fn service(&self, id: &str) -> Result<Option<ServiceRecord>, StoreError> {
        let item = self.get(self.record_key(id), Reading::Consistent).await?;
        item.as_ref().map(record::decode).transpose()
    }

    /// These records, by BatchGetItem or shard Query, whichever costs less: a Get costs half a unit per
    /// record, a Query half a unit per 4 KB of its shard, whose size is known from the last sweep.
    pub async fn services(&self, ids: &[String]) -> Result<Swept, StoreError> {
        let mut by_shard: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for id in ids {
            by_shard.entry(keys::shard(id, self.shards)).or_default().insert(id);
        }
        let records_per_shard = self.swept.load(Ordering::Relaxed).div_ceil(self.shards as usize);
        let query_units = (records_per_shard * RECORD_BYTES).div_ceil(UNIT_BYTES);
        let (queried, gotten): (Vec<_>, Vec<_>) = by_shard
            .into_iter()
            .partition(|(_, wanted)| query_units > 0 && query_units < wanted.len());
        let gotten: Vec<&str> = gotten.into_iter().flat_map(|(_, wanted)| wanted).collect();
        let mut found = Swept::default();
        for batch in gotten.chunks(BATCH) {
            let keys = batch.iter().map(|id| self.record_key(id)).collect();
            found.add(self.get_batch(keys, Reading::Eventual).await?);
        }
        let answers = queried.into_iter().map(|(shard, wanted)| async move {
            let mut pages = self.all_pages(self.query_records(shard)).await?;
            pages.items.retain(|item| {
                item.get("SK")
                    .and_then(|id| id.as_s().ok())
                    .is_some_and(|id| wanted.contains(id.as_str()))
            });
            Ok::<Pages, StoreError>(pages)
        });
        for pages in try_join_all(answers).await? {
            found.add(pages.items);
        }
        Ok(found)
    }

    /// All records that pass the filter; pages are followed to the end. The filter is evaluated in
    /// DynamoDB: it saves transport and memory, not read units.
    pub async fn sweep(&self, filter: SweepFilter) -> Result<Swept, StoreError> {
        let shards = (0..self.shards).map(|shard| {
            let query = filtered(self.query_records(shard), filter);
            self.all_pages(query)
        });
        let mut swept = Swept::default();
        let mut looked_at = 0;
        for pages in try_join_all(shards).await? {
            looked_at += pages.scanned;
            swept.add(pages.items);
        }
        self.swept.store(looked_at, Ordering::Relaxed);
        Ok(swept)
    }

    fn query_records(&self, shard: u32) -> QueryFluentBuilder {
        self.query_partition(&keys::services(shard), Reading::Eventual)
    }

    /// Creates the record of a configured service. What is there already stays: its heartbeat may have
    /// come first.
    pub async fn create_service(&self, spec: &ServiceSpec, now: UnixMs) -> Result<(), StoreError> {
        let new = ServiceRecord::new(spec, now);
        let change = Change::default()
            .set_new(record::STATUS, record::status(new.status))
            .set_new(record::VERSION, number(new.version as i64))
            .set_new(record::STATUS_SINCE, record::time(new.status_since))
            .set_new(record::DEADLINE, record::time(new.deadline))
            .set_new(record::WINDOW, number(new.window_ms))
            .set_new(record::REPORTED, record::status(new.reported))
            .set_new(record::WAKE, record::time(new.wake))
            .set_new(record::REMINDERS, number(i64::from(new.reminders)))
            .set_new(record::CONFIGURED_AT, record::time(new.configured_at));
        let request = self.change(self.record_key(&spec.id), &change);
        self.update(request).await?;
        Ok(())
    }

    /// Writes a new window and the deadline that follows from it, unless a heartbeat came since the
    /// record was read: that one brought its own.
    pub async fn set_window(
        &self,
        record: &ServiceRecord,
        spec: &ServiceSpec,
    ) -> Result<(), StoreError> {
        let change = Change::default()
            .set(record::WINDOW, number(spec.window_ms))
            .set(record::DEADLINE, record::time(record.due(spec)))
            .if_still(record::LAST_BEAT, record.last_beat.map(record::time));
        self.update(self.change(self.record_key(&record.id), &change)).await?;
        Ok(())
    }

    /// After a repaired clock: writes the times of `repaired`, which was made of `read`, unless a
    /// heartbeat or a transition came since it was read.
    pub async fn repair(
        &self,
        read: &ServiceRecord,
        repaired: &ServiceRecord,
    ) -> Result<(), StoreError> {
        let mut change = Change::default()
            .remove(record::WAS_DUE)
            .set(record::CONFIGURED_AT, record::time(repaired.configured_at))
            .set(record::WINDOW, number(repaired.window_ms))
            .set(record::DEADLINE, record::time(repaired.deadline));
        if let Some(beat) = repaired.last_beat {
            change = change.set(record::LAST_BEAT, record::time(beat));
        }
        if repaired.gap.is_none() {
            change = change.remove(record::GAP);
        }
        for (place, name) in record::BEATS.into_iter().enumerate() {
            change = match repaired.ring.get(place) {
                Some(beat) => change.set(name, record::time(*beat)),
                None => change.remove(name),
            };
        }
        if let Some(resumed_at) = repaired.resumed_at {
            change = change.set(record::RESUMED_AT, record::time(resumed_at));
        }
        let change = change
            .if_still(record::LAST_BEAT, read.last_beat.map(record::time))
            .if_still(record::VERSION, Some(number(read.version as i64)));
        self.update(self.change(self.record_key(&read.id), &change)).await?;
        Ok(())
    }
}

impl Swept {
    /// Sorts items into readable and broken ones.
    fn add(&mut self, items: Vec<Item>) {
        for item in items {
            match record::decode(&item) {
                Ok(record) => self.records.push(record),
                Err(error) => self.broken.push((id_of(&item), error.to_string())),
            }
        }
    }
}

fn id_of(item: &HashMap<String, aws_sdk_dynamodb::types::AttributeValue>) -> String {
    let id = item.get("SK").and_then(|id| id.as_s().ok());
    id.cloned().unwrap_or_default()
}

fn filtered(query: QueryFluentBuilder, filter: SweepFilter) -> QueryFluentBuilder {
    match filter {
        SweepFilter::All => query,
        SweepFilter::Due { now, horizon } => query
            .filter_expression(DUE)
            .expression_attribute_values(":horizon", record::time(horizon))
            .expression_attribute_values(":left", number(horizon.since_ms(now)))
            .expression_attribute_values(":paused", record::status(Status::Paused))
            .expression_attribute_values(":closed", record::status(Status::Closed))
            .expression_attribute_values(":up", record::status(Status::Up)),
    }
}
