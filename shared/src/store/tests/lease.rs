//! Leases and the ring counter; what breaks without each condition.

use flatline_domain::{Bucket, Circuit, UnixMs};
use futures_util::FutureExt;

use super::bench::START;
use super::database::Database;
use super::tampering::{Once, Reply, losing_answer, table, tampered, without_clause};
use crate::store::{ChannelState, Claim, Lease, Release, Store};

const LEASE_MS: i64 = 30_000;

fn later(ms: i64) -> UnixMs {
    START.plus_ms(ms)
}

async fn claim(store: &Store, owner: &str, now: UnixMs) -> Claim {
    store.claim("ops", owner, now, LEASE_MS).await.unwrap()
}

async fn won(store: &Store, owner: &str, now: UnixMs) -> Lease {
    match claim(store, owner, now).await {
        Claim::Won(lease) => lease,
        Claim::Rang => panic!("{owner} found the lease taken"),
    }
}

#[tokio::test]
async fn a_lease_has_one_owner_until_it_is_given_back_or_runs_out() {
    let (_engine, store) = table().await;
    let first = won(&store, "a", START).await;
    assert_eq!(first.until, later(LEASE_MS));
    assert_eq!(claim(&store, "b", later(LEASE_MS)).await, Claim::Rang, "the last instant counts");
    won(&store, "b", later(LEASE_MS + 1)).await;
    let last = won(&store, "c", later(2 * LEASE_MS + 2)).await;
    assert_eq!(store.release(&last).await.unwrap(), Release::Released);
    won(&store, "d", later(2 * LEASE_MS + 2)).await;
}

#[tokio::test]
async fn a_ring_sends_the_holder_round_again() {
    let (_engine, store) = table().await;
    let lease = won(&store, "a", START).await;
    claim(&store, "b", START).await;
    claim(&store, "c", START).await;
    let Release::RangAgain(again) = store.release(&lease).await.unwrap() else {
        panic!("the rings were lost");
    };
    assert_eq!((again.ring, again.until), (lease.ring + 2, lease.until));
    assert_eq!(store.release(&again).await.unwrap(), Release::Released);
}

#[tokio::test]
async fn a_renewal_does_not_forget_a_ring() {
    let (_engine, store) = table().await;
    let lease = won(&store, "a", START).await;
    claim(&store, "b", START).await;
    let renewed = store.renew(&lease, later(10_000), LEASE_MS).await.unwrap().unwrap();
    assert_eq!((renewed.ring, renewed.until), (lease.ring, later(10_000 + LEASE_MS)));
    assert!(matches!(store.release(&renewed).await.unwrap(), Release::RangAgain(_)));
}

