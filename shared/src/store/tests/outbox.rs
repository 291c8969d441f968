//! Waiting rows and how they end; what breaks without each condition.

use std::collections::BTreeMap;

use flatline_domain::{Event, QueuedNotice, Status, Told, UnixMs};

use super::bench::START;
use super::tampering::{Reply, losing_answer, table, tampered, without_clause};
use crate::store::outbox::row_item;
use crate::store::{Delivery, Ended, Ending, Lane, Notice, OutboxRow, Store};

pub fn notice(status: Status) -> Notice {
    Notice {
        id: "api".to_owned(),
        name: "The API".to_owned(),
        status,
        previous: Status::Up,
        at: START,
        since: START,
        last_seen: None,
        window_ms: 60_000,
        reason: "silence".to_owned(),
        message: None,
        severity: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        channels: Vec::new(),
        phase: None,
        link: None,
    }
}

pub fn lane() -> Lane {
    Lane::Service("api".to_owned())
}

pub fn delivery(version: u64, n: u32, status: Status) -> Delivery {
    let event = if status == Status::Down { Event::Down } else { Event::Up };
    let committed_at = START.plus_ms(version as i64);
    let queued =
        QueuedNotice { version, n, event, status, committed_at, next_at: None, closing: false };
    Delivery { lane: lane(), queued, notice: notice(status) }
}

pub async fn queue(store: &Store, channel: &str, deliveries: &[Delivery]) -> Vec<OutboxRow> {
    for delivery in deliveries {
        store.transact(vec![store.put_write(row_item(channel, delivery))]).await.unwrap();
    }
    store.queued(channel).await.unwrap()
}

pub fn delivered(row: &OutboxRow, at: UnixMs) -> Ended {
    Ended {
        row: row.clone(),
        ending: Ending::Delivered,
        at,
        answer: "200".to_owned(),
        copy_to: None,
    }
}

#[tokio::test]
async fn rows_come_back_as_they_were_written_in_the_order_of_their_lane() {
    let (engine, store) = table().await;
    store.claim("ops", "a", START, 30_000).await.unwrap();
    let mut last = delivery(10, 0, Status::Up);
    last.queued.closing = true;
    last.queued.next_at = Some(START);
    let expected = [delivery(2, 0, Status::Down), delivery(2, 1, Status::Down), last];
    let shuffled = [expected[2].clone(), expected[0].clone(), expected[1].clone()];
    let rows = queue(&store, "ops", &shuffled).await;
    let deliveries: Vec<_> = rows.iter().map(|row| row.delivery.clone()).collect();
    assert_eq!(deliveries, expected);
    let paged = tampered(&engine, |operation, body| {
        if operation == "Query" {
            body["Limit"] = 1.into();
        }
        Reply::Arrives
    })
    .await;
    assert_eq!(paged.queued("ops").await.unwrap(), rows, "every page is read");
    assert!(store.queued("other").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_broken_row_keeps_no_other_from_being_sent() {
    let (_engine, store) = table().await;
    let mut broken = row_item("ops", &delivery(1, 0, Status::Down));
    broken.remove("ev");
    store.transact(vec![store.put_write(broken)]).await.unwrap();
    let rows = queue(&store, "ops", &[delivery(2, 0, Status::Up)]).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].delivery.queued.version, 2);
}

