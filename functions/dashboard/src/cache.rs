//! What was read a moment ago, so that a flood of readers costs the database one read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use flatline_domain::UnixMs;
use flatline_shared::clock::SharedClock;
use http::{HeaderMap, header};

/// How long a reading is handed out, in ms. With the time that the reading takes, what is shown stays
/// younger than 5 s.
pub const KEPT_MS: i64 = 2_000;

/// For whoever wants it anew a reading is kept only so many times as long as it took: however many
/// insist, they take a tenth of the database's time.
const KEPT_TIMES: i64 = 10;

/// From so many readings on, those that are too old are thrown away.
const CROWDED: usize = 64;

/// One reading per key.
pub struct Cache<K, V> {
    clock: SharedClock,
    slots: Mutex<BTreeMap<K, Slot<V>>>,
}

/// Locked while it is read: who comes meanwhile waits and takes what was read.
type Slot<V> = Arc<tokio::sync::Mutex<Option<Kept<V>>>>;

struct Kept<V> {
    began: Instant,
    took_ms: i64,
    value: Arc<V>,
}

/// How old a reading may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// As old as they get.
    Lately,
    /// As new as can be: somebody clicked on "Refresh", or loaded a page again.
    Anew,
}

impl Wish {
    /// What a request asks for (RFC 9111, 5.2.1).
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
        let anew = |text: &str| text.contains("no-cache") || text.contains("max-age=0");
        if given.is_some_and(anew) { Self::Anew } else { Self::Lately }
    }
}

/// A moment on both clocks: the monotonic one stands still while a Lambda function is frozen, the
/// other one may be set back.
#[derive(Clone, Copy, Debug)]
struct Instant {
    wall: UnixMs,
    monotonic_ms: i64,
}

impl Instant {
    fn now(clock: &SharedClock) -> Self {
        Self { wall: clock.now(), monotonic_ms: clock.monotonic_ms() }
    }
}

impl<V> Kept<V> {
    /// Whether this is handed out to whoever came at `arrival`. Who waited for it came after it began,
    /// or but a little before.
    fn serves(&self, wish: Wish, arrival: Instant, clock: &SharedClock) -> bool {
        let kept_ms = match wish {
            Wish::Lately => KEPT_MS,
            Wish::Anew => (KEPT_TIMES * self.took_ms).min(KEPT_MS),
        };
        self.began.monotonic_ms >= arrival.monotonic_ms - kept_ms
            && self.began.wall >= arrival.wall.plus_ms(-kept_ms)
            && self.began.wall <= clock.now()
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl<K: Ord, V> Cache<K, V> {
    /// An empty one, which goes by this clock.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, slots: Mutex::default() }
    }

    /// What was read for this key lately, or is read now. A failure is handed out like any other value.
    pub async fn get<F: Future<Output = V>>(
        &self,
        key: K,
        wish: Wish,
        read: impl FnOnce() -> F,
    ) -> Arc<V> {
        let arrival = Instant::now(&self.clock);
        let slot = self.slot(key, arrival);
        let mut kept = slot.lock().await;
        if let Some(kept) = kept.as_ref().filter(|it| it.serves(wish, arrival, &self.clock)) {
            return Arc::clone(&kept.value);
        }
        let began = Instant::now(&self.clock);
        let value = Arc::new(read().await);
        let took_ms = (self.clock.monotonic_ms() - began.monotonic_ms).max(0);
        *kept = Some(Kept { began, took_ms, value: Arc::clone(&value) });
        value
    }

    fn slot(&self, key: K, arrival: Instant) -> Slot<V> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= CROWDED {
            slots.retain(|_, slot| self.is_wanted(slot, arrival));
        }
        Arc::clone(slots.entry(key).or_default())
    }

    /// Whether somebody is at it, or it would be handed out.
    fn is_wanted(&self, slot: &Slot<V>, arrival: Instant) -> bool {
        let Ok(kept) = slot.try_lock() else { return true };
        Arc::strong_count(slot) > 1
            || kept.as_ref().is_some_and(|kept| kept.serves(Wish::Lately, arrival, &self.clock))
    }
}

#[cfg(test)]
mod tests;
