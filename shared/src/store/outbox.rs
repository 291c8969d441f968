//! Waiting deliveries.

use aws_sdk_dynamodb::types::Select;
use flatline_domain::{Event, QueuedNotice, Status, UnixMs};

use super::call::{Patience, Reading};
use super::item::{Item, Reader, json, key, number, text};
use super::rows::readable;
use super::{
    ALERT_NOTICE_MAX_BYTES, Delivery, Lane, NOTICE_MAX_BYTES, OutboxRow, Store, StoreError, keys,
};
use crate::render::text::cut;

const CHANNEL: &str = "ch";
const LANE_KIND: &str = "lk";
const LANE_ID: &str = "li";
const VERSION: &str = "v";
const N: &str = "n";
const EVENT: &str = "ev";
const STATUS: &str = "st";
const COMMITTED_AT: &str = "ca";
pub(super) const NEXT_AT: &str = "na";
const CLOSING: &str = "cl";
const NOTICE: &str = "nt";
const ATTEMPTS: &str = "tr";
const LAST_ERROR: &str = "le";
pub(super) const COPIED_AT: &str = "cp";
const COPY_OF: &str = "co";
pub(super) const UNDELIVERED: &str = "un";

/// What waits for a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox {
    /// Rows that can be read.
    pub rows: Vec<OutboxRow>,
    /// Of each of the others: its key, and what is wrong with it.
    pub unreadable: Vec<String>,
}

/// Which of the rows that wait for a channel.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// All of them.
    Anybody,
    /// Those about this service.
    Service(&'a str),
    /// Copies of what another channel was to be told of this service.
    Copies {
        /// The other channel.
        of: &'a str,
        /// The service.
        service: &'a str,
    },
}

/// The row has not ended.
pub(super) const WAITS: &str = "attribute_exists(PK)";
/// Bytes that are kept of what a failed attempt said.
pub(super) const ERROR_MAX_BYTES: usize = 512;

