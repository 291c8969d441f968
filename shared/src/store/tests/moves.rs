//! Decisions as the tests need them: made from records, without a configuration.

use flatline_domain::transition::Reason;
use flatline_domain::{
    Gap, Membership, ServiceRecord, ServiceRoute, ServiceSpec, Status, Transition, UnixMs,
};

use super::bench::WINDOW_MS;
use crate::store::{Commit, CommitOutcome, Store};

/// Days that history is kept in the tests.
pub const RETENTION_DAYS: u32 = 120;

/// A configured service that may stay unknown for ever.
pub fn spec(id: &str) -> ServiceSpec {
    ServiceSpec {
        id: id.to_owned(),
        name: format!("Service {id}"),
        membership: Membership::Active,
        window_ms: WINDOW_MS,
        first_window_ms: None,
        route: ServiceRoute::default(),
    }
}

/// The next transition of a record, decided at `at` and beginning then.
pub fn next(record: &ServiceRecord, to: Status, reason: Reason, at: UnixMs) -> Transition {
    Transition {
        version: record.version + 1,
        from: record.status,
        to,
        since: record.status_since,
        at: at.max(record.status_since),
        decided_at: at,
        reason,
    }
}

/// The outage in a noted gap, and its end.
pub fn pair(record: &ServiceRecord, gap: Gap, now: UnixMs) -> [Transition; 2] {
    let down = Transition {
        decided_at: now,
        ..next(record, Status::Down, Reason::Silence, gap.from.plus_ms(record.window_ms))
    };
    let up = Transition {
        version: down.version + 1,
        from: Status::Down,
        to: Status::Up,
        since: down.at,
        at: gap.to,
        decided_at: now,
        reason: Reason::Recovered,
    };
    [down, up]
}

/// A commit that tells nobody.
pub fn quiet<'a>(before: &'a ServiceRecord, transitions: &'a [Transition]) -> Commit<'a> {
    Commit {
        before,
        transitions,
        service_name: "Service",
        outbox: Vec::new(),
        muted: false,
        retention_days: RETENTION_DAYS,
        feed_days: 7,
        wake: UnixMs::NEVER,
    }
}

/// Commits one transition of a record as it was read.
pub async fn commit(
    store: &Store,
    read: &ServiceRecord,
    to: Status,
    reason: Reason,
    at: UnixMs,
) -> CommitOutcome {
    let transitions = [next(read, to, reason, at)];
    store.commit(&quiet(read, &transitions)).await.unwrap()
}

/// The record as it is.
pub async fn read(store: &Store, id: &str) -> ServiceRecord {
    store.service(id).await.unwrap().unwrap()
}
