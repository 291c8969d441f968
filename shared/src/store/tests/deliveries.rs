//! How a stored delivery is found again, and put back.

use flatline_domain::{Event, Status, UnixMs};

use super::bench::START;
use super::cost::counted;
use super::outbox::{delivered, delivery, lane, queue};
use super::tampering::table;
use crate::store::{
    Ended, Ending, Lane, LoggedDelivery, NewDelivery, OutboxRow, Replay, Store, Wanted, Whose,
};

const DAY_MS: i64 = 86_400_000;

fn dead(row: &OutboxRow, at: UnixMs) -> Ended {
    Ended { ending: Ending::Dead, answer: "HTTP 410".to_owned(), ..delivered(row, at) }
}

/// Everything until `now`.
fn all(now: UnixMs, limit: usize) -> Wanted<impl Fn(&LoggedDelivery) -> bool> {
    Wanted { since: UnixMs(0), now, limit, matches: |_: &LoggedDelivery| true }
}

/// Rows of `api` and of an alert ended in two channels on two days.
async fn ended(store: &Store) -> UnixMs {
    let rows =
        queue(store, "ops", &[delivery(1, 0, Status::Down), delivery(2, 0, Status::Up)]).await;
    store.mark(&[delivered(&rows[0], START), dead(&rows[1], START)]).await.unwrap();
    let mut alert = delivery(1, 0, Status::Down);
    alert.lane = Lane::Alert("0123".to_owned());
    alert.queued.event = Event::Alert;
    let rows = queue(store, "mail", &[alert]).await;
    let later = START.plus_ms(2 * DAY_MS);
    store.mark(&[delivered(&rows[0], later)]).await.unwrap();
    later.plus_ms(1_000)
}

#[tokio::test]
async fn what_ended_is_found_without_knowing_whose_it_was() {
    let (_engine, store) = table().await;
    let now = ended(&store).await;
    let found = store.recent_deliveries(&all(now, 10)).await.unwrap();
    let line = |it: &LoggedDelivery| (it.entry.channel.clone(), it.entry.version, it.entry.ending);
    let lines: Vec<_> = found.deliveries.iter().map(line).collect();
    let expected = [
        ("mail".to_owned(), 1, Ending::Delivered),
        ("ops".to_owned(), 1, Ending::Delivered),
        ("ops".to_owned(), 2, Ending::Dead),
    ];
    assert_eq!((lines.as_slice(), found.cut_short), (expected.as_slice(), false));
    assert_eq!(found.deliveries[0].lane, Lane::Alert("0123".to_owned()));
    assert_eq!(found.deliveries[0].entry.title.as_deref(), Some("The API"));
    assert_eq!(found.deliveries[1].lane, lane());
    let of_api = store.deliveries_of("api", &all(now, 10)).await.unwrap();
    let mut without_alert = of_api.deliveries.clone();
    without_alert.sort_by_key(|it| it.entry.version);
    assert_eq!(without_alert, found.deliveries[1..], "both logs say the same");

    let since = Wanted { since: START, ..all(now, 10) };
    let newer = store.recent_deliveries(&since).await.unwrap();
    assert_eq!(newer.deliveries.len(), 1, "only what is newer");
    let newest = store.recent_deliveries(&all(now, 1)).await.unwrap();
    assert_eq!(newest.deliveries, found.deliveries[..1]);
    let expired = store.recent_deliveries(&all(now.plus_ms(40 * DAY_MS), 10)).await.unwrap();
    assert_eq!(expired.deliveries, []);
}

#[tokio::test]
async fn each_is_found_by_its_id() {
    let (_engine, store) = table().await;
    let now = ended(&store).await;
    let found = store.recent_deliveries(&all(now, 10)).await.unwrap().deliveries;
    let ids: std::collections::BTreeSet<String> = found.iter().map(LoggedDelivery::id).collect();
    assert_eq!(ids.len(), 3, "each has its own");
    for logged in found {
        assert_eq!(store.find_delivery(&logged.id()).await.unwrap(), Some(logged));
    }
    for id in ["", "x", "-", "1-2", "-5-00000000", "99999999999999999999-0", "1795000000000-0000"] {
        assert_eq!(store.find_delivery(id).await.unwrap(), None, "{id}");
    }
}

