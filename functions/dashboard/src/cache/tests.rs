use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use flatline_domain::UnixMs;
use flatline_shared::clock::Clock;
use tokio::sync::Notify;

use super::{CROWDED, Cache, KEPT_MS, Wish};

/// Two clocks that are set by hand.
#[derive(Default)]
struct ByHand {
    wall_ms: AtomicI64,
    monotonic_ms: AtomicI64,
}

impl ByHand {
    fn advance(&self, wall_ms: i64, monotonic_ms: i64) {
        self.wall_ms.fetch_add(wall_ms, Ordering::Relaxed);
        self.monotonic_ms.fetch_add(monotonic_ms, Ordering::Relaxed);
    }
}

impl Clock for ByHand {
    fn now(&self) -> UnixMs {
        UnixMs(self.wall_ms.load(Ordering::Relaxed))
    }

    fn monotonic_ms(&self) -> i64 {
        self.monotonic_ms.load(Ordering::Relaxed)
    }

    fn sleep(&self, _ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

fn cache() -> (Arc<ByHand>, Cache<u32, usize>, Arc<AtomicUsize>) {
    let clock = Arc::new(ByHand::default());
    (clock.clone(), Cache::new(clock), Arc::default())
}

async fn get(cache: &Cache<u32, usize>, key: u32, reads: &AtomicUsize) -> usize {
    *cache.get(key, Wish::Lately, || async { reads.fetch_add(1, Ordering::Relaxed) + 1 }).await
}

#[tokio::test]
async fn a_reading_is_kept_for_a_moment_by_both_clocks() {
    for (sentence, wall_ms, monotonic_ms, expected) in [
        ("at once", 0, 0, 1),
        ("at the end", KEPT_MS, KEPT_MS, 1),
        ("after it", KEPT_MS + 1, KEPT_MS + 1, 2),
        ("the process was frozen", 600_000, 0, 2),
        ("the clock was set back", -600_000, 100, 2),
    ] {
        let (clock, cache, reads) = cache();
        assert_eq!(get(&cache, 0, &reads).await, 1, "{sentence}");
        clock.advance(wall_ms, monotonic_ms);
        assert_eq!(get(&cache, 0, &reads).await, expected, "{sentence}");
    }
}

#[tokio::test]
async fn who_wants_it_anew_gets_what_is_ten_times_as_old_as_it_took() {
    for (sentence, took_ms, passed_ms, expected) in [
        ("at once", 0, 0, 1),
        ("a moment later, of a quick one", 0, 1, 2),
        ("of one that took a while", 30, 270, 1),
        ("later", 30, 271, 2),
        ("never later than all others", 900, KEPT_MS, 2),
    ] {
        let (clock, cache, reads) = cache();
        let ask = async || {
            let read = || async {
                clock.advance(took_ms, took_ms);
                reads.fetch_add(1, Ordering::Relaxed) + 1
            };
            *cache.get(0, Wish::Anew, read).await
        };
        assert_eq!(ask().await, 1, "{sentence}");
        clock.advance(passed_ms, passed_ms);
        assert_eq!(ask().await, expected, "{sentence}");
    }
}

#[test]
fn a_page_that_is_loaded_again_is_wanted_anew() {
    for (sentence, value, expected) in [
        ("a link", "", Wish::Lately),
        ("loaded again", "max-age=0", Wish::Anew),
        ("loaded again with Ctrl, or by the module", "no-cache", Wish::Anew),
        ("something else", "no-transform", Wish::Lately),
    ] {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::CACHE_CONTROL, value.parse().unwrap());
        assert_eq!(Wish::of(&headers), expected, "{sentence}");
    }
    assert_eq!(Wish::of(&http::HeaderMap::new()), Wish::Lately);
}

#[tokio::test]
async fn each_key_has_its_own_and_old_ones_are_thrown_away() {
    let (clock, cache, reads) = cache();
    for key in 0..CROWDED as u32 {
        get(&cache, key, &reads).await;
    }
    assert_eq!(get(&cache, 7, &reads).await, 8);
    clock.advance(KEPT_MS + 1, KEPT_MS + 1);
    get(&cache, 1_000, &reads).await;
    assert_eq!(cache.slots.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_comes_while_it_is_read_waits_for_it_and_who_gives_up_holds_up_nobody() {
    let (_, cache, reads) = cache();
    let (cache, gate) = (Arc::new(cache), Arc::new(Notify::new()));
    let ask = || {
        let (cache, gate, reads) = (cache.clone(), gate.clone(), reads.clone());
        tokio::spawn(async move {
            let read = || async {
                gate.notified().await;
                reads.fetch_add(1, Ordering::Relaxed) + 1
            };
            *cache.get(0, Wish::Anew, read).await
        })
    };
    let gives_up = ask();
    tokio::task::yield_now().await;
    let patient: Vec<_> = (0..20).map(|_| ask()).collect();
    tokio::task::yield_now().await;
    gives_up.abort();
    assert!(gives_up.await.unwrap_err().is_cancelled());
    gate.notify_one();
    for asked in patient {
        assert_eq!(asked.await.unwrap(), 1);
    }
}
