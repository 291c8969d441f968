//! The days of a service that were not wholly up: one item per service, and one more for imported ones.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use flatline_domain::sight::merged;
use flatline_domain::uptime::add_interval;
use flatline_domain::{Day, DayTotals, Days, Hole, Status, Transition, UnixMs};
use futures_util::future::try_join_all;

use super::call::{Patience, Reading};
use super::commit::HISTORY_EXTRA_DAYS;
use super::item::{self, Item, Reader, number, text};
use super::rows::unless_broken;
use super::{Commit, DaysByService, Store, StoreError, keys};

/// A map from the number of the day to its degraded, down, unknown and blind ms.
const DAYS: &str = "d";

/// Of an item of days that another monitor recorded. It is apart from our own, so that no transition
/// writes it again; an id holds no `#`.
const IMPORTED: &str = "im";

/// What a sweep of the days found.
#[derive(Clone, Debug, Default)]
pub struct SweptDays {
    /// What can be read.
    pub days: DaysByService,
    /// Ids of services of which something cannot.
    pub broken: BTreeSet<String>,
}

impl Store {
    /// The days of one service that were not wholly up, and its imported ones, by consistent reads.
    pub async fn days(&self, id: &str) -> Result<Days, StoreError> {
        let pk = keys::days(keys::shard(id, self.shards));
        let mut days = Days::new();
        for sort_key in [id.to_owned(), imported_key(id)] {
            let item = self.get(item::key(pk.clone(), sort_key), Reading::Consistent).await?;
            days.extend(item.map_or_else(|| Ok(Days::new()), |item| decode(&item).map(|it| it.1))?);
        }
        Ok(days)
    }

    /// The days that were not wholly up, of every service. An item that cannot be read is left out.
    pub async fn all_days(&self) -> Result<DaysByService, StoreError> {
        Ok(self.sweep_days().await?.days)
    }

    /// The same, and of whom an item cannot be read: of those nothing can be said, until the next
    /// transition writes it anew from history.
    pub async fn sweep_days(&self) -> Result<SweptDays, StoreError> {
        let shards = (0..self.shards).map(|shard| async move {
            let query = self.query_partition(&keys::days(shard), Reading::Eventual);
            self.all_pages(query).await
        });
        let mut all = SweptDays::default();
        for item in try_join_all(shards).await?.into_iter().flat_map(|pages| pages.items) {
            match decode(&item) {
                Ok((id, days)) => all.days.entry(id).or_default().extend(days),
                Err(error) => {
                    tracing::warn!(%error, "days of a service cannot be read");
                    let sort_key = Reader::new(&item).text("SK").unwrap_or_default();
                    let id = sort_key.split('#').next().unwrap_or_default();
                    all.broken.insert(id.to_owned());
                }
            }
        }
        Ok(all)
    }

    /// The day item with the intervals that end here. Reads it, and blind time, only if one of them was
    /// not up. It needs no condition of its own: it only changes together with the record's version.
    pub(super) async fn days_write(
        &self,
        commit: &Commit<'_>,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let counts = |one: &&Transition| one.from != Status::Up && one.at > one.since;
        let ended: Vec<&Transition> = commit.transitions.iter().filter(counts).collect();
        let Some(newest) = ended.last() else { return Ok(None) };
        let id = commit.before.id.as_str();
        let key = item::key(keys::days(keys::shard(id, self.shards)), id);
        let mut days = match self.get(key.clone(), Reading::Consistent).await? {
            None => Days::new(),
            Some(item) => match decode(&item) {
                Ok((_, days)) => days,
                Err(_) => self.recomputed_days(id).await?,
            },
        };
        let holes = self.holes_between(ended[0].since, newest.at).await?;
        for one in &ended {
            add_interval(&mut days, one.from, one.since, one.at, &holes);
        }
        let oldest = Day(newest.at.day().0 - i64::from(commit.retention_days + HISTORY_EXTRA_DAYS));
        days.retain(|day, _| *day >= oldest);
        Ok(Some(self.put_write(encode(key, id, &days))))
    }

