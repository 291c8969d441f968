//! History and incidents of one service.

use flatline_domain::transition::Reason;
use flatline_domain::{Status, Transition, UnixMs};

use super::call::{Patience, Reading};
use super::item::{self, Item, Reader, number, text};
use super::rows::{Span, readable};
use super::{Incident, Store, StoreError, keys};

/// Incident attribute: when it ended, in ms; absent while open.
pub(super) const INCIDENT_END: &str = "en";
/// Incident attribute: the worst status in it.
pub(super) const INCIDENT_KIND: &str = "kd";

/// Transitions that are read first: mostly more than there were in a day.
const FEW: i32 = 50;

/// Transitions that are read at once where those were not enough.
const MANY: i32 = 1_000;

/// One history row. `ttl` is absent on the newest, which never expires.
pub(super) fn history_item(id: &str, transition: &Transition, ttl: Option<UnixMs>) -> Item {
    let mut row = item::key(keys::history(id), keys::version(transition.version));
    row.extend(
        [
            ("id", text(id)),
            ("v", number(transition.version as i64)),
            ("fr", text(transition.from.as_str())),
            ("st", text(transition.to.as_str())),
            ("si", number(transition.since.0)),
            ("at", number(transition.at.0)),
            ("da", number(transition.decided_at.0)),
            ("re", text(transition.reason.as_str())),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(at) = ttl {
        row.insert(item::EXPIRES.to_owned(), item::expiry(at));
    }
    row
}

/// An incident as it begins.
pub(super) fn incident_put(id: &str, start: UnixMs, kind: Status, reason: &str) -> Item {
    let mut row = item::key(keys::incidents(id), keys::instant(start));
    row.extend(
        [
            ("id", text(id)),
            ("at", number(start.0)),
            (INCIDENT_KIND, text(kind.as_str())),
            ("re", text(reason)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    row
}

fn transition(row: &Reader<'_>) -> Result<Transition, StoreError> {
    Ok(Transition {
        version: row.number("v")? as u64,
        from: row.word("fr", Status::parse)?,
        to: row.word("st", Status::parse)?,
        since: row.time("si")?,
        at: row.time("at")?,
        decided_at: row.time("da")?,
        reason: row.word("re", Reason::parse)?,
    })
}

fn incident(row: &Reader<'_>) -> Result<Incident, StoreError> {
    Ok(Incident {
        start: row.time("at")?,
        end: row.opt_time(INCIDENT_END)?,
        kind: row.word(INCIDENT_KIND, Status::parse)?,
        reason: row.text("re")?,
    })
}

impl Store {
    /// Committed transitions, oldest first.
    pub async fn history(&self, id: &str) -> Result<Vec<Transition>, StoreError> {
        let query = self.query_partition(&keys::history(id), Reading::Consistent);
        Ok(readable(&self.all_pages(query).await?.items, transition))
    }

    /// Committed transitions that ended what was so at `since` or later, oldest first. They are read
    /// backwards, so that those before cost no more than a part of one Query.
    pub async fn history_since(
        &self,
        id: &str,
        since: UnixMs,
    ) -> Result<Vec<Transition>, StoreError> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let query = self
                .query_partition(&keys::history(id), Reading::Consistent)
                .scan_index_forward(false)
                .limit(if start.is_none() { FEW } else { MANY })
                .set_exclusive_start_key(start);
            let page = self.call(Patience::NORMAL, || query.clone().send()).await?;
            let part = readable(&page.items.unwrap_or_default(), transition);
            let is_over = part.last().is_some_and(|oldest| oldest.at <= since);
            found.extend(part.into_iter().filter(|one| one.at > since));
            start = page.last_evaluated_key;
            if is_over || start.is_none() {
                found.reverse();
                return Ok(found);
            }
        }
    }

    /// The transition with this version. `None`: it has expired, or was never made.
    pub async fn transition(
        &self,
        id: &str,
        version: u64,
    ) -> Result<Option<Transition>, StoreError> {
        let key = item::key(keys::history(id), keys::version(version));
        let row = self.get(key, Reading::Consistent).await?;
        row.as_ref().map(|row| transition(&Reader::new(row))).transpose()
    }

    /// Incidents that began at or after `since`, newest first.
    pub async fn incidents(&self, id: &str, since: UnixMs) -> Result<Vec<Incident>, StoreError> {
        let span =
            Span { pk: keys::incidents(id), since, after: None, now: UnixMs(0), limit: usize::MAX };
        self.newest(&span, incident).await
    }
}
