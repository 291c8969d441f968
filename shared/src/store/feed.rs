//! The feed: transitions and external alerts, by day.

use flatline_domain::{Day, UnixMs};
use futures_util::future::try_join_all;

use super::call::Patience;
use super::item::{self, Item, json, number};
use super::rows::Span;
use super::{FeedEntry, FeedPlace, Store, StoreError, keys};

/// Days that the feed is read back at most, so that no question costs more Queries than that.
const FEED_MAX_DAYS: u32 = 366;

/// Days that are asked for at once.
const DAYS_AT_ONCE: usize = 8;

fn sort_key(place: &FeedPlace) -> String {
    format!("{}#{}", keys::instant(place.at), place.id)
}

/// One entry, which expires after `keep_days`.
pub(super) fn entry_item(entry: &FeedEntry, keep_days: u32) -> Item {
    let mut row = item::key(keys::feed(entry.at.day()), sort_key(&entry.place()));
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
        self.older_feed(None, since, now, limit).await
    }

    /// As [`Store::feed`], but only what comes after the entry at this place, which is the day that is
    /// asked first. Entries of one instant are told apart by their ids, so that none is left out.
    pub async fn feed_after(
        &self,
        place: &FeedPlace,
        since: UnixMs,
        now: UnixMs,
        limit: usize,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        self.older_feed(Some(place).filter(|place| place.at <= now), since, now, limit).await
    }

    async fn older_feed(
        &self,
        place: Option<&FeedPlace>,
        since: UnixMs,
        now: UnixMs,
        limit: usize,
    ) -> Result<Vec<FeedEntry>, StoreError> {
        let since = since.max(now.plus_ms(-item::days_ms(FEED_MAX_DAYS)));
        let newest = place.map_or(now, |place| place.at);
        if newest < since {
            return Ok(Vec::new());
        }
        let days: Vec<Day> = (since.day().0..=newest.day().0).rev().map(Day).collect();
        let mut entries = Vec::new();
        let (mut asked, mut at_once) = (0, 1);
        while entries.len() < limit && asked < days.len() {
            let batch = &days[asked..days.len().min(asked + at_once)];
            let wanted = limit - entries.len();
            let read = batch.iter().map(|day| {
                let after = place.filter(|place| place.at.day() == *day).map(sort_key);
                let pk = keys::feed(*day);
                self.part_of_feed(Span { pk, since, after, now, limit: wanted })
            });
            entries.extend(try_join_all(read).await?.into_iter().flatten());
            asked += batch.len();
            at_once = DAYS_AT_ONCE;
        }
        entries.truncate(limit);
        Ok(entries)
    }

    /// Entries of one day, newest first.
    async fn part_of_feed(&self, span: Span) -> Result<Vec<FeedEntry>, StoreError> {
        self.newest(&span, |reader| reader.json("e")).await
    }
}
