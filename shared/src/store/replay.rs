//! Rows that somebody puts into the outbox: messages that try a channel out, and dead ones again.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use flatline_domain::UnixMs;

use super::call::Reading;
use super::change::Change;
use super::delivery_log::DEAD_ROW;
use super::item::number;
use super::outbox::{COPIED_AT, NEXT_AT, row_item};
use super::{Lane, LoggedDelivery, NewDelivery, Store, StoreError};

/// When a dead row was put back.
const REPLAYED_AT: &str = "rp";

/// What became of putting a dead row back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It waits again.
    Queued,
    /// It was put back before.
    Twice,
    /// Its content is not there any more.
    Gone,
}

impl Store {
    /// The newest version of what a lane is about. `None`: nothing is known of it. 1 read.
    pub async fn version_of(&self, lane: &Lane) -> Result<Option<u64>, StoreError> {
        match lane.subject() {
            Lane::Service(id) => Ok(self.service(id).await?.map(|record| record.version)),
            Lane::Alert(key) => self.alert_version(key).await,
            _ => Ok(None),
        }
    }

    /// Queues a message that tries a channel out: 1 transaction of 1 row.
    pub async fn queue_test(&self, test: &NewDelivery) -> Result<(), StoreError> {
        let row = self.put_write(row_item(&test.channel, &test.delivery));
        Ok(self.transact(vec![row]).await?)
    }

    /// Puts a dead row back into the outbox, once, as it was: in its place in its lane, tried afresh.
    /// It is not copied to the fallback channel again. 1 read, 1 transaction.
    pub async fn replay(&self, logged: &LoggedDelivery, now: UnixMs) -> Result<Replay, StoreError> {
        let item = self.get(logged.key(), Reading::Consistent).await?.unwrap_or_default();
        let Some(mut row) = item.get(DEAD_ROW).and_then(|row| row.as_m().ok()).cloned() else {
            return Ok(Replay::Gone);
        };
        row.remove(NEXT_AT);
        row.insert(COPIED_AT.to_owned(), number(now.0));
        let noted = Change::default().set(REPLAYED_AT, number(now.0)).if_still(REPLAYED_AT, None);
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(PK)")
            .build()
            .expect("table and item are set");
        let writes = vec![
            self.change_write(logged.key(), &noted),
            TransactWriteItem::builder().put(put).build(),
        ];
        let Err(failure) = self.transact(writes).await else { return Ok(Replay::Queued) };
        failure.unmet()?;
        Ok(Replay::Twice)
    }
}
