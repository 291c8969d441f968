//! How a desk learns that there is something to do.

use flatline_shared::clock::SharedClock;
use tokio::sync::watch;

/// What a ringer tells its bells.
#[derive(Clone, Copy, Debug, Default)]
struct Signal {
    stopping: bool,
}

/// Rings any number of [`Bell`]s.
#[derive(Debug)]
pub struct Ringer {
    signal: watch::Sender<Signal>,
}

/// Heard by one desk. A ring while nobody waits is kept until somebody does.
#[derive(Clone, Debug)]
pub struct Bell {
    signal: Option<watch::Receiver<Signal>>,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The time is over.
    Due,
    /// Somebody rang.
    Rung,
    /// The process is about to end: begin nothing.
    Stopping,
}

impl Default for Ringer {
    fn default() -> Self {
        Self { signal: watch::Sender::new(Signal::default()) }
    }
}

impl Ringer {
    /// A bell of this ringer.
    pub fn bell(&self) -> Bell {
        Bell { signal: Some(self.signal.subscribe()) }
    }

    /// Something was committed.
    pub fn ring(&self) {
        self.signal.send_modify(|_| ());
    }

    /// The process is about to end.
    pub fn stop(&self) {
        self.signal.send_modify(|signal| signal.stopping = true);
    }
}

impl Bell {
    /// A bell that nobody rings: on AWS the stream starts another drain, and cannot reach this one.
    pub const fn silent() -> Self {
        Self { signal: None }
    }

    /// Whether somebody can ring it.
    pub const fn is_silent(&self) -> bool {
        self.signal.is_none()
    }

    /// Whether the process is about to end.
    pub fn is_stopping(&self) -> bool {
        self.signal.as_ref().is_some_and(|signal| signal.borrow().stopping)
    }

    /// Waits for `ms` milliseconds or a ring, whichever comes first.
    pub async fn wait(&mut self, clock: &SharedClock, ms: i64) -> Wake {
        if self.is_stopping() {
            return Wake::Stopping;
        }
        let slept = clock.sleep(ms);
        let Some(signal) = &mut self.signal else {
            slept.await;
            return Wake::Due;
        };
        let rung = tokio::select! {
            biased;
            rung = signal.changed() => rung,
            () = slept => return Wake::Due,
        };
        // A ringer that is gone will never ring again: the process is ending.
        if rung.is_err() || signal.borrow().stopping { Wake::Stopping } else { Wake::Rung }
    }
}
