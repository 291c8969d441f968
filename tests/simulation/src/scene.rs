//! What everything in one world shares.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flatline_domain::UnixMs;
use flatline_harness::bridge::Gate;
use flatline_harness::clock::VirtualClock;
use flatline_shared::clock::Clock;

use crate::cage::Cage;
use crate::door::Doorway;
use crate::mutant::Mutant;
use crate::plan::{Moment, Plan};
use crate::random::Random;
use crate::receiver::Inbox;
use crate::trace::{Trace, Verbosity};
use crate::truth::Truth;
use crate::weather::Sky;

/// The wall clock when every world begins.
pub const START: UnixMs = UnixMs(1_795_000_000_000);

/// One world. Instants are ms of the run unless they are called wall.
pub struct Scene {
    /// What happens.
    pub plan: Plan,
    /// The clock of all processes.
    pub clock: Arc<VirtualClock>,
    /// The database.
    pub gate: Gate,
    /// What is broken on purpose.
    pub mutant: Option<Mutant>,
    truth: Mutex<Truth>,
    trace: Mutex<Trace>,
    sky: Mutex<Sky>,
    inbox: Mutex<Inbox>,
    doorway: Mutex<Doorway>,
    latency: Mutex<Random>,
    trap: Mutex<Option<Trap>>,
}

/// A crash that waits for its moment.
#[derive(Clone)]
pub struct Trap {
    /// The moment.
    pub moment: Moment,
    /// Who dies.
    pub cage: Cage,
}

impl Scene {
    /// A world in which nothing happened yet. Must be made inside its runtime.
    pub fn new(plan: Plan, gate: Gate, mutant: Option<Mutant>, verbosity: Verbosity) -> Arc<Self> {
        let seed = plan.seed;
        Arc::new(Self {
            inbox: Mutex::new(Inbox::of(&plan)),
            plan,
            clock: VirtualClock::starting(START),
            gate,
            mutant,
            truth: Mutex::default(),
            trace: Mutex::new(Trace::new(verbosity)),
            sky: Mutex::new(Sky::of(seed)),
            doorway: Mutex::new(Doorway::of(seed)),
            latency: Mutex::new(Random::of(seed, "latency")),
            trap: Mutex::default(),
        })
    }

    /// Milliseconds since the run began.
    pub fn now_ms(&self) -> i64 {
        self.clock.monotonic_ms()
    }

    /// The wall clock of the processes.
    pub fn wall(&self) -> UnixMs {
        self.clock.now()
    }

    /// Time passes.
    pub async fn pause(&self, ms: i64) {
        self.clock.sleep(ms).await;
    }

    /// What a network takes.
    pub async fn latency(&self) {
        let ms = locked(&self.latency).range(0, 4);
        self.pause(ms).await;
    }

    /// Something happened that a reader of the trace wants to know.
    pub fn note(&self, text: impl AsRef<str>) {
        locked(&self.trace).note(self.now_ms(), text.as_ref());
    }

    /// Something small happened.
    pub fn mention(&self, text: impl AsRef<str>) {
        locked(&self.trace).mention(self.now_ms(), text.as_ref());
    }

    /// What really happened.
    pub fn truth(&self) -> MutexGuard<'_, Truth> {
        locked(&self.truth)
    }

    /// The events.
    pub fn trace(&self) -> MutexGuard<'_, Trace> {
        locked(&self.trace)
    }

    /// What happens to calls.
    pub fn sky(&self) -> MutexGuard<'_, Sky> {
        locked(&self.sky)
    }

    /// What channels got.
    pub fn inbox(&self) -> MutexGuard<'_, Inbox> {
        locked(&self.inbox)
    }

    /// The way in.
    pub fn doorway(&self) -> MutexGuard<'_, Doorway> {
        locked(&self.doorway)
    }

    /// The crash that waits.
    pub fn trap(&self) -> MutexGuard<'_, Option<Trap>> {
        locked(&self.trap)
    }

    /// Kills the process if this is the moment. `true`: it is dead.
    pub fn springs(&self, moment: Moment, cage: &Cage) -> bool {
        let mut trap = self.trap();
        let hit = trap
            .as_ref()
            .is_some_and(|trap| trap.moment == moment && trap.cage.number() == cage.number());
        if hit {
            *trap = None;
            self.note(format!("process {} dies: {moment:?}", cage.number()));
            cage.kill();
        }
        hit
    }
}

/// A world runs on one thread: nobody ever waits here, and a panic elsewhere ends the run anyway.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
