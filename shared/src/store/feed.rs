//! The feed: transitions and external alerts, by day.
use super::{FeedEntry, Store, StoreError};
use flatline_domain::UnixMs;
impl Store {
    /// Entries from `since` on, newest first, at most `limit`.
    pub async fn feed(
        &self,
        _since: UnixMs,
        _now: UnixMs,
        _limit: usize,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        todo!()
    }
}
