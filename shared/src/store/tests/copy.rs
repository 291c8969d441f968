//! Copies for the fallback channel.

use flatline_domain::Status;

use super::bench::START;
use super::outbox::{delivered, delivery, lane, queue};
use super::tampering::{losing_answer, table};
use crate::store::{CopiedTrouble, Ended, Ending, Lane};

fn copies_of(channel: &str) -> Lane {
    Lane::Copy { channel: channel.to_owned(), of: Box::new(lane()) }
}

#[tokio::test]
async fn what_is_dead_and_its_copy_are_written_as_one() {
    let (_engine, store) = table().await;
    let mut first = delivery(1, 0, Status::Down);
    first.queued.closing = true;
    first.queued.next_at = Some(START);
    let rows = queue(&store, "ops", &[first, delivery(2, 0, Status::Up)]).await;
    let at = START.plus_ms(5_000);
    let dead = |row: &crate::store::OutboxRow| Ended {
        ending: Ending::Dead,
        answer: "HTTP 410".to_owned(),
        copy_to: Some("mail".to_owned()),
        ..delivered(row, at)
    };
    store.mark(&[dead(&rows[0]), dead(&rows[1])]).await.unwrap();
    assert!(store.queued("ops").await.unwrap().is_empty());
    let copies = store.queued("mail").await.unwrap();
    assert_eq!(copies[0].key, format!("f#ops#{}", rows[0].key));
    assert_eq!(copies[0].delivery.lane, copies_of("ops"));
    assert_eq!(copies[0].delivery.notice, rows[0].delivery.notice);
    assert_eq!(copies[0].undelivered.as_deref(), Some("HTTP 410"));
    let queued = copies[0].delivery.queued;
    assert_eq!((queued.committed_at, queued.next_at, queued.closing), (at, None, true));
    assert_eq!((copies.len(), copies[1].delivery.queued.version), (2, 2), "in order");
    // The row is gone: nothing is copied again.
    store.mark(&[delivered(&copies[0], at), delivered(&copies[1], at)]).await.unwrap();
    store.mark(&[dead(&rows[0])]).await.unwrap();
    assert!(store.queued("mail").await.unwrap().is_empty());
    assert_eq!(
        store.told_to(&lane(), "mail").await.unwrap(),
        None,
        "a copy tells its channel nothing"
    );
    let log = store.deliveries(&lane(), 10).await.unwrap();
    let of: Vec<_> = log.iter().map(|it| (it.channel.as_str(), it.copy_of.as_deref())).collect();
    assert_eq!(of, [("ops", None), ("ops", None), ("mail", Some("ops")), ("mail", Some("ops"))]);
}

#[tokio::test]
async fn copies_of_two_channels_may_be_told_at_once() {
    let (_engine, store) = table().await;
    for channel in ["ops", "dev"] {
        let rows = queue(&store, channel, &[delivery(1, 0, Status::Down)]).await;
        store.copy(&rows[0], "mail", "HTTP 500", START).await.unwrap();
    }
    let copies = store.queued("mail").await.unwrap();
    store.mark(&[delivered(&copies[0], START), delivered(&copies[1], START)]).await.unwrap();
    assert_eq!(store.deliveries(&lane(), 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_row_that_waits_is_copied_once() {
    let (engine, store) = table().await;
    let rows = queue(&store, "ops", &[delivery(1, 0, Status::Down)]).await;
    let unlucky = losing_answer(&engine, "TransactWriteItems").await;
    unlucky.copy(&rows[0], "mail", "HTTP 500", START).await.unwrap();
    let copies = store.queued("mail").await.unwrap();
    assert_eq!(copies.len(), 1);
    store.mark(&[delivered(&copies[0], START)]).await.unwrap();
    store.copy(&rows[0], "mail", "HTTP 500", START).await.unwrap();
    assert!(store.queued("mail").await.unwrap().is_empty(), "it says that it was copied");
    let row = store.queued("ops").await.unwrap().remove(0);
    assert_eq!(row.copied_at, Some(START));
    store.postpone(&row, START, "HTTP 500").await.unwrap();
    assert_eq!(store.queued("ops").await.unwrap()[0].copied_at, Some(START), "for ever");
}

#[tokio::test]
async fn whoever_has_or_had_a_row_of_its_own_is_known() {
    let (_engine, store) = table().await;
    let first = delivery(1, 0, Status::Down);
    let known = async || store.is_told_itself("mail", &first).await.unwrap();
    assert!(!known().await);
    let rows = queue(&store, "mail", std::slice::from_ref(&first)).await;
    assert!(known().await, "it waits");
    store.mark(&[delivered(&rows[0], START)]).await.unwrap();
    assert!(known().await, "it ended");
    let other = delivery(1, 1, Status::Down);
    assert!(!store.is_told_itself("mail", &other).await.unwrap(), "another one did");
    assert!(!store.is_told_itself("ops", &first).await.unwrap(), "for another channel");
}

#[tokio::test]
async fn a_copy_is_no_row_of_its_own() {
    let (_engine, store) = table().await;
    let first = delivery(1, 0, Status::Down);
    let rows = queue(&store, "ops", std::slice::from_ref(&first)).await;
    store.copy(&rows[0], "mail", "HTTP 500", START).await.unwrap();
    assert!(!store.is_told_itself("mail", &first).await.unwrap());
    let copies = store.queued("mail").await.unwrap();
    store.mark(&[delivered(&copies[0], START)]).await.unwrap();
    assert!(!store.is_told_itself("mail", &first).await.unwrap());
}

#[tokio::test]
async fn trouble_that_was_copied_is_remembered_until_its_end_is() {
    let (_engine, store) = table().await;
    let rows =
        queue(&store, "ops", &[delivery(1, 0, Status::Down), delivery(2, 0, Status::Up)]).await;
    assert_eq!(store.copied_trouble("mail").await.unwrap(), []);
    store.copy(&rows[0], "mail", "HTTP 500", START).await.unwrap();
    let open = store.copied_trouble("mail").await.unwrap();
    let expected = CopiedTrouble { channel: "ops".to_owned(), lane: lane(), version: 1 };
    assert_eq!(open, [expected]);
    assert_eq!(store.copied_trouble("ops").await.unwrap(), []);
    store.copy(&rows[1], "mail", "", START).await.unwrap();
    assert_eq!(store.copied_trouble("mail").await.unwrap(), [], "with its end it is forgotten");
}

#[tokio::test]
async fn the_end_of_copied_trouble_is_queued_once() {
    let (_engine, store) = table().await;
    let rows = queue(&store, "ops", &[delivery(1, 0, Status::Down)]).await;
    store.copy(&rows[0], "mail", "HTTP 500", START).await.unwrap();
    let trouble = store.copied_trouble("mail").await.unwrap().remove(0);
    let mut end = delivery(2, 0, Status::Up);
    end.lane = copies_of("ops");
    store.end_copied(&trouble, "mail", Some(&end)).await.unwrap();
    let waiting = store.queued("mail").await.unwrap();
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[1].undelivered.as_deref(), Some(""), "it comes for no failure");
    store.mark(&[delivered(&waiting[1], START)]).await.unwrap();
    store.end_copied(&trouble, "mail", Some(&end)).await.unwrap();
    assert_eq!(store.queued("mail").await.unwrap().len(), 1, "another drain did it");
    assert_eq!(store.copied_trouble("mail").await.unwrap(), []);
}
