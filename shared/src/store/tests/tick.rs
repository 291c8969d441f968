//! Marks of ticks and the applied configuration.

use super::bench::{START, later};
use super::tampering::{losing_answer, table};
use crate::store::{ConfigState, TickMark, TickStart};

fn mark(ms: i64, revision: u64) -> TickMark {
    TickMark { at: later(ms), revision }
}

#[tokio::test]
async fn a_higher_revision_takes_over_until_it_is_gone() {
    let (_, store) = table().await;
    assert_eq!(store.tick_mark().await.unwrap(), None);
    let go = |previous| TickStart::Go { previous };
    for (next, expected, sentence) in [
        (mark(0, 1), go(None), "the first tick has none before it"),
        (mark(60_000, 1), go(Some(mark(0, 1))), "each tick sees the one before"),
        (mark(90_000, 3), go(Some(mark(60_000, 1))), "a higher revision takes over"),
        (mark(120_000, 1), TickStart::Superseded(mark(90_000, 3)), "the old one stops"),
        (mark(390_000, 1), TickStart::Superseded(mark(90_000, 3)), "five minutes are not over"),
        (mark(390_001, 1), go(Some(mark(90_000, 3))), "after a roll-back the old one goes on"),
    ] {
        assert_eq!(store.start_tick(&next).await.unwrap(), expected, "{sentence}");
    }
    assert_eq!(store.tick_mark().await.unwrap(), Some(mark(390_001, 1)));
}

#[tokio::test]
async fn a_tick_whose_answer_was_lost_does_not_know_the_one_before() {
    let (engine, store) = table().await;
    store.start_tick(&mark(0, 1)).await.unwrap();
    let unlucky = losing_answer(&engine, "UpdateItem").await;
    let started = unlucky.start_tick(&mark(60_000, 1)).await.unwrap();
    assert_eq!(started, TickStart::Go { previous: None });
}

#[tokio::test]
async fn channels_are_only_ever_added() {
    let (_, store) = table().await;
    assert_eq!(store.config_state().await.unwrap(), ConfigState::default());
    let state = |revision, channels: &[&str]| ConfigState {
        revision,
        hash: format!("hash {revision}"),
        channels: channels.iter().map(|&name| name.to_owned()).collect(),
    };
    assert!(store.apply_config(&state(1, &["ops", "mail"]), START).await.unwrap());
    assert!(store.apply_config(&state(2, &["pager"]), START).await.unwrap());
    assert!(store.apply_config(&state(4, &[]), START).await.unwrap());
    assert!(!store.apply_config(&state(4, &["x"]), START).await.unwrap());
    assert!(!store.apply_config(&state(3, &["x"]), START).await.unwrap());
    let stored = store.config_state().await.unwrap();
    assert_eq!(stored, state(4, &["mail", "ops", "pager"]));
}
