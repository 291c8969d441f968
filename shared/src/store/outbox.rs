//! Waiting deliveries, and how they end.
use super::{Ended, Lane, OutboxRow, Store, StoreError};
use flatline_domain::{Told, UnixMs};
use std::collections::BTreeMap;
impl Store {
    /// Everything that waits for a channel, in key order, by one consistent Query over all pages.
    pub async fn queued(&self, _channel: &str) -> Result<Vec<OutboxRow>, StoreError> {
        todo!()
    }
    /// Ends deliveries: removes the rows, writes the delivery log and, for delivered ones, one `told` per
    /// lane, in transactions of at most 30 rows. A row that is gone already is skipped.
    pub async fn mark(&self, _ended: &[Ended]) -> Result<(), StoreError> {
        todo!()
    }
    /// Notes a failed attempt.
    pub async fn postpone(
        &self,
        _row: &OutboxRow,
        _next_at: UnixMs,
        _error: &str,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// What each channel was last told about a lane, by channel name.
    pub async fn told(&self, _lane: &Lane) -> Result<BTreeMap<String, Told>, StoreError> {
        todo!()
    }
    /// What one channel was last told about a lane.
    pub async fn told_to(&self, _lane: &Lane, _channel: &str) -> Result<Option<Told>, StoreError> {
        todo!()
    }
}
