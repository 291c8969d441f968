//! A clock that tests move.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use flatline_domain::UnixMs;
use flatline_shared::clock::Clock;
use tokio::time::Instant;

/// Time that runs on tokio's clock: under `start_paused` it stands still while anything can run and then
/// jumps to the next timer. The wall clock can be set off from it; the monotonic one cannot.
#[derive(Debug)]
pub struct VirtualClock {
    base: UnixMs,
    began: Instant,
    offset_ms: AtomicI64,
}

impl VirtualClock {
    /// A clock that shows `base` now. Must be made inside the runtime.
    pub fn starting(base: UnixMs) -> Arc<Self> {
        Arc::new(Self { base, began: Instant::now(), offset_ms: AtomicI64::new(0) })
    }

    /// The wall clock jumps by so many ms, back if negative.
    pub fn jump(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.base.0 + self.monotonic_ms() + self.offset_ms.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> i64 {
        self.began.elapsed().as_millis() as i64
    }

    fn sleep(&self, ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(pause(ms.max(0) as u64))
    }
}

/// Waits so many ms of tokio's clock.
#[expect(clippy::disallowed_methods, reason = "the harness keeps the time of the tests")]
pub(crate) async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
