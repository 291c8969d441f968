//! The feed: transitions and external alerts, by day.

use flatline_domain::UnixMs;

use super::item::{self, Item, json, number};
use super::{FeedEntry, Store, StoreError, keys};

/// One entry, which expires after `keep_days`.
pub(super) fn entry_item(entry: &FeedEntry, keep_days: u32) -> Item {
    let sort_key = format!("{}#{}", keys::instant(entry.at), entry.id);
    let mut row = item::key(keys::feed(entry.at.day()), sort_key);
    let expires_at = entry.at.plus_ms(item::days_ms(keep_days));
    row.extend(
        [("at", number(entry.at.0)), ("e", json(entry)), (item::EXPIRES, item::expiry(expires_at))]
            .map(|(name, value)| (name.to_owned(), value)),
    );
    row
}

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
