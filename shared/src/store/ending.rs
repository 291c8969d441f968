//! Ending deliveries: what happened to a row is written in the transaction that removes it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use flatline_domain::Event;

use super::copy::copy_item;
use super::delivery_log::{day_items, entry_item};
use super::item::key;
use super::outbox::WAITS;
use super::told::told_item;
use super::{Ended, Ending, Lane, Store, StoreError, keys};

/// Each row takes up to three of the 100 writes that a transaction may have, one that is copied four;
/// the log of the day takes one for all that ended at once.
const ROWS_PER_TRANSACTION: usize = 30;
/// So many of those that are copied.
const COPIED_PER_TRANSACTION: usize = 24;

impl Store {
    /// Ends deliveries: removes the rows, writes the delivery log and, for delivered ones, one `told`
    /// per lane, for others the copy that the fallback channel gets, in transactions of at most 30 rows. A row that is gone was ended by another drain,
    /// which wrote all that too: it is left out. Needs no lease: what was accepted is a fact.
    pub async fn mark(&self, ended: &[Ended]) -> Result<(), StoreError> {
        let copies = ended.iter().any(|ended| ended.copy_to.is_some());
        let at_once = if copies { COPIED_PER_TRANSACTION } else { ROWS_PER_TRANSACTION };
        for part in ended.chunks(at_once) {
            let mut rows: Vec<&Ended> = part.iter().collect();
            while !rows.is_empty() {
                let Err(failure) = self.transact(self.ending(&rows)).await else { break };
                let gone = failure.unmet()?.positions;
                rows = (0..)
                    .zip(rows)
                    .filter(|(at, _)| !gone.contains(at))
                    .map(|(_, row)| row)
                    .collect();
            }
        }
        Ok(())
    }

    /// The removals come first, so that the position of a failed condition is that of its row.
    fn ending(&self, rows: &[&Ended]) -> Vec<TransactWriteItem> {
        let removals = rows.iter().map(|ended| self.removal(ended));
        let log = rows.iter().map(|ended| self.put_write(entry_item(ended)));
        let told = accepted(rows).into_values().map(|ended| self.put_write(told_item(ended)));
        let last = newest(rows.iter().copied().filter(|ended| ended.copy_to.is_some()));
        let notes = last.into_values().filter_map(|ended| {
            let to = ended.copy_to.as_deref()?;
            Some(self.copied_write(&ended.row, to, ended.at))
        });
        let copies = rows.iter().filter_map(|ended| {
            let to = ended.copy_to.as_deref()?;
            Some(self.put_write(copy_item(&ended.row, to, &ended.answer, ended.at)))
        });
        let days = day_items(rows).into_iter().map(|item| self.put_write(item));
        removals.chain(log).chain(told).chain(copies).chain(notes).chain(days).collect()
    }

    fn removal(&self, ended: &Ended) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key(keys::channel(&ended.row.channel), &ended.row.key)))
            .condition_expression(WAITS)
            .build()
            .expect("table and key are set");
        TransactWriteItem::builder().delete(delete).build()
    }
}

/// Of each lane and channel the newest row that was accepted. Trying a channel out tells nothing, and
/// a copy is told instead of another channel.
fn accepted<'a>(rows: &[&'a Ended]) -> BTreeMap<(&'a Lane, &'a str), &'a Ended> {
    newest(rows.iter().copied().filter(|ended| {
        let delivery = &ended.row.delivery;
        ended.ending == Ending::Delivered
            && !matches!(delivery.lane, Lane::Copy { .. })
            && delivery.queued.event != Event::Test
    }))
}

/// Of each lane and channel the newest row.
fn newest<'a>(rows: impl Iterator<Item = &'a Ended>) -> BTreeMap<(&'a Lane, &'a str), &'a Ended> {
    let order = |ended: &Ended| (ended.row.delivery.queued.version, ended.row.delivery.queued.n);
    let mut newest: BTreeMap<_, &Ended> = BTreeMap::new();
    for ended in rows {
        let lane = (&ended.row.delivery.lane, ended.row.channel.as_str());
        let slot = newest.entry(lane).or_insert(ended);
        if order(slot) < order(ended) {
            *slot = ended;
        }
    }
    newest
}
