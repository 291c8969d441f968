//! How deliveries ended.

use flatline_domain::UnixMs;

use super::item::{self, Item, json, number, text};
use super::outbox::ERROR_MAX_BYTES;
use super::rows::Span;
use super::{DeliveryLogEntry, Ended, Lane, Store, StoreError, keys};
use crate::render::text::cut;

/// Days that it is kept.
const KEEP_DAYS: u32 = 30;

/// One row, from a delivery that ended.
pub(super) fn entry_item(ended: &Ended) -> Item {
    let Ended { row, ending, at, answer, .. } = ended;
    let queued = &row.delivery.queued;
    let entry = DeliveryLogEntry {
        channel: row.channel.clone(),
        version: queued.version,
        n: queued.n,
        event: queued.event,
        ending: *ending,
        at: *at,
        attempts: row.attempts,
        answer: cut(answer, ERROR_MAX_BYTES).to_owned(),
        copy_of: match &row.delivery.lane {
            Lane::Copy { channel, .. } => Some(channel.clone()),
            _ => None,
        },
    };
    let mut sort_key =
        format!("{}#{}#{}#{}", keys::instant(*at), entry.channel, entry.version, entry.n);
    // Two channels may have failed to tell the same, and one message may tell both copies.
    if let Some(channel) = &entry.copy_of {
        sort_key = format!("{sort_key}#{channel}");
    }
    let mut item = item::key(keys::delivery_log(&row.delivery.lane), sort_key);
    let expires_at = at.plus_ms(item::days_ms(KEEP_DAYS));
    item.extend(
        [
            ("ch", text(&row.channel)),
            ("at", number(at.0)),
            ("e", json(&entry)),
            (item::EXPIRES, item::expiry(expires_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    item
}

impl Store {
    /// The newest entries of a lane, newest first.
    pub async fn deliveries(
        &self,
        lane: &Lane,
        limit: usize,
    ) -> Result<Vec<DeliveryLogEntry>, StoreError> {
        let span = Span { pk: keys::delivery_log(lane), since: UnixMs(0), now: UnixMs(0), limit };
        self.newest(&span, |reader| reader.json("e")).await
    }
}
