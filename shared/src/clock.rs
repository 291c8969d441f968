//! Time as an argument: the only place that reads a clock or sleeps.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use flatline_domain::UnixMs;

/// A wall clock, a monotonic clock and a way to sleep. Tests put a virtual one in place.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> UnixMs;

    /// Milliseconds of a clock that never jumps, from an arbitrary start.
    fn monotonic_ms(&self) -> i64;

    /// Returns after `ms` milliseconds of this clock.
    fn sleep(&self, ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// A shared clock.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// The machine's clocks, ready to share.
    #[must_use]
    pub fn shared() -> SharedClock {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        Arc::new(Self { started: Instant::now() })
    }
}

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        UnixMs(since_epoch.map_or(0, |elapsed| elapsed.as_millis() as i64))
    }

    fn monotonic_ms(&self) -> i64 {
        self.started.elapsed().as_millis() as i64
    }

    fn sleep(&self, ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        Box::pin(tokio::time::sleep(Duration::from_millis(ms.max(0) as u64)))
    }
}
