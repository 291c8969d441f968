//! Declares services down, degraded and up.
//!
//! One [`Checker::tick`] begins each minute and lasts until it sees the next one's mark: it sweeps
//! the records once for those that may fall due before it ends, then looks at each of them when its
//! time comes, in slots of half a second. Everything it does is decided from what is stored, so a
//! tick that dies, or two that overlap, change nothing.
//!
//! - [`agenda`]: who is looked at when.
//! - [`judge`]: one look at some records: reconcile, prove sight, [`commit`].
//! - [`watch`]: canaries, pauses, clock jumps: whether we can hear.
//! - [`membership`]: follows the configuration.
//! - [`alarm`]: what Flatline has to say about itself.

pub mod agenda;
pub mod alarm;
pub mod commit;
pub mod judge;
pub mod membership;
pub mod tick;
pub mod watch;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use flatline_shared::app::App;

use crate::alarm::Blindness;

/// The checker of one process. Ticks of one process may overlap.
pub struct Checker {
    app: App,
    /// The number that the configuration of this process goes by: its own, or a higher one, if one
    /// that came after it was rolled back.
    revision: AtomicU64,
    memory: Mutex<Memory>,
}

/// What a process remembers between its ticks; losing it costs one sweep without filter.
#[derive(Debug, Default)]
struct Memory {
    /// The configuration was applied by this process.
    applied: bool,
    /// Services that could not be checked, and that was said.
    broken: BTreeSet<String>,
    /// What was said of our own sight.
    blindness: Blindness,
}

impl Checker {
    /// A checker that has not ticked yet.
    #[must_use]
    pub fn new(app: App) -> Self {
        let revision = AtomicU64::new(app.revision);
        Self { app, revision, memory: Mutex::new(Memory::default()) }
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