    /// Keeps days of a service that another monitor recorded, besides those that were imported before,
    /// until `keep_days` after the newest. No transition changes them, whatever becomes of ours.
    pub async fn import_days(
        &self,
        id: &str,
        days: &Days,
        keep_days: u32,
    ) -> Result<(), StoreError> {
        let key = item::key(keys::days(keys::shard(id, self.shards)), imported_key(id));
        let mut all = match self.get(key.clone(), Reading::Consistent).await? {
            Some(item) => decode(&item)?.1,
            None => Days::new(),
        };
        all.extend(days);
        let Some((newest, _)) = all.last_key_value() else { return Ok(()) };
        let keep_ms = item::days_ms(keep_days + HISTORY_EXTRA_DAYS);
        let expires_at = newest.next().start().plus_ms(keep_ms);
        let mut item = encode(key, id, &all);
        item.insert(IMPORTED.to_owned(), AttributeValue::Bool(true));
        item.insert(item::EXPIRES.to_owned(), item::expiry(expires_at));
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        self.call(Patience::NORMAL, || put.clone().send()).await?;
        Ok(())
    }

    async fn recomputed_days(&self, id: &str) -> Result<Days, StoreError> {
        let history = self.history(id).await?;
        let (Some(first), Some(last)) = (history.first(), history.last()) else {
            return Ok(Days::new());
        };
        let holes = self.holes_between(first.since, last.at).await?;
        let mut days = Days::new();
        for entry in &history {
            add_interval(&mut days, entry.from, entry.since, entry.at, &holes);
        }
        Ok(days)
    }

    /// Blind time from `from` on, with the hole that a proof at `to` would end: a heartbeat that
    /// recovers may be the first that comes through. What of it cannot be read is not counted: no
    /// transition waits for it.
    async fn holes_between(&self, from: UnixMs, to: UnixMs) -> Result<Vec<Hole>, StoreError> {
        let (holes, log) = tokio::join!(self.holes_since(from), self.sight_log());
        let open = unless_broken(log)?.and_then(|log| log.hole_before(to));
        let holes = unless_broken(holes)?.unwrap_or_default();
        Ok(merged(holes.into_iter().chain(open).collect()))
    }
}

fn imported_key(id: &str) -> String {
    format!("{id}#{IMPORTED}")
}

fn encode(key: Item, id: &str, days: &Days) -> Item {
    let totals = |totals: &DayTotals| {
        let DayTotals { degraded_ms, down_ms, unknown_ms, blind_ms, imported: _ } = *totals;
        [degraded_ms, down_ms, unknown_ms, blind_ms].map(number).to_vec()
    };
    let map: HashMap<String, AttributeValue> =
        days.iter().map(|(day, off)| (day.0.to_string(), AttributeValue::L(totals(off)))).collect();
    let mut item = key;
    item.insert("id".to_owned(), text(id));
    item.insert(DAYS.to_owned(), AttributeValue::M(map));
    item
}

fn decode(item: &Item) -> Result<(String, Days), StoreError> {
    let reader = Reader::new(item);
    let imported = item.contains_key(IMPORTED);
    let map = item
        .get(DAYS)
        .and_then(|value| value.as_m().ok())
        .ok_or_else(|| reader.broken(DAYS, "is missing or no map"))?;
    let mut days = Days::new();
    for (day, totals) in map {
        let (Ok(day), Some(&[degraded_ms, down_ms, unknown_ms, blind_ms])) =
            (day.parse(), item::numbers(totals).as_deref())
        else {
            return Err(reader.broken(DAYS, "has an entry that is no day"));
        };
        days.insert(Day(day), DayTotals { degraded_ms, down_ms, unknown_ms, blind_ms, imported });
    }
    Ok((reader.text("id")?, days))
}