#[tokio::test]
async fn marking_removes_logs_and_remembers_the_newest_that_was_accepted() {
    let (_engine, store) = table().await;
    let rows =
        queue(&store, "ops", &[delivery(1, 0, Status::Down), delivery(2, 0, Status::Up)]).await;
    let dead = queue(&store, "pager", &[delivery(2, 0, Status::Up)]).await;
    let at = START.plus_ms(500);
    let given_up =
        Ended { ending: Ending::Dead, answer: "x".repeat(600), ..delivered(&dead[0], at) };
    let ended = [delivered(&rows[1], at), delivered(&rows[0], at), given_up];
    store.mark(&ended).await.unwrap();
    assert!(store.queued("ops").await.unwrap().is_empty());
    let told = Told { status: Status::Up, version: 2, at };
    assert_eq!(store.told(&lane()).await.unwrap(), BTreeMap::from([("ops".to_owned(), told)]));
    assert_eq!(store.told_to(&lane(), "ops").await.unwrap(), Some(told));
    assert_eq!(store.told_to(&lane(), "pager").await.unwrap(), None, "a dead row tells nothing");
    let log = store.deliveries(&lane(), 10).await.unwrap();
    let endings: Vec<_> = log.iter().map(|entry| (entry.channel.as_str(), entry.ending)).collect();
    assert_eq!(
        endings,
        [("pager", Ending::Dead), ("ops", Ending::Delivered), ("ops", Ending::Delivered)]
    );
    assert_eq!(log[0].answer.len(), 512);
    assert_eq!(store.deliveries(&lane(), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_rows_are_marked_and_those_that_are_gone_are_left_out() {
    let (_engine, store) = table().await;
    let deliveries: Vec<_> = (1..=65).map(|version| delivery(version, 0, Status::Down)).collect();
    let rows = queue(&store, "ops", &deliveries).await;
    let ended: Vec<_> = rows.iter().map(|row| delivered(row, START)).collect();
    store.mark(&ended[3..5]).await.unwrap();
    store.mark(&ended[64..]).await.unwrap();
    store.mark(&ended).await.unwrap();
    assert!(store.queued("ops").await.unwrap().is_empty());
    assert_eq!(store.deliveries(&lane(), 100).await.unwrap().len(), 65, "each ended once");
}

#[tokio::test]
async fn a_mark_whose_answer_was_lost_is_a_mark() {
    let (engine, store) = table().await;
    let rows = queue(&store, "ops", &[delivery(1, 0, Status::Down)]).await;
    let unlucky = losing_answer(&engine, "TransactWriteItems").await;
    unlucky.mark(&[delivered(&rows[0], START)]).await.unwrap();
    assert!(store.queued("ops").await.unwrap().is_empty());
    assert_eq!(store.told_to(&lane(), "ops").await.unwrap().unwrap().version, 1);
}

/// Two drains sent the first row; the second one went on, then the first one comes to mark it.
async fn mark_late(store: &Store, late: &Store) -> Told {
    let rows =
        queue(store, "ops", &[delivery(1, 0, Status::Down), delivery(2, 0, Status::Up)]).await;
    store.mark(&[delivered(&rows[0], START)]).await.unwrap();
    store.mark(&[delivered(&rows[1], START)]).await.unwrap();
    late.mark(&[delivered(&rows[0], START.plus_ms(900))]).await.unwrap();
    store.told_to(&lane(), "ops").await.unwrap().unwrap()
}

#[tokio::test]
async fn without_the_condition_of_a_mark_what_was_told_goes_back() {
    let (engine, store) = table().await;
    assert_eq!(mark_late(&store, &store).await.version, 2);
    let broken = without_clause(&engine, "attribute_exists(PK)").await;
    assert_eq!(mark_late(&store, &broken).await.version, 1, "I9 is broken: it says down for ever");
}

#[tokio::test]
async fn a_failed_attempt_is_noted() {
    let (_engine, store) = table().await;
    let rows = queue(&store, "ops", &[delivery(1, 0, Status::Down)]).await;
    let next_at = START.plus_ms(5_000);
    store.postpone(&rows[0], next_at, &"é".repeat(400)).await.unwrap();
    let row = store.queued("ops").await.unwrap().remove(0);
    assert_eq!((row.attempts, row.delivery.queued.next_at), (1, Some(next_at)));
    assert_eq!(row.last_error.unwrap(), "é".repeat(256));
}

async fn items(store: &Store) -> usize {
    let query = store.query_partition("Q#ops", crate::store::call::Reading::Consistent);
    store.all_pages(query).await.unwrap().items.len()
}

#[tokio::test]
async fn without_the_condition_of_a_postponement_an_ended_row_comes_back() {
    let (engine, store) = table().await;
    let broken = without_clause(&engine, "attribute_exists(PK)").await;
    let rows = queue(&store, "ops", &[delivery(1, 0, Status::Down)]).await;
    store.mark(&[delivered(&rows[0], START)]).await.unwrap();
    store.postpone(&rows[0], START, "late").await.unwrap();
    assert_eq!(items(&store).await, 0);
    broken.postpone(&rows[0], START, "late").await.unwrap();
    assert_eq!(items(&store).await, 1, "I2 is broken: a row that never ends and cannot be read");
}

#[test]
fn a_notice_fits_into_its_row() {
    let long = "\u{1}é\"".repeat(2_000);
    let many: BTreeMap<_, _> = (0..60).map(|n| (format!("label-{n:02}"), "v".repeat(40))).collect();
    let plain = notice(Status::Down);
    assert_eq!(plain.clone().fitted(1_024), plain, "what fits stays as it is");
    let wordy = Notice { message: Some("m".repeat(5_000)), ..plain.clone() };
    assert!(wordy.fitted(1_024).message.unwrap().len() > 700, "of a long message much stays");
    let labelled = Notice { message: Some("m".repeat(300)), labels: many.clone(), ..plain.clone() };
    let fitted = labelled.fitted(1_024);
    assert_eq!(fitted.message.unwrap().len(), 256, "labels do not push out the message");
    assert!(fitted.labels.contains_key("label-00"), "and the first labels stay");
    let flood: BTreeMap<_, _> = (0..20_000).map(|n| (format!("l{n:05}"), "v".into())).collect();
    let flooded = Notice { labels: flood, channels: vec!["c".into(); 20_000], ..plain.clone() };
    assert!(
        flooded.fitted(1_024).labels.contains_key("l00000"),
        "a flood of labels is cut as well"
    );
    let large = BTreeMap::from([("a".into(), "v".repeat(2_000)), ("b".into(), "small".into())]);
    let fitted = Notice { labels: large, ..plain.clone() }.fitted(1_024);
    assert_eq!(fitted.labels.into_keys().collect::<Vec<_>>(), ["b"], "a large one goes alone");
    let everything = Notice {
        name: long.clone(),
        reason: long.clone(),
        message: Some(long.clone()),
        labels: many.clone(),
        annotations: many,
        channels: vec!["c".repeat(100); 20],
        ..plain
    };
    let fitted = everything.fitted(1_024);
    assert!(serde_json::to_string(&fitted).unwrap().len() <= 1_024, "escapes are counted");
    assert!(!fitted.name.is_empty());
}

#[test]
fn however_much_a_notice_holds_it_is_measured_a_few_times() {
    let pairs = |count: usize, name: &str, value: &str| -> BTreeMap<_, _> {
        (0..count).map(|n| (format!("{name}{n:05}"), value.to_owned())).collect()
    };
    for (sentence, count, letters) in [
        ("thousands of small ones", 5_000, "v"),
        ("what is escaped", 2_000, "\u{1}\"\n"),
        ("long ones", 300, "värde"),
        ("none", 0, ""),
    ] {
        let text = letters.repeat(1_000);
        let full = Notice {
            name: text.clone(),
            reason: text.clone(),
            message: Some(letters.repeat(20_000)),
            labels: pairs(count, "label-", letters),
            annotations: pairs(count, letters, letters),
            channels: vec![letters.to_owned(); count],
            link: Some("https://x.example".repeat(100)),
            ..notice(Status::Down)
        };
        for max_bytes in [1_024, 16_384] {
            let (fitted, measured) = full.clone().measured(max_bytes);
            let bytes = serde_json::to_string(&fitted).unwrap().len();
            assert!(bytes <= max_bytes, "{sentence}: {bytes}");
            assert!(measured <= 10, "{sentence} in {max_bytes} bytes: {measured} times");
        }
    }
}