/// A waiting delivery as an item: the key `Q#<channel>` / lane, version, n.
pub(super) fn row_item(channel: &str, delivery: &Delivery) -> Item {
    let Delivery { lane, queued, notice } = delivery;
    let (kind, lane_id) = lane_parts(lane);
    let mut item = key(keys::channel(channel), keys::delivery(lane, queued.version, queued.n));
    item.extend(
        [
            (CHANNEL, text(channel)),
            (LANE_KIND, text(kind)),
            (LANE_ID, text(lane_id)),
            (VERSION, number(queued.version as i64)),
            (N, number(i64::from(queued.n))),
            (EVENT, text(queued.event.as_str())),
            (STATUS, text(queued.status.as_str())),
            (COMMITTED_AT, number(queued.committed_at.0)),
            (CLOSING, number(i64::from(queued.closing))),
            (NOTICE, json(&notice.clone().fitted(max_notice_bytes(lane)))),
            (ATTEMPTS, number(0)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(next_at) = queued.next_at {
        item.insert(NEXT_AT.to_owned(), number(next_at.0));
    }
    if let Lane::Copy { channel, .. } = lane {
        item.insert(COPY_OF.to_owned(), text(channel));
    }
    item
}

/// The kind of a lane's subject, and its id or key.
fn lane_parts(lane: &Lane) -> (&'static str, &str) {
    match lane {
        Lane::Service(id) => ("s", id),
        Lane::Alert(key) => ("a", key),
        Lane::Test(id) => ("t", id),
        Lane::Copy { of, .. } => lane_parts(of),
    }
}

/// The lane of which [`row_item`] wrote the parts.
fn lane(reader: &Reader<'_>) -> Result<Lane, StoreError> {
    let id = reader.text(LANE_ID)?;
    let subject = match reader.text(LANE_KIND)?.as_str() {
        "a" => Lane::Alert(id),
        "t" => Lane::Test(id),
        _ => Lane::Service(id),
    };
    Ok(match reader.opt_text(COPY_OF) {
        Some(channel) => Lane::Copy { channel, of: Box::new(subject) },
        None => subject,
    })
}

/// Bytes of JSON that a notice in this lane may have.
fn max_notice_bytes(lane: &Lane) -> usize {
    match lane.subject() {
        Lane::Alert(_) => ALERT_NOTICE_MAX_BYTES,
        _ => NOTICE_MAX_BYTES,
    }
}

/// Reads what [`row_item`] wrote, and what failed attempts added.
fn row(reader: &Reader<'_>) -> Result<OutboxRow, StoreError> {
    let queued = QueuedNotice {
        version: reader.number(VERSION)? as u64,
        n: reader.number(N)? as u32,
        event: reader.word(EVENT, Event::parse)?,
        status: reader.word(STATUS, Status::parse)?,
        committed_at: reader.time(COMMITTED_AT)?,
        next_at: reader.opt_time(NEXT_AT)?,
        closing: reader.number(CLOSING)? != 0,
    };
    Ok(OutboxRow {
        channel: reader.text(CHANNEL)?,
        key: reader.text("SK")?,
        delivery: Delivery { lane: lane(reader)?, queued, notice: reader.json(NOTICE)? },
        attempts: reader.number(ATTEMPTS)? as u32,
        last_error: reader.opt_text(LAST_ERROR),
        copied_at: reader.opt_time(COPIED_AT)?,
        undelivered: reader.opt_text(UNDELIVERED),
    })
}

impl Store {
    /// Everything that waits for a channel and can be read, in key order.
    pub async fn queued(&self, channel: &str) -> Result<Vec<OutboxRow>, StoreError> {
        Ok(self.outbox(channel).await?.rows)
    }

    /// Everything that waits for a channel, in key order, by one consistent Query over all pages. A
    /// row that cannot be read keeps no other from being sent.
    pub async fn outbox(&self, channel: &str) -> Result<Outbox, StoreError> {
        let query = self
            .query(Reading::Consistent)
            .key_condition_expression("PK = :pk AND SK > :lease")
            .expression_attribute_values(":pk", text(keys::channel(channel)))
            .expression_attribute_values(":lease", text(keys::LEASE));
        let mut outbox = Outbox::default();
        for item in self.all_pages(query).await?.items {
            match row(&Reader::new(&item)) {
                Ok(row) => outbox.rows.push(row),
                Err(error) => outbox.unreadable.push(error.to_string()),
            }
        }
        Ok(outbox)
    }

    /// At most `limit` (at least 1) of the rows that wait for a channel and can be read, in key order:
    /// 1 Query.
    pub async fn waiting(
        &self,
        channel: &str,
        whose: Whose<'_>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX).max(1);
        let (rest, from) = match whose {
            Whose::Anybody => ("SK > :from", keys::LEASE.to_owned()),
            Whose::Service(id) => ("begins_with(SK, :from)", keys::deliveries_of_service(id)),
            Whose::Copies { of, service } => {
                ("begins_with(SK, :from)", keys::copies_of_service(of, service))
            }
        };
        let query = self
            .query(Reading::Consistent)
            .key_condition_expression(format!("PK = :pk AND {rest}"))
            .expression_attribute_values(":pk", text(keys::channel(channel)))
            .expression_attribute_values(":from", text(from))
            .limit(limit);
        let page = self.call(Patience::NORMAL, || query.clone().send()).await?;
        Ok(readable(page.items(), row))
    }

    /// Whether anything waits for a channel.
    pub async fn waits(&self, channel: &str) -> Result<bool, StoreError> {
        let query = self
            .query(Reading::Consistent)
            .key_condition_expression("PK = :pk AND SK > :lease")
            .expression_attribute_values(":pk", text(keys::channel(channel)))
            .expression_attribute_values(":lease", text(keys::LEASE))
            .limit(1);
        let page = self.call(Patience::NORMAL, || query.clone().send()).await?;
        Ok(!page.items().is_empty())
    }

    /// How many rows wait for a channel.
    pub async fn depth(&self, channel: &str) -> Result<usize, StoreError> {
        let (mut rows, mut start) = (0, None);
        loop {
            let query = self
                .query(Reading::Eventual)
                .key_condition_expression("PK = :pk AND SK > :lease")
                .expression_attribute_values(":pk", text(keys::channel(channel)))
                .expression_attribute_values(":lease", text(keys::LEASE))
                .select(Select::Count)
                .set_exclusive_start_key(start);
            let page = self.call(Patience::NORMAL, || query.clone().send()).await?;
            rows += page.count.max(0) as usize;
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Notes a failed attempt. A row that ended meanwhile stays ended.
    pub async fn postpone(
        &self,
        row: &OutboxRow,
        next_at: UnixMs,
        error: &str,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .set_key(Some(key(keys::channel(&row.channel), &row.key)))
            .update_expression(format!(
                "SET {ATTEMPTS} = :attempts, {NEXT_AT} = :next, {LAST_ERROR} = :error"
            ))
            .condition_expression(WAITS)
            .expression_attribute_values(":attempts", number(i64::from(row.attempts) + 1))
            .expression_attribute_values(":next", number(next_at.0))
            .expression_attribute_values(":error", text(cut(error, ERROR_MAX_BYTES)));
        // Refused means that another drain ended it.
        self.update(update).await?;
        Ok(())
    }
}
