//! Reminders of an outage that goes on.

use flatline_domain::{ServiceRecord, UnixMs};

use super::change::Change;
use super::commit::outcome;
use super::item::number;
use super::{CommitOutcome, NewDelivery, Store, StoreError, outbox, record};

/// A reminder with everything that is committed with it.
#[derive(Clone, Debug)]
pub struct Reminding<'a> {
    /// The record that the decision read; its version and count of reminders are the condition.
    pub before: &'a ServiceRecord,
    /// Rows for the channels that were told of this outage.
    pub outbox: Vec<NewDelivery>,
    /// When the next one is due; [`UnixMs::NEVER`] if none.
    pub wake: UnixMs,
}

impl Store {
    /// Counts the reminder and queues its rows as one.
    pub async fn remind(&self, reminding: &Reminding<'_>) -> Result<CommitOutcome, StoreError> {
        let before = reminding.before;
        let reminders = |count: u32| number(i64::from(count));
        let change = Change::default()
            .set(record::REMINDERS, reminders(before.reminders + 1))
            .set(record::WAKE, record::time(reminding.wake))
            .if_still(record::VERSION, Some(number(before.version as i64)))
            .if_still(record::REMINDERS, Some(reminders(before.reminders)));
        let mut writes = vec![self.change_write(self.record_key(&before.id), &change)];
        let rows = reminding.outbox.iter();
        writes
            .extend(rows.map(|row| self.put_write(outbox::row_item(&row.channel, &row.delivery))));
        outcome(self.transact(writes).await)
    }
}
