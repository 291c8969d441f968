//! Reading many rows: one that cannot be read never hides the others.

use flatline_domain::UnixMs;

use super::call::{Patience, Reading};
use super::item::{self, Item, Reader, number, text};
use super::{Store, StoreError, keys};

/// It has not expired: deletion lags behind by up to days.
const LIVES: &str = "attribute_not_exists(x) OR x > :now";

/// The newest part of a partition whose sort keys begin with a time.
pub(super) struct Span {
    /// The partition.
    pub(super) pk: String,
    /// The oldest time that counts.
    pub(super) since: UnixMs,
    /// Only rows older than this sort key, which is one of this partition and not older than `since`;
    /// whether there is such a row does not matter.
    pub(super) after: Option<String>,
    /// What has expired by then is left out.
    pub(super) now: UnixMs,
    /// How many rows at most.
    pub(super) limit: usize,
}

/// What `read` makes of each item; one that cannot be read is named in the log and left out.
pub(super) fn readable<T>(
    items: &[Item],
    read: impl Fn(&Reader<'_>) -> Result<T, StoreError>,
) -> Vec<T> {
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        match read(&Reader::new(item)) {
            Ok(row) => rows.push(row),
            Err(error) => tracing::error!(%error, "a row is left out"),
        }
    }
    rows
}

/// An item that cannot be read is named in the log and left out; the database itself must answer.
pub fn unless_broken<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error @ StoreError::Broken { .. }) => {
            tracing::warn!(%error, "an item is left out");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Store {
    /// The newest rows, newest first; pages are followed until there are enough. Where the first is not
    /// enough because rows in it have expired, the others are as large as they come, and what has
    /// expired stays in the database: however many such rows wait for their deletion, that is one
    /// Query per MB of them.
    pub(super) async fn newest<T>(
        &self,
        span: &Span,
        read: impl Fn(&Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        let mut start = span.after.as_ref().map(|key| item::key(span.pk.clone(), key.clone()));
        let mut wanted = Some(i32::try_from(span.limit).unwrap_or(i32::MAX));
        while rows.len() < span.limit {
            let query = self
                .query(Reading::Eventual)
                .key_condition_expression("PK = :pk AND SK >= :since")
                .expression_attribute_values(":pk", text(&span.pk))
                .expression_attribute_values(":since", text(keys::instant(span.since)))
                .filter_expression(LIVES)
                .expression_attribute_values(":now", number(span.now.0.div_euclid(1_000)))
                .scan_index_forward(false)
                .set_limit(wanted.take())
                .set_exclusive_start_key(start);
            let page = self.call(Patience::NORMAL, || query.clone().send()).await?;
            rows.extend(readable(&page.items.unwrap_or_default(), &read));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        rows.truncate(span.limit);
        Ok(rows)
    }
}
