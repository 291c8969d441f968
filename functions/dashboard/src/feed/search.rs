//! Looking for entries of the feed of one kind, which may be far behind the newest of all.

use flatline_shared::app::App;
use flatline_shared::store::{FeedEntry, FeedPlace, StoreError};

use crate::query::MAX_LIMIT;

const DAY_MS: i64 = 86_400_000;

/// Further readings for one answer at most. Whoever wants what is further back asks
/// again from there, so that no question costs more than that.
const READINGS: usize = 10;

/// What was found, newest first.
#[derive(Debug, Default)]
pub struct Found {
    /// The entries.
    pub entries: Vec<FeedEntry>,
    /// After which place there is, or may be, more.
    pub rest: Option<FeedPlace>,
}

/// What is looked for.
#[derive(Debug)]
pub struct Search<M> {
    /// How many at most.
    pub enough: usize,
    /// How many are read at once: not much more than are wanted, where all match.
    pub at_once: usize,
    /// Which ones.
    pub matches: M,
}

impl<M: Fn(&FeedEntry) -> bool> Search<M> {
    /// Looks through the newest entries, of which at most [`MAX_LIMIT`] were read, and on from there.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn among(&self, newest: &[FeedEntry], app: &App) -> Result<Found, StoreError> {
        let mut found = Found::default();
        if self.is_over(&mut found, newest, MAX_LIMIT) {
            return Ok(found);
        }
        self.go_on(found, app).await
    }

    /// Looks on from this place.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn after(&self, place: FeedPlace, app: &App) -> Result<Found, StoreError> {
        let found = Found { entries: Vec::new(), rest: Some(place) };
        self.go_on(found, app).await
    }

    async fn go_on(&self, mut found: Found, app: &App) -> Result<Found, StoreError> {
        let now = app.clock.now();
        let kept = now.plus_ms(-i64::from(app.config.notify.max_age_days) * DAY_MS);
        for _ in 0..READINGS {
            let Some(place) = found.rest.take() else { break };
            let part = app.store.feed_after(&place, kept, now, self.at_once).await?;
            if self.is_over(&mut found, &part, self.at_once) {
                break;
            }
        }
        Ok(found)
    }

    /// Takes what matches out of a part, for which so many entries were asked. Whether there is enough,
    /// or nothing behind it.
    fn is_over(&self, found: &mut Found, part: &[FeedEntry], asked: usize) -> bool {
        let matching = part.iter().filter(|entry| (self.matches)(entry)).cloned();
        found.entries.extend(matching.take(self.enough + 1 - found.entries.len()));
        if found.entries.len() > self.enough {
            found.entries.truncate(self.enough);
            found.rest = found.entries.last().map(FeedEntry::place);
            return true;
        }
        found.rest = part.last().filter(|_| part.len() >= asked).map(FeedEntry::place);
        found.rest.is_none()
    }
}