#[tokio::test]
async fn questions_cost_what_the_head_doc_says() {
    let (engine, store) = table().await;
    let now = ended(&store).await;
    let (store, operations) = counted(&engine).await;
    store.recent_deliveries(&Wanted { since: START, ..all(now, 10) }).await.unwrap();
    assert_eq!(operations.take(), ["Query"; 3], "a day each");
    store.recent_deliveries(&all(now, 10)).await.unwrap();
    assert_eq!(operations.take(), ["Query"; 31], "never more than is kept");
    store.recent_deliveries(&all(now, 1)).await.unwrap();
    assert_eq!(operations.take(), ["Query"], "until there are enough");
    store.deliveries_of("api", &all(now, 1)).await.unwrap();
    assert_eq!(operations.take(), ["Query"]);
    store.find_delivery(&format!("{}-00000000", START.0)).await.unwrap();
    assert_eq!(operations.take(), ["Query"]);
    store.waiting("ops", Whose::Anybody, 10).await.unwrap();
    assert_eq!(operations.take(), ["Query"]);
}

#[tokio::test]
async fn what_waits_is_found_by_service_and_by_whom_it_is_copied_from() {
    let (_engine, store) = table().await;
    let mut other = delivery(1, 0, Status::Down);
    other.lane = Lane::Service("api2".to_owned());
    let rows = queue(&store, "ops", &[delivery(1, 0, Status::Down), other]).await;
    store.copy(&rows[0], "mail", "HTTP 500", START).await.unwrap();
    store.copy(&rows[1], "mail", "HTTP 500", START).await.unwrap();
    let count = async |channel: &'static str, whose, limit| {
        store.waiting(channel, whose, limit).await.unwrap().len()
    };
    let copies = Whose::Copies { of: "ops", service: "api" };
    for (sentence, channel, whose, limit, expected) in [
        ("everything", "ops", Whose::Anybody, 10, 2),
        ("as many as asked for", "ops", Whose::Anybody, 1, 1),
        ("of one service", "ops", Whose::Service("api"), 10, 1),
        ("copies are not its own", "mail", Whose::Service("api"), 10, 0),
        ("but copies", "mail", copies, 10, 1),
        ("nothing waits", "pager", Whose::Anybody, 10, 0),
    ] {
        assert_eq!(count(channel, whose, limit).await, expected, "{sentence}");
    }
    for (channel, expected) in [("ops", 2), ("mail", 2), ("pager", 0)] {
        assert_eq!(store.depth(channel).await.unwrap(), expected, "{channel}");
    }
}

#[tokio::test]
async fn a_dead_row_is_put_back_once_and_as_it_was() {
    let (_engine, store) = table().await;
    let mut down = delivery(1, 0, Status::Down);
    down.queued.next_at = Some(START.plus_ms(900_000));
    let rows = queue(&store, "ops", &[down, delivery(2, 0, Status::Up)]).await;
    store.postpone(&rows[0], START, "HTTP 500").await.unwrap();
    let at = START.plus_ms(5_000);
    store.mark(&[dead(&rows[0], at), delivered(&rows[1], at)]).await.unwrap();
    let found = store.recent_deliveries(&all(at, 10)).await.unwrap().deliveries;
    let (gone, told) = (&found[0], &found[1]);
    assert_eq!(store.replay(told, at).await.unwrap(), Replay::Gone, "only dead ones are kept");
    let now = at.plus_ms(1_000);
    assert_eq!(store.replay(gone, now).await.unwrap(), Replay::Queued);
    let back = store.queued("ops").await.unwrap().remove(0);
    assert_eq!((back.key.as_str(), back.attempts), (rows[0].key.as_str(), 0));
    assert_eq!(back.delivery.queued.next_at, None, "it is tried at once");
    assert_eq!(back.delivery.queued.committed_at, rows[0].delivery.queued.committed_at);
    assert_eq!(back.delivery.notice, rows[0].delivery.notice);
    assert_eq!(back.copied_at, Some(now), "whoever stands in was told when it died");
    assert_eq!(store.replay(gone, now).await.unwrap(), Replay::Twice, "it waits");
    store.mark(&[delivered(&back, now)]).await.unwrap();
    assert_eq!(store.replay(gone, now).await.unwrap(), Replay::Twice, "it was delivered");
    assert!(store.queued("ops").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_test_is_a_row_of_its_own_that_tells_nothing() {
    let (_engine, store) = table().await;
    let test_lane = Lane::Test("2026-11-22T12:00:00.000Z#00ff".to_owned());
    let mut test = delivery(1, 0, Status::Down);
    test.lane = test_lane.clone();
    test.queued.event = Event::Test;
    let new = NewDelivery { channel: "ops".to_owned(), delivery: test.clone() };
    store.queue_test(&new).await.unwrap();
    let row = store.queued("ops").await.unwrap().remove(0);
    assert_eq!((row.key.as_str(), &row.delivery), ("t#2026-11-22T12:00:00.000Z#00ff", &test));
    store.mark(&[delivered(&row, START)]).await.unwrap();
    assert!(store.told_of(&[&test_lane], "ops").await.unwrap().is_empty());
    let log = store.deliveries(&test_lane, 10).await.unwrap();
    assert_eq!((log.len(), log[0].event), (1, Event::Test));
}
