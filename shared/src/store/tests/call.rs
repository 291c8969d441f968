//! What is tried again, how often, and what becomes of it in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use flatline_domain::Status;
use flatline_domain::transition::Reason;

use super::bench::{START, later, plain};
use super::database::Database;
use super::moves::{next, quiet, read};
use super::tampering::{Reply, losing_answer, table, tampered};
use crate::store::{CommitOutcome, Store, StoreError};

/// A process whose first `times` requests of `operation` are answered with an error.
async fn failing(
    engine: &Database,
    operation: &'static str,
    code: &'static str,
    times: u32,
) -> (Store, Arc<AtomicU32>) {
    let sent = Arc::new(AtomicU32::new(0));
    let counter = sent.clone();
    let store = tampered(engine, move |name, _| {
        if name != operation {
            return Reply::Arrives;
        }
        let before = counter.fetch_add(1, Ordering::Relaxed);
        if before < times { Reply::Fails(code) } else { Reply::Arrives }
    })
    .await;
    (store, sent)
}

#[tokio::test]
async fn a_heartbeat_is_tried_five_times() {
    for (code, failures, sent, stored, sentence) in [
        ("ThrottlingException", 4, 5, true, "the fifth try may succeed"),
        ("TransactionConflictException", 4, 5, true, "a commit may be in the way"),
        ("ProvisionedThroughputExceededException", 9, 5, false, "then it is refused"),
        ("InternalServerError", 9, 5, false, "nobody knows what that did"),
        ("ValidationException", 9, 1, false, "repeating what is wrong is useless"),
        ("AccessDeniedException", 9, 1, false, "a missing right does not come by waiting"),
    ] {
        let (engine, plain_store) = table().await;
        let (store, tries) = failing(&engine, "UpdateItem", code, failures).await;
        let answer = store.beat(&plain("api", START)).await;
        assert_eq!(tries.load(Ordering::Relaxed), sent, "{sentence}");
        assert_eq!(answer.is_ok(), stored, "{sentence}: {answer:?}");
        assert_eq!(plain_store.service("api").await.unwrap().is_some(), stored, "{sentence}");
        let refused = code == "ValidationException";
        assert_eq!(matches!(answer, Err(StoreError::Refused(_))), refused, "{sentence}");
    }
}

#[tokio::test]
async fn a_commit_is_tried_three_times() {
    for (failures, sent, committed) in [(2, 3, true), (9, 3, false)] {
        let (engine, fair) = table().await;
        let record = fair.beat(&plain("api", START)).await.unwrap().after;
        let code = "TransactionInProgressException";
        let (store, tries) = failing(&engine, "TransactWriteItems", code, failures).await;
        let up = [next(&record, Status::Up, Reason::FirstHeartbeat, START)];
        let answer = store.commit(&quiet(&record, &up)).await;
        assert_eq!(tries.load(Ordering::Relaxed), sent);
        match answer {
            Ok(outcome) => assert!(committed && outcome == CommitOutcome::Committed),
            Err(error) => assert!(!committed && matches!(error, StoreError::Unavailable(_))),
        }
    }
}

#[tokio::test]
async fn a_heartbeat_whose_answer_was_lost_is_stored_once() {
    let (engine, store) = table().await;
    store.beat(&plain("api", START)).await.unwrap();
    let before = read(&store, "api").await;
    let unlucky = losing_answer(&engine, "UpdateItem").await;
    let outcome = unlucky.beat(&plain("api", later(60_000))).await.unwrap();
    let stored = read(&store, "api").await;
    assert_eq!(stored.ring, [later(60_000), START]);
    assert_eq!(outcome.after, stored);
    let seen = outcome.before.unwrap();
    assert_eq!((seen.last_beat, seen.deadline), (before.last_beat, before.deadline));
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_looks_overtaken() {
    let (engine, store) = table().await;
    let record = store.beat(&plain("api", START)).await.unwrap().after;
    let unlucky = losing_answer(&engine, "TransactWriteItems").await;
    let up = [next(&record, Status::Up, Reason::FirstHeartbeat, START)];
    let outcome = unlucky.commit(&quiet(&record, &up)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Overtaken);
    assert_eq!(read(&store, "api").await.version, 1, "the next look sees that it is done");
}
