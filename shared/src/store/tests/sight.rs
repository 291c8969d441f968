//! Proofs and holes: what is stored is what `SightLog` says.

use flatline_domain::{Hole, SightLog};

use super::bench::{START, later};
use super::tampering::{losing_answer, table};

#[tokio::test]
async fn the_stored_log_is_what_the_domain_says() {
    let (_, store) = table().await;
    let mut expected = SightLog::default();
    let mut holes: Vec<Hole> = Vec::new();
    store.refine_sight(4_000, START).await.unwrap();
    expected = expected.refined(4_000, START);
    for (index, ms) in [0, 1_000, 900, 4_500, 60_000, 60_500, 60_500, 10_000, 11_000, 99_000]
        .into_iter()
        .enumerate()
    {
        if index == 5 {
            store.mark_blind().await.unwrap();
            expected.failed = true;
        }
        if index == 8 {
            store.refine_sight(2_000, later(10_000)).await.unwrap();
            expected = expected.refined(2_000, later(10_000));
        }
        holes.extend(expected.hole_before(later(ms)));
        expected = expected.prove(later(ms));
        store.prove(later(ms)).await.unwrap();
        assert_eq!(store.sight_log().await.unwrap(), expected, "after {ms} ms");
    }
    holes.sort_by_key(|hole| (hole.end, hole.start));
    assert_eq!(store.holes_since(later(-1)).await.unwrap(), holes);
    let late: Vec<Hole> = holes.into_iter().filter(|hole| hole.end > later(60_000)).collect();
    assert_eq!(store.holes_since(later(60_000)).await.unwrap(), late);
}

#[tokio::test]
async fn two_processes_prove_one_log() {
    let (engine, first) = table().await;
    let second = super::bench::open(engine.client(flatline_embedded::Execution::Inline)).await;
    let mut expected = SightLog::default();
    for index in 0..12 {
        let at = later(index * 1_500 + if index > 5 { 8_000 } else { 0 });
        let store = if index % 3 == 0 { &second } else { &first };
        store.prove(at).await.unwrap();
        expected = expected.prove(at);
        assert_eq!(first.sight_log().await.unwrap(), expected, "{index}");
    }
    assert_eq!(second.holes_since(START).await.unwrap().len(), 1);
}

#[tokio::test]
async fn being_blind_is_noted_before_anything_was_proven() {
    let (_, store) = table().await;
    store.mark_blind().await.unwrap();
    store.mark_blind().await.unwrap();
    assert!(store.sight_log().await.unwrap().failed);
    store.prove(START).await.unwrap();
    let log = store.sight_log().await.unwrap();
    assert_eq!(log, SightLog { failed: true, ..SightLog::default() }.prove(START));
}

#[tokio::test]
async fn a_hole_whose_answer_was_lost_is_noted_once() {
    let (engine, store) = table().await;
    store.prove(START).await.unwrap();
    let unlucky = losing_answer(&engine, "TransactWriteItems").await;
    unlucky.prove(later(9_000)).await.unwrap();
    assert_eq!(store.sight_log().await.unwrap().last_proof, Some(later(9_000)));
    assert_eq!(store.holes_since(START).await.unwrap().len(), 1);
}
