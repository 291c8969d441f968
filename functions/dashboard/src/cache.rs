//! What was read a moment ago, so that a flood of readers costs the database one read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use flatline_domain::UnixMs;
use flatline_shared::clock::SharedClock;

/// How long a reading is handed out, in ms. With the time that the reading takes, what is shown stays
/// younger than 5 s.
pub const KEPT_MS: i64 = 2_000;

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
    value: Arc<V>,
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

    /// Whether a reading that began then is still handed out to whoever came at `arrival`. Who waited
    /// for it came after it began, or but a little before.
    fn serves(self, arrival: Self, clock: &SharedClock) -> bool {
        self.monotonic_ms >= arrival.monotonic_ms - KEPT_MS
            && self.wall >= arrival.wall.plus_ms(-KEPT_MS)
            && self.wall <= clock.now()
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
    pub async fn get<F: Future<Output = V>>(&self, key: K, read: impl FnOnce() -> F) -> Arc<V> {
        let arrival = Instant::now(&self.clock);
        let slot = self.slot(key, arrival);
        let mut kept = slot.lock().await;
        if let Some(kept) = kept.as_ref().filter(|it| it.began.serves(arrival, &self.clock)) {
            return Arc::clone(&kept.value);
        }
        let began = Instant::now(&self.clock);
        let value = Arc::new(read().await);
        *kept = Some(Kept { began, value: Arc::clone(&value) });
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
            || kept.as_ref().is_some_and(|kept| kept.began.serves(arrival, &self.clock))
    }
}

#[cfg(test)]
mod tests;
