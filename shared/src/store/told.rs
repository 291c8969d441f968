//! What each channel was last told about a service or an external alert.

use std::collections::BTreeMap;

use flatline_domain::{Status, Told};

use super::batch::BATCH;
use super::call::Reading;
use super::item::{self, Item, Reader, key, number, text};
use super::rows::readable;
use super::{Ended, Lane, Store, StoreError, keys};

/// Days that it is remembered of an external alert: most of them never come again. That of a service
/// stays.
pub(super) const ALERT_KEEP_DAYS: u32 = 90;

/// What an accepted delivery told its channel.
pub(super) fn told_item(ended: &Ended) -> Item {
    let Ended { row, at, .. } = ended;
    let queued = &row.delivery.queued;
    let mut told = key(keys::told(&row.delivery.lane), &row.channel);
    told.extend(
        [
            ("ch", text(&row.channel)),
            ("st", text(queued.status.as_str())),
            ("v", number(queued.version as i64)),
            ("at", number(at.0)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if matches!(row.delivery.lane, Lane::Alert(_)) {
        let expires_at = at.plus_ms(item::days_ms(ALERT_KEEP_DAYS));
        told.insert(item::EXPIRES.to_owned(), item::expiry(expires_at));
    }
    told
}

fn told(reader: &Reader<'_>) -> Result<(String, Told), StoreError> {
    let told = Told {
        status: reader.word("st", Status::parse)?,
        version: reader.number("v")? as u64,
        at: reader.time("at")?,
    };
    Ok((reader.text("ch")?, told))
}

impl Store {
    /// What each channel was last told about a lane, by channel name.
    pub async fn told(&self, lane: &Lane) -> Result<BTreeMap<String, Told>, StoreError> {
        let query = self.query_partition(&keys::told(lane), Reading::Consistent);
        Ok(readable(&self.all_pages(query).await?.items, told).into_iter().collect())
    }

    /// What one channel was last told about a lane. What cannot be read counts as nothing: rather
    /// tell it again than not at all.
    pub async fn told_to(&self, lane: &Lane, channel: &str) -> Result<Option<Told>, StoreError> {
        let item = self.get(key(keys::told(lane), channel), Reading::Consistent).await?;
        Ok(readable(item.as_slice(), told).pop().map(|(_, told)| told))
    }

    /// As [`Store::told_to`], about many lanes. Copies and tests tell nothing, so nothing was told of
    /// theirs.
    pub async fn told_of(
        &self,
        lanes: &[&Lane],
        channel: &str,
    ) -> Result<BTreeMap<Lane, Told>, StoreError> {
        let own = lanes.iter().filter(|lane| matches!(lane, Lane::Service(_) | Lane::Alert(_)));
        let by_key: BTreeMap<String, &Lane> = own.map(|lane| (keys::told(lane), *lane)).collect();
        let partitions: Vec<&String> = by_key.keys().collect();
        let mut all = BTreeMap::new();
        for part in partitions.chunks(BATCH) {
            let keys = part.iter().map(|pk| key(pk.as_str(), channel)).collect();
            let items = self.get_batch(keys, Reading::Consistent).await?;
            all.extend(readable(&items, |reader| {
                let lane = by_key.get(&reader.text("PK")?).copied();
                let lane = lane.ok_or_else(|| reader.broken("PK", "was not asked for"))?;
                Ok((lane.clone(), told(reader)?.1))
            }));
        }
        Ok(all)
    }
}
