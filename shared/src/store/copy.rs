//! Copies for the fallback channel: what another channel could not be told, or not in time.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use flatline_domain::time::DAY_MS;
use flatline_domain::{QueuedNotice, UnixMs};

use super::call::Reading;
use super::change::Change;
use super::item::{EXPIRES, Item, Reader, days_ms, expiry, json, key, number, text};
use super::outbox::{COPIED_AT, ERROR_MAX_BYTES, UNDELIVERED, WAITS, row_item};
use super::rows::readable;
use super::told::ALERT_KEEP_DAYS;
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

/// Trouble that was copied to the channel that stands in, which was not told the end of it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedTrouble {
    /// The channel that could not be told.
    pub channel: String,
    /// The lane there.
    pub lane: Lane,
    /// The newest version that was copied.
    pub version: u64,
}

impl CopiedTrouble {
    fn key(&self, to: &str) -> Item {
        key(keys::copied(to), keys::copied_lane(&self.channel, &self.lane))
    }
}

fn trouble(reader: &Reader<'_>) -> Result<CopiedTrouble, StoreError> {
    Ok(CopiedTrouble {
        channel: reader.text("ch")?,
        lane: reader.json("l")?,
        version: reader.number("v")? as u64,
    })
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
            self.copied_write(row, to, at),
        ];
        if let Err(failure) = self.transact(writes).await {
            failure.unmet()?;
        }
        Ok(())
    }

    /// Remembers that trouble was copied, or forgets it with its end.
    pub(super) fn copied_write(&self, row: &OutboxRow, to: &str, at: UnixMs) -> TransactWriteItem {
        let Delivery { lane, queued, .. } = &row.delivery;
        let (channel, lane, version) = (row.channel.clone(), lane.clone(), queued.version);
        let trouble = CopiedTrouble { channel, lane, version };
        let mut item = trouble.key(to);
        if queued.status.badness() == 0 {
            let delete = Delete::builder().table_name(&*self.table).set_key(Some(item));
            let delete = delete.build().expect("table and key are set");
            return TransactWriteItem::builder().delete(delete).build();
        }
        let expires_at = at.plus_ms(days_ms(ALERT_KEEP_DAYS));
        item.extend(
            [
                ("ch", text(&trouble.channel)),
                ("l", json(&trouble.lane)),
                ("v", number(version as i64)),
                (EXPIRES, expiry(expires_at)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        self.put_write(item)
    }

    /// All trouble that was copied to this channel, which was not told the end of it yet: 1 Query.
    pub async fn copied_trouble(&self, to: &str) -> Result<Vec<CopiedTrouble>, StoreError> {
        let query = self.query_partition(&keys::copied(to), Reading::Consistent);
        Ok(readable(&self.all_pages(query).await?.items, trouble))
    }

    /// Queues `end` for the channel that stands in, once: 1 transaction. `None`: it was told itself, and
    /// this is only forgotten.
    pub async fn end_copied(
        &self,
        trouble: &CopiedTrouble,
        to: &str,
        end: Option<&Delivery>,
    ) -> Result<(), StoreError> {
        let forget = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(trouble.key(to)))
            .condition_expression("v = :version")
            .expression_attribute_values(":version", number(trouble.version as i64))
            .build()
            .expect("table and key are set");
        let mut writes = vec![TransactWriteItem::builder().delete(forget).build()];
        if let Some(end) = end {
            let mut row = row_item(to, end);
            row.insert(UNDELIVERED.to_owned(), text(""));
            writes.push(self.put_write(row));
        }
        // Unmet means that another drain did it.
        if let Err(failure) = self.transact(writes).await {
            failure.unmet()?;
        }
        Ok(())
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
