//! The one context value.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::SharedClock;
use crate::config::{Config, Secret};
use crate::notify::{Canary, Transport};
use crate::store::Store;

/// Everything that handlers need; built once per process, cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The configuration, valid and complete.
    pub config: Arc<Config>,
    /// The revision of the configuration: on AWS the deploy time, locally the stored one, plus 1 if the
    /// configuration changed.
    pub revision: u64,
    /// The database.
    pub store: Store,
    /// The only source of time.
    pub clock: SharedClock,
    /// Sends canaries.
    pub canary: Arc<dyn Canary>,
    /// The key that a canary must carry; heartbeats for `#canary` with any other key are refused.
    pub canary_key: Secret,
    /// Sends to channels; one connection pool per process.
    pub transport: Arc<dyn Transport>,
    /// Rung after a commit that wrote outbox rows. On AWS nobody listens: the stream rings there.
    pub doorbell: Arc<Notify>,
}
