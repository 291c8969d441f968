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
    /// It was refused once and accepted the second time, at least so many ms later.
    Later(i64),
    /// It never will be, and the log says why in these words.
    Dead(&'static str),
    /// It waits, for this long after the attempt (ms, from and to), and the row says why in these
    /// words.
    Waits(std::ops::Range<i64>, &'static str),
    /// It waits, never came to a receiver, and the row says why in these words.
    Unheard(&'static str),
}

/// From the first retry on, ms: 5 s give or take a tenth, on a busy machine.
pub const SOON: std::ops::Range<i64> = 4_500..60_000;

/// What became of it.
#[derive(Debug)]
enum Found {
    Ended(Ending, String),
    Waits(UnixMs, String),
}

/// Waits until the one message of a channel was tried, and compares; `tried_at` says when it came to
/// its receiver.
pub async fn judge(
    books: &Books,
    channel: &str,
    tried_at: impl Fn() -> Vec<UnixMs>,
    expected: &Expected,
) -> Result<()> {
    let is_enough = |found: &Found| match expected {
        Expected::Later(_) => matches!(found, Found::Ended(..)),
        _ => true,
    };
    let look = async || Ok(outcome(books, channel).await?.filter(is_enough));
    let found = eventually(&format!("{channel} was tried"), look).await?;
    let tries = tried_at();
    let is_right = match (expected, &found) {
        (Expected::Delivered, Found::Ended(Ending::Delivered, _)) => true,
        (Expected::Later(ms), Found::Ended(Ending::Delivered, _)) => {
            matches!(tries[..], [first, second] if second.since_ms(first) >= *ms)
        }
        (Expected::Dead(why), Found::Ended(Ending::Dead, answer)) => answer.contains(why),
        (Expected::Waits(span_ms, why), Found::Waits(next_at, error)) => {
            let waits_ms = tries.first().map(|first| next_at.since_ms(*first));
            waits_ms.is_some_and(|ms| span_ms.contains(&ms)) && error.contains(why)
        }
        (Expected::Unheard(why), Found::Waits(_, error)) => error.contains(why),
        _ => false,
    };
    ensure!(is_right, "{channel}: {found:?} (tried at {tries:?}), not {expected:?}");
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
