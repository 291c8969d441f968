//! The log of heartbeats with content.
use super::{LogEntry, Store, StoreError};
use flatline_domain::UnixMs;
impl Store {
    /// Writes one row that expires after `keep_days`.
    pub async fn write_log(
        &self,
        _id: &str,
        _entry: &LogEntry,
        _keep_days: u32,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// The newest rows, newest first.
    pub async fn logs(
        &self,
        _id: &str,
        _now: UnixMs,
        _limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        todo!()
    }
}
