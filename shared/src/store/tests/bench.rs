//! What the tests stand on: an engine in memory, a clock that only moves when told.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::Client;
use flatline_domain::UnixMs;
use flatline_embedded::{Engine, Execution};

use crate::clock::Clock;
use crate::store::{IfMissing, Store};

/// When the tests begin.
pub const START: UnixMs = UnixMs(1_795_000_000_000);

/// A clock that moves when somebody sleeps.
#[derive(Debug)]
pub struct StillClock(AtomicI64);

impl StillClock {
    pub fn shared() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(START.0)))
    }
}

impl Clock for StillClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }

    fn monotonic_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst) - START.0
    }

    fn sleep(&self, ms: i64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.fetch_add(ms, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// A client onto a fresh database.
pub fn client() -> Client {
    Engine::memory().unwrap().client(Execution::Inline)
}

/// A store over `client`.
pub async fn open(client: Client) -> Store {
    Store::open(client, "flatline", StillClock::shared(), IfMissing::Create).await.unwrap()
}
