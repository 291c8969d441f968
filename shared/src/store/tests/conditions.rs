//! For each condition of reminders and copies what goes wrong without it.

use flatline_domain::transition::Reason;
use flatline_domain::{ServiceRecord, Status, UnixMs};

use super::bench::{START, later, plain};
use super::moves::{commit, read};
use super::outbox::{delivered, delivery, queue};
use super::tampering::{table, without_clause};
use crate::store::{NewDelivery, OutboxRow, Reminding, Store};

/// The service is down, and two processes know that the first reminder is due.
async fn down(store: &Store) -> ServiceRecord {
    let heard = store.beat(&plain("api", START)).await.unwrap().after;
    commit(store, &heard, Status::Up, Reason::FirstHeartbeat, START).await;
    let up = read(store, "api").await;
    commit(store, &up, Status::Down, Reason::Silence, later(6_000)).await;
    read(store, "api").await
}

async fn remind(store: &Store, read_then: &ServiceRecord, wake: UnixMs) {
    let row = NewDelivery { channel: "ops".to_owned(), delivery: delivery(2, 1, Status::Down) };
    let reminding = Reminding { before: read_then, outbox: vec![row], wake };
    store.remind(&reminding).await.unwrap();
}

/// One process reminds, the message goes out, and then the other one comes; the rows that wait.
async fn reminded_twice(fair: &Store, slow: &Store) -> usize {
    let down = down(fair).await;
    remind(fair, &down, later(60_000)).await;
    let rows = fair.queued("ops").await.unwrap();
    fair.mark(&[delivered(&rows[0], START)]).await.unwrap();
    remind(slow, &down, later(60_000)).await;
    fair.queued("ops").await.unwrap().len()
}

/// It recovers, and then the slow one reminds that it is down; the rows that wait.
async fn reminded_after_recovery(fair: &Store, slow: &Store) -> usize {
    let down = down(fair).await;
    commit(fair, &down, Status::Up, Reason::Recovered, later(7_000)).await;
    remind(slow, &down, later(60_000)).await;
    fair.queued("ops").await.unwrap().len()
}

#[tokio::test]
async fn without_their_conditions_reminders_are_told_twice_or_of_what_is_over() {
    let (_engine, fair) = table().await;
    assert_eq!(reminded_twice(&fair, &fair).await, 0, "one reminder, whoever counts it");
    let (engine, fair) = table().await;
    let broken = without_clause(&engine, "rm = :read_rm").await;
    assert_eq!(reminded_twice(&fair, &broken).await, 1, "I14 is broken");
    let (_engine, fair) = table().await;
    assert_eq!(reminded_after_recovery(&fair, &fair).await, 0, "it is over");
    let (engine, fair) = table().await;
    let broken = without_clause(&engine, "v = :read_v").await;
    assert_eq!(reminded_after_recovery(&fair, &broken).await, 1, "I2 is broken");
}

/// A row is copied after `first` happened to it; the rows that wait for the fallback.
async fn copied(fair: &Store, slow: &Store, first: impl AsyncFn(&Store, &OutboxRow)) -> usize {
    let rows = queue(fair, "ops", &[delivery(1, 0, Status::Down)]).await;
    first(fair, &rows[0]).await;
    slow.copy(&rows[0], "mail", "it is late", START).await.unwrap();
    fair.queued("mail").await.unwrap().len()
}

/// It was sent after all.
async fn sent(store: &Store, row: &OutboxRow) {
    store.mark(&[delivered(row, START)]).await.unwrap();
}

/// Somebody else copied it, and the copy was sent.
async fn copied_and_sent(store: &Store, row: &OutboxRow) {
    store.copy(row, "mail", "it is late", START).await.unwrap();
    let copies = store.queued("mail").await.unwrap();
    store.mark(&[delivered(&copies[0], START)]).await.unwrap();
}

#[tokio::test]
async fn without_their_conditions_copies_are_made_twice_or_of_what_was_sent() {
    let (_engine, fair) = table().await;
    assert_eq!(copied(&fair, &fair, sent).await, 0, "it was sent");
    let (engine, fair) = table().await;
    let broken = without_clause(&engine, "attribute_exists(PK)").await;
    assert_eq!(copied(&fair, &broken, sent).await, 1, "I6 is broken");
    let (_engine, fair) = table().await;
    assert_eq!(copied(&fair, &fair, copied_and_sent).await, 0, "one copy");
    let (engine, fair) = table().await;
    let broken = without_clause(&engine, "attribute_not_exists(cp)").await;
    assert_eq!(copied(&fair, &broken, copied_and_sent).await, 1, "I6 is broken");
}
