//! Commits: the stored record is what `ServiceRecord::after_all` says, and everything else in the
//! transaction follows from the same transitions.

use flatline_domain::invariant::{days_add_up, history_chains};
use flatline_domain::transition::Reason;
use flatline_domain::{
    Day, DayTotals, Days, Event, Gap, QueuedNotice, ServiceRecord, Status, UnixMs,
};

use super::bench::{START, beat, later, plain};
use super::moves::{commit, next, pair, quiet, read, spec};
use super::outbox::notice;
use super::tampering::table;
use crate::store::{CommitOutcome, Delivery, Lane, NewDelivery, Store, StoreError};

const DAY_MS: i64 = 86_400_000;

/// Commits and compares the record with the domain's.
async fn step(store: &Store, to: Status, reason: Reason, at: UnixMs) -> ServiceRecord {
    let before = read(store, "api").await;
    let transitions = [next(&before, to, reason, at)];
    let wake = at.plus_ms(77);
    let quiet = crate::store::Commit { wake, ..quiet(&before, &transitions) };
    assert_eq!(store.commit(&quiet).await.unwrap(), CommitOutcome::Committed, "{to:?}");
    let after = read(store, "api").await;
    assert_eq!(after, ServiceRecord { wake, ..before.after_all(&transitions) });
    after
}

/// A life with everything in it; returns when it ends.
async fn life(store: &Store) -> UnixMs {
    store.create_service(&spec("api"), START).await.unwrap();
    store.beat(&plain("api", later(3_000))).await.unwrap();
    step(store, Status::Up, Reason::FirstHeartbeat, later(3_000)).await;
    store.beat(&beat("api", later(9_000), 5_000, Some(Status::Degraded))).await.unwrap();
    step(store, Status::Degraded, Reason::Reported, later(9_000)).await;
    step(store, Status::Down, Reason::Silence, later(14_500)).await;
    store.beat(&plain("api", later(2 * DAY_MS))).await.unwrap();
    step(store, Status::Up, Reason::Recovered, later(2 * DAY_MS)).await;
    step(store, Status::Paused, Reason::Paused, later(2 * DAY_MS + 5)).await;
    step(store, Status::Unknown, Reason::Resumed, later(3 * DAY_MS)).await;
    later(4 * DAY_MS)
}

#[tokio::test]
async fn every_step_of_a_life_is_what_the_domain_says() {
    let (_, store) = table().await;
    let end = life(&store).await;
    let history = store.history("api").await.unwrap();
    history_chains(&history).unwrap();
    assert_eq!(history.len() as u64, read(&store, "api").await.version);
    let days = store.all_days().await.unwrap().remove("api").unwrap();
    days_add_up(&days, &history, START, end).unwrap();
}

#[tokio::test]
async fn an_incident_opens_worsens_and_closes_once() {
    let (_, store) = table().await;
    life(&store).await;
    let incidents = store.incidents("api", START).await.unwrap();
    let [incident] = incidents.as_slice() else { panic!("{incidents:?}") };
    assert_eq!((incident.start, incident.end), (later(9_000), Some(later(2 * DAY_MS))));
    assert_eq!((incident.kind, incident.reason.as_str()), (Status::Down, "reported"));
    assert_eq!(read(&store, "api").await.incident, None);
}

#[tokio::test]
async fn the_feed_tells_trouble_and_its_end_and_nothing_else() {
    let (_, store) = table().await;
    let end = life(&store).await;
    let feed = store.feed(START, end, 100).await.unwrap();
    let told: Vec<_> =
        feed.iter().rev().map(|entry| (entry.title.as_str(), entry.severity.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Service Degraded: Service", "warning"),
            ("Service Down: Service", "critical"),
            ("Service Recovered: Service", "info"),
        ]
    );
    assert!(feed.iter().all(|entry| entry.source == "heartbeat-monitor"));
    let unique: std::collections::BTreeSet<_> = feed.iter().map(|entry| &entry.id).collect();
    assert_eq!(unique.len(), feed.len());
}

/// A service that is up, was silent, and notes it.
async fn with_gap(store: &Store) -> (ServiceRecord, Gap) {
    store.beat(&plain("api", START)).await.unwrap();
    let first = read(store, "api").await;
    commit(store, &first, Status::Up, Reason::FirstHeartbeat, START).await;
    let gap = Gap { from: START, to: later(60_000) };
    store.beat(&beat("api", gap.to, 5_000, Some(Status::Degraded))).await.unwrap();
    store.note_gap("api", gap).await.unwrap();
    (read(store, "api").await, gap)
}