#[tokio::test]
async fn whoever_holds_the_data_lock_frees_every_lease() {
    let (_engine, store) = table().await;
    let old = won(&store, "a", START).await;
    store.void_leases(&["ops".to_owned(), "never claimed".to_owned()]).await.unwrap();
    won(&store, "b", START).await;
    assert_eq!(store.renew(&old, START, LEASE_MS).await.unwrap(), None);
    store.claim("never claimed", "b", START, LEASE_MS).await.unwrap();
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_ours_all_the_same() {
    let (engine, store) = table().await;
    let unlucky = losing_answer(&engine, "UpdateItem").await;
    let lease = won(&unlucky, "a", START).await;
    assert_eq!(store.release(&lease).await.unwrap(), Release::Released, "it did not ring itself");
}

#[tokio::test]
async fn a_release_whose_answer_was_lost_is_a_release() {
    let (engine, store) = table().await;
    let lease = won(&store, "a", START).await;
    let unlucky = losing_answer(&engine, "UpdateItem").await;
    assert_eq!(unlucky.release(&lease).await.unwrap(), Release::Released);
}

#[tokio::test]
async fn how_a_channel_is_outlives_whoever_found_it_out() {
    let (_engine, store) = table().await;
    let mut lease = won(&store, "a", START).await;
    assert_eq!(lease.state, ChannelState::default(), "a new channel is well");
    lease.state = ChannelState {
        bucket: Bucket { full_at: later(60_000) },
        circuit: Circuit { failures: 4, held_until: Some(later(5_000)) },
        folding: true,
    };
    let renewed = store.renew(&lease, START, LEASE_MS).await.unwrap().unwrap();
    assert_eq!(renewed.state, lease.state);
    claim(&store, "b", START).await;
    let found = won(&store, "c", later(LEASE_MS + 1)).await;
    assert_eq!(found.state, lease.state, "a renewal keeps it");
    let mut lease = Lease { state: ChannelState::default(), ..found };
    lease.ring += 7;
    let Release::RangAgain(again) = store.release(&lease).await.unwrap() else {
        panic!("the rings were lost");
    };
    assert_eq!(again.state, lease.state, "who goes round again knows better than the table");
    assert_eq!(store.release(&again).await.unwrap(), Release::Released);
    store.void_leases(&["ops".to_owned()]).await.unwrap();
    assert_eq!(won(&store, "d", START).await.state, again.state, "a release keeps it");
}

/// I7 counts owners that may still renew.
async fn live(store: &Store, leases: &[&Lease]) -> usize {
    let mut live = 0;
    for lease in leases {
        live += usize::from(store.renew(lease, START, LEASE_MS).await.unwrap().is_some());
    }
    live
}

#[tokio::test]
async fn without_free_two_drains_believe_they_hold_one_channel() {
    let (engine, store) = table().await;
    let broken =
        without_clause(&engine, "(attribute_not_exists(un) OR un < :now OR un > :ahead)").await;
    won(&store, "a", START).await;
    assert_eq!(claim(&store, "b", START).await, Claim::Rang);
    assert!(matches!(claim(&broken, "b", START).await, Claim::Won(_)), "I7 is broken");
}

#[tokio::test]
async fn without_ours_a_lost_lease_is_renewed() {
    let (engine, store) = table().await;
    let lost = won(&store, "a", START).await;
    let held = won(&store, "b", later(LEASE_MS + 1)).await;
    assert_eq!(live(&store, &[&lost, &held]).await, 1);
    let broken = without_clause(&engine, "ow = :owner").await;
    assert_eq!(live(&broken, &[&lost, &held]).await, 2, "I7 is broken");
}

#[tokio::test]
async fn without_ours_a_release_frees_the_lease_of_another() {
    let (engine, store) = table().await;
    let lost = won(&store, "a", START).await;
    let now = later(LEASE_MS + 1);
    won(&store, "b", now).await;
    assert_eq!(store.release(&lost).await.unwrap(), Release::Lost);
    assert_eq!(claim(&store, "c", now).await, Claim::Rang);
    let broken = without_clause(&engine, "ow = :owner").await;
    broken.release(&Lease { ring: lost.ring + 1, ..lost }).await.unwrap();
    assert!(matches!(claim(&store, "c", now).await, Claim::Won(_)), "I7 is broken: b still sends");
}

#[tokio::test]
async fn without_unrung_a_row_is_left_behind() {
    let (engine, store) = table().await;
    let lease = won(&store, "a", START).await;
    assert_eq!(claim(&store, "b", START).await, Claim::Rang);
    let broken = without_clause(&engine, "rg = :ring").await;
    assert_eq!(
        broken.release(&lease).await.unwrap(),
        Release::Released,
        "I8 is broken: b relied on a, and a is gone"
    );
}

/// A store that finds the lease taken; before it rings, the holder gives the lease back.
async fn rings_too_late(engine: &Database, store: Store, relaxed: bool) -> Claim {
    let lease = won(&store, "a", START).await;
    let once = Once::default();
    let racing = tampered(engine, move |_, body| {
        let rings = body["UpdateExpression"].as_str().is_some_and(|text| text.contains("ADD rg"));
        if rings && once.first() {
            let released = store.release(&lease).now_or_never().unwrap().unwrap();
            assert_eq!(released, Release::Released);
        }
        if relaxed && rings {
            body["ConditionExpression"] =
                "un >= :now OR un <= :ahead OR attribute_exists(PK)".into();
        }
        Reply::Arrives
    })
    .await;
    claim(&racing, "b", START).await
}

#[tokio::test]
async fn a_ring_that_comes_too_late_claims() {
    let (engine, store) = table().await;
    assert!(matches!(rings_too_late(&engine, store, false).await, Claim::Won(_)));
}

#[tokio::test]
async fn without_taken_a_ring_that_comes_too_late_is_heard_by_nobody() {
    let (engine, store) = table().await;
    let claimed = rings_too_late(&engine, store, true).await;
    assert_eq!(claimed, Claim::Rang, "I8 is broken: nobody holds the lease that was rung");
}
