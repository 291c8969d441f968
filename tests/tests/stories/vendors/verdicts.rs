//! What became of a message that a receiver answered in one way or another.

use anyhow::{Result, ensure};
use flatline_domain::UnixMs;
use flatline_shared::store::Ending;

use crate::books::Books;
use crate::site::eventually;

/// What should have become of it.
#[derive(Clone, Debug)]
pub enum Expected {
    /// It was accepted.
    Delivered,
    /// It never will be, and the log says why in these words.
    Dead(&'static str),
    /// It waits, for this long after the attempt (ms, from and to), and the row says why in these
    /// words.
    Waits(std::ops::Range<i64>, &'static str),
}

/// What became of it.
#[derive(Debug)]
enum Found {
    Ended(Ending, String),
    Waits(UnixMs, String),
}

/// Waits until the one message of a channel was tried, and compares.
pub async fn judge(
    books: &Books,
    channel: &str,
    tried_at: impl Fn() -> Option<UnixMs>,
    expected: &Expected,
) -> Result<()> {
    let look = async || outcome(books, channel).await;
    let found = eventually(&format!("{channel} was tried"), look).await?;
    let is_right = match (expected, &found) {
        (Expected::Delivered, Found::Ended(Ending::Delivered, _)) => true,
        (Expected::Dead(why), Found::Ended(Ending::Dead, answer)) => answer.contains(why),
        (Expected::Waits(span_ms, why), Found::Waits(next_at, error)) => {
            // Who never came to a receiver has no time to count from.
            let is_in_time =
                tried_at().is_none_or(|tried_at| span_ms.contains(&next_at.since_ms(tried_at)));
            is_in_time && error.contains(why)
        }
        _ => false,
    };
    ensure!(is_right, "{channel}: {found:?} (tried at {:?}), not {expected:?}", tried_at());
    Ok(())
}

async fn outcome(books: &Books, channel: &str) -> Result<Option<Found>> {
    let waiting = books.store.queued(channel).await?;
    if let Some(row) = waiting.into_iter().find(|row| row.attempts > 0) {
        let next_at = row.delivery.queued.next_at.unwrap_or_default();
        return Ok(Some(Found::Waits(next_at, row.last_error.unwrap_or_default())));
    }
    let ended = books.deliveries("api", channel).await?.pop();
    Ok(ended.map(|entry| Found::Ended(entry.ending, entry.answer)))
}
