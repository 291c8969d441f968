//! Copies for the fallback channel: what another channel could not be told, or not in time.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use flatline_domain::time::DAY_MS;
use flatline_domain::{QueuedNotice, Told, UnixMs};

use super::call::Reading;
use super::change::Change;
use super::item::{EXPIRES, Item, Reader, days_ms, expiry, key, number, text};
use super::outbox::{COPIED_AT, ERROR_MAX_BYTES, UNDELIVERED, WAITS, row_item};
use super::rows::readable;
use super::told::{ALERT_KEEP_DAYS, told_parts};
use super::{Delivery, DeliveryLogEntry, Lane, OutboxRow, Store, StoreError, keys};
use crate::render::text::cut;

/// The row that `to` gets instead of the channel of `row`. It counts from `at`, so that it is tried as
/// long as any other. Without a `reason` it comes because `to` got what was before.
pub(super) fn copy_item(row: &OutboxRow, to: &str, reason: &str, at: UnixMs) -> Item {
    let Delivery { lane, queued, notice } = &row.delivery;
    let copy = Delivery {
        lane: Lane::Copy { channel: row.channel.clone(), of: Box::new(lane.clone()) },
        queued: QueuedNotice { committed_at: at, next_at: None, ..*queued },
        notice: notice.clone(),
    };
    let mut item = row_item(to, &copy);
    item.insert(UNDELIVERED.to_owned(), text(cut(reason, ERROR_MAX_BYTES)));
    item
}

/// That this row was copied to `to`: the newest one of its lane.
pub(super) fn copied_item(row: &OutboxRow, to: &str, at: UnixMs) -> Item {
    let Delivery { lane, queued, .. } = &row.delivery;
    let mut item = key(keys::copied(&row.channel, lane), to);
    item.extend(told_parts(to, queued, at).map(|(name, value)| (name.to_owned(), value)));
    let expires_at = at.plus_ms(days_ms(ALERT_KEEP_DAYS));
    item.insert(EXPIRES.to_owned(), expiry(expires_at));
    item
}

impl Store {
    /// Copies a row that waits to another channel, once: the row says so from then on. One that ended,
    /// or was copied, meanwhile is left as it is. 1 transaction.
    pub async fn copy(
        &self,
        row: &OutboxRow,
        to: &str,
        reason: &str,
        at: UnixMs,
    ) -> Result<(), StoreError> {
        let noted =
            Change::default().set(COPIED_AT, number(at.0)).on(WAITS).if_still(COPIED_AT, None);
        let writes: Vec<TransactWriteItem> = vec![
            self.change_write(key(keys::channel(&row.channel), &row.key), &noted),
            self.put_write(copy_item(row, to, reason, at)),
            self.put_write(copied_item(row, to, at)),
        ];
        if let Err(failure) = self.transact(writes).await {
            failure.unmet()?;
        }
        Ok(())
    }

    /// What was copied last of each of these lanes of `channel` to the channel that stands in.
    pub async fn copied_of(
        &self,
        lanes: &[&Lane],
        channel: &str,
        to: &str,
    ) -> Result<BTreeMap<Lane, Told>, StoreError> {
        self.told_by_key(lanes.iter().map(|lane| (keys::copied(channel, lane), *lane)), to).await
    }

    /// Notes that this row is not to be copied: whoever would get the copy was told itself.
    pub async fn needs_no_copy(&self, row: &OutboxRow, at: UnixMs) -> Result<(), StoreError> {
        let noted = Change::default().set(COPIED_AT, number(at.0)).on(WAITS);
        let row_key = key(keys::channel(&row.channel), &row.key);
        // Refused means that it ended.
        self.update(self.change(row_key, &noted)).await?;
        Ok(())
    }

    /// Whether a channel has, or had, a row of its own for this delivery of another: 1 read, and 1
    /// Query of the delivery log if none waits, since a day before the commit: clocks are set back.
    pub async fn is_told_itself(
        &self,
        channel: &str,
        delivery: &Delivery,
    ) -> Result<bool, StoreError> {
        let Delivery { lane, queued, .. } = delivery;
        let row = key(keys::channel(channel), keys::delivery(lane, queued.version, queued.n));
        if self.get(row, Reading::Consistent).await?.is_some() {
            return Ok(true);
        }
        let query = self
            .query(Reading::Consistent)
            .key_condition_expression("PK = :pk AND SK >= :since")
            .expression_attribute_values(":pk", text(keys::delivery_log(lane)))
            .expression_attribute_values(
                ":since",
                text(keys::instant(queued.committed_at.plus_ms(-DAY_MS))),
            );
        let items = self.all_pages(query).await?.items;
        let entry = |reader: &Reader<'_>| reader.json::<DeliveryLogEntry>("e");
        Ok(readable(&items, entry).iter().any(|entry| {
            entry.channel == channel
                && entry.copy_of.is_none()
                && (entry.version, entry.n) == (queued.version, queued.n)
        }))
    }
}
