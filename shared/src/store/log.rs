//! The log of heartbeats with content.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use flatline_domain::UnixMs;

use super::call::Patience;
use super::item::{self, Item, json, number, text};
use super::rows::Span;
use super::{LogEntry, Store, StoreError, keys};

/// A request has at most so many rows of one service; another of the same millisecond has its own range.
const REQUEST_ROWS: u32 = 1_000;

/// No other row has this key.
const UNUSED: &str = "attribute_not_exists(PK)";

fn entry_item(id: &str, entry: &LogEntry, n: u32, keep_days: u32) -> Item {
    let mut row = item::key(keys::log(id), format!("{}#{n:07}", keys::instant(entry.at)));
    let expires_at = entry.at.plus_ms(item::days_ms(keep_days));
    row.extend(
        [
            ("id", text(id)),
            ("at", number(entry.at.0)),
            ("n", number(i64::from(n))),
            ("e", json(entry)),
            (item::EXPIRES, item::expiry(expires_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    row
}

impl Store {
    /// Writes one row that expires after `keep_days`, the `n`th of its request: 1 PutItem, one more for
    /// each other request of the same service and millisecond.
    pub async fn write_log(
        &self,
        id: &str,
        entry: &LogEntry,
        n: u32,
        keep_days: u32,
    ) -> Result<(), StoreError> {
        let mut n = n;
        loop {
            let row = entry_item(id, entry, n, keep_days);
            let put = self
                .client
                .put_item()
                .table_name(&*self.table)
                .set_item(Some(row.clone()))
                .condition_expression(UNUSED)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            let Err(failure) = self.call(Patience::HEARTBEAT, || put.clone().send()).await else {
                return Ok(());
            };
            // The very same row: our own first try, whose answer was lost.
            if failure.unmet()?.item == Some(row) {
                return Ok(());
            }
            n += REQUEST_ROWS;
        }
    }

    /// The newest rows, newest first.
    pub async fn logs(
        &self,
        id: &str,
        now: UnixMs,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.logs_since(id, UnixMs(0), now, limit).await
    }

    /// The newest rows of those from `since` on, newest first.
    pub async fn logs_since(
        &self,
        id: &str,
        since: UnixMs,
        now: UnixMs,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let span = Span { pk: keys::log(id), since, after: None, now, limit };
        self.newest(&span, |reader| reader.json("e")).await
    }
}
