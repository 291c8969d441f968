//! Reading many rows: one that cannot be read never hides the others.

use flatline_domain::UnixMs;

use super::call::{Patience, Reading};
use super::item::{Item, Reader, text};
use super::{Store, StoreError, keys};

/// The newest part of a partition whose sort keys begin with a time.
pub(super) struct Span {
    /// The partition.
    pub(super) pk: String,
    /// The oldest time that counts.
    pub(super) since: UnixMs,
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

impl Store {
    /// The newest rows, newest first; pages are followed until there are enough.
    pub(super) async fn newest<T>(
        &self,
        span: &Span,
        read: impl Fn(&Reader<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        let mut start = None;
        while rows.len() < span.limit {
            let wanted = i32::try_from(span.limit - rows.len()).unwrap_or(i32::MAX);
            let query = self
                .query(Reading::Eventual)
                .key_condition_expression("PK = :pk AND SK >= :since")
                .expression_attribute_values(":pk", text(&span.pk))
                .expression_attribute_values(":since", text(keys::instant(span.since)))
                .scan_index_forward(false)
                .limit(wanted)
                .set_exclusive_start_key(start);
            let page = self.call(Patience::NORMAL, || query.clone().send()).await?;
            let mut items = page.items.unwrap_or_default();
            items.retain(|item| !Reader::new(item).expired(span.now));
            rows.extend(readable(&items, &read));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(rows)
    }
}