#[tokio::test]
async fn an_outage_that_is_told_afterwards_is_two_transitions_at_once() {
    let (_, store) = table().await;
    let (before, gap) = with_gap(&store).await;
    let transitions = pair(&before, gap, later(61_000));
    let outcome = store.commit(&quiet(&before, &transitions)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Committed);
    let after = read(&store, "api").await;
    assert_eq!(after, before.after_all(&transitions));
    assert_eq!((after.version, after.status, after.gap), (3, Status::Up, None));
    assert_eq!(after.reported, Status::Degraded, "what the late heartbeat stated is not lost");
    let history = store.history("api").await.unwrap();
    history_chains(&history).unwrap();
    let days = store.all_days().await.unwrap().remove("api").unwrap();
    days_add_up(&days, &history, START, later(61_000)).unwrap();
    let incidents = store.incidents("api", START).await.unwrap();
    let spans: Vec<_> = incidents.iter().map(|incident| (incident.start, incident.end)).collect();
    assert_eq!(spans, [(later(5_000), Some(gap.to))]);
    assert_eq!(store.feed(START, later(61_000), 10).await.unwrap().len(), 2);
}

fn row(channel: &str, version: u64) -> NewDelivery {
    let queued = QueuedNotice {
        version,
        n: 0,
        event: Event::Down,
        status: Status::Down,
        committed_at: START,
        next_at: None,
        closing: false,
    };
    let lane = Lane::Service("api".to_owned());
    let delivery = Delivery { lane, queued, notice: notice(Status::Down) };
    NewDelivery { channel: channel.to_owned(), delivery }
}

#[tokio::test]
async fn rows_are_queued_with_the_state_or_not_at_all() {
    let (_, store) = table().await;
    let (before, gap) = with_gap(&store).await;
    let transitions = pair(&before, gap, later(61_000));
    let mut commit = quiet(&before, &transitions);
    commit.outbox = vec![row("ops", 2), row("ops", 3), row("pager", 2)];
    store.commit(&commit).await.unwrap();
    assert_eq!(store.commit(&commit).await.unwrap(), CommitOutcome::Overtaken, "twice is once");
    assert_eq!(store.queued("ops").await.unwrap().len(), 2);
    assert_eq!(store.queued("pager").await.unwrap().len(), 1);
    let mut refused = commit.clone();
    refused.outbox = vec![row("mail", 2), row("mail", 2)];
    let answer = store.commit(&refused).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert!(store.queued("mail").await.unwrap().is_empty());
}

#[tokio::test]
async fn broken_days_are_written_anew_from_history() {
    let (engine, store) = table().await;
    store.create_service(&spec("api"), START).await.unwrap();
    store.beat(&plain("api", later(3_000))).await.unwrap();
    step(&store, Status::Up, Reason::FirstHeartbeat, later(3_000)).await;
    super::bench::spoil(&engine, "D#3", "api", "d", "nonsense").await;
    let imported = DayTotals { down_ms: 5_000, imported: true, ..DayTotals::default() };
    let old = Days::from([(Day(START.day().0 - 3), imported)]);
    assert!(store.all_days().await.unwrap().is_empty());
    store.beat(&beat("api", later(9_000), 5_000, Some(Status::Down))).await.unwrap();
    step(&store, Status::Down, Reason::Reported, later(9_000)).await;
    store.beat(&plain("api", later(19_000))).await.unwrap();
    step(&store, Status::Up, Reason::Recovered, later(19_000)).await;
    store.import_days("api", &old, 120).await.unwrap();
    let days = store.all_days().await.unwrap().remove("api").unwrap();
    assert_eq!(days[&Day(START.day().0 - 3)], imported);
    assert_eq!(store.days("api").await.unwrap(), days);
    let history = store.history("api").await.unwrap();
    days_add_up(&days, &history, START, later(20_000)).unwrap();
}

#[tokio::test]
async fn only_the_newest_history_row_never_expires() {
    let (engine, store) = table().await;
    life(&store).await;
    let rows = super::bench::partition(&engine, "H#api").await;
    let expiring = rows.iter().filter(|row| row.contains_key(crate::store::item::EXPIRES)).count();
    assert_eq!(expiring, rows.len() - 1);
    assert!(!rows.last().unwrap().contains_key(crate::store::item::EXPIRES));
}

#[tokio::test]
async fn an_incident_expires_once_it_is_closed() {
    let (engine, store) = table().await;
    life(&store).await;
    let open = read(&store, "api").await;
    step(&store, Status::Down, Reason::NeverReported, later(5 * DAY_MS)).await;
    assert_ne!(open.incident, read(&store, "api").await.incident);
    let rows = super::bench::partition(&engine, "I#api").await;
    let expiring: Vec<_> =
        rows.iter().map(|row| row.contains_key(crate::store::item::EXPIRES)).collect();
    assert_eq!(expiring, [true, false], "closed, open");
}
