//! The feed: transitions and external alerts, by day.

use flatline_domain::{Day, UnixMs};
use futures_util::future::try_join_all;

use super::call::Patience;
use super::item::{self, Item, json, number};
use super::rows::Span;
use super::{FeedEntry, Store, StoreError, keys};

/// Days that the feed is read back at most, so that no question costs more Queries than that.
const FEED_MAX_DAYS: u32 = 366;

/// Days that are asked for at once.
const DAYS_AT_ONCE: usize = 8;

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
    /// Writes entries that another monitor recorded, each once; those that have expired are left out.
    /// Returns how many are new.
    pub async fn import_feed(
        &self,
        entries: &[FeedEntry],
        keep_days: u32,
        now: UnixMs,
    ) -> Result<usize, StoreError> {
        let oldest = now.plus_ms(-item::days_ms(keep_days));
        let mut written = 0;
        for entry in entries.iter().filter(|entry| entry.at > oldest) {
            let put = self
                .client
                .put_item()
                .table_name(&*self.table)
                .set_item(Some(entry_item(entry, keep_days)))
                .condition_expression("attribute_not_exists(PK)");
            match self.call(Patience::NORMAL, || put.clone().send()).await {
                Ok(_) => written += 1,
                Err(failure) => drop(failure.unmet()?),
            }
        }
        Ok(written)
    }

    /// Entries from `since` on, newest first, at most `limit`. Today is asked first and alone, because
    /// it mostly suffices; then [`DAYS_AT_ONCE`] days at once until there are enough.
    pub async fn feed(
        &self,
        since: UnixMs,
        now: UnixMs,
        limit: usize,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let since = since.max(now.plus_ms(-item::days_ms(FEED_MAX_DAYS)));
        let days: Vec<Day> = (since.day().0..=now.day().0).rev().map(Day).collect();
        let mut entries = Vec::new();
        let (mut asked, mut at_once) = (0, 1);
        while entries.len() < limit && asked < days.len() {
            let batch = &days[asked..days.len().min(asked + at_once)];
            let wanted = limit - entries.len();
            let read = batch.iter().map(|day| self.day_of_feed(*day, since, now, wanted));
            entries.extend(try_join_all(read).await?.into_iter().flatten());
            asked += batch.len();
            at_once = DAYS_AT_ONCE;
        }
        entries.truncate(limit);
        Ok(entries)
    }

    /// The entries of one day, newest first.
    async fn day_of_feed(
        &self,
        day: Day,
        since: UnixMs,
        now: UnixMs,
        limit: usize,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let span = Span { pk: keys::feed(day), since, now, limit };
        self.newest(&span, |reader| reader.json("e")).await
    }
}
