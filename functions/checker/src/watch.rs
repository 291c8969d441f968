//! Whether we can hear: canaries, pauses and clock jumps.
//!
//! The canary takes the road of every heartbeat, so that it fails when they would. Its proof is
//! stored by ingest; what is learnt here is only whether it got through.

use std::convert::Infallible;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use flatline_domain::sight::{CLOCK_JUMP_MS, canary_period_ms, canary_retry_ms, sparse_proofs};
use flatline_domain::{ServiceRecord, UnixMs};
use flatline_shared::app::App;
use flatline_shared::clock::Clock;
use flatline_shared::store::{StoreError, SweepFilter, Swept};

use crate::membership::spec_of;

/// How often all rings are read while canaries fail, in ms.
const LISTEN_MS: i64 = 5_000;

/// The shortest pause between two canaries of one tick, in ms.
const MIN_PAUSE_MS: i64 = 50;

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// The wall clock.
    pub wall: UnixMs,
    /// The clock that never jumps.
    pub monotonic_ms: i64,
}

impl Pulse {
    /// Reads both clocks.
    pub fn read(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic_ms: clock.monotonic_ms() }
    }

    /// How far the wall clock moved against the other since `before`, in ms, either way.
    #[must_use]
    pub const fn jumped_ms(&self, before: &Self) -> i64 {
        let wall_ms = self.wall.since_ms(before.wall);
        (wall_ms - (self.monotonic_ms - before.monotonic_ms)).abs()
    }

    /// How much real time passed since `before`, in ms.
    #[must_use]
    pub const fn passed_ms(&self, before: &Self) -> i64 {
        self.monotonic_ms - before.monotonic_ms
    }
}

/// The canaries of one tick.
pub struct Watch<'a> {
    app: &'a App,
    period_ms: i64,
    /// A canary that failed is repeated after this long.
    retry_ms: i64,
    next: std::sync::Mutex<UnixMs>,
    /// When all rings are read again.
    listen_at: std::sync::Mutex<UnixMs>,
    /// A failure that could not be stored yet; no canary flies before it is, or its proof would
    /// hide it.
    unstored: AtomicBool,
    /// The last canary failed.
    failing: AtomicBool,
}

impl<'a> Watch<'a> {
    /// The first canary is due at once.
    #[must_use]
    pub fn new(app: &'a App) -> Self {
        Self {
            app,
            period_ms: canary_period_ms(app.config.smallest_window_ms()),
            retry_ms: canary_retry_ms(app.config.smallest_window_ms()),
            next: std::sync::Mutex::new(UnixMs(0)),
            listen_at: std::sync::Mutex::new(UnixMs(0)),
            unstored: AtomicBool::new(false),
            failing: AtomicBool::new(false),
        }
    }

    /// When the next canary is due.
    pub fn next(&self) -> UnixMs {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last canary failed.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Sends a canary if one is due.
    pub async fn keep_up(&self) {
        if self.next() <= self.app.clock.now() {
            self.prove().await;
        }
    }

    /// Sends a canary because a silence would be committed, unless canaries are failing and the
    /// next is not due yet: then there is nothing to prove it with. `false`: the sight log lacks a
    /// failure that could not be stored.
    pub async fn prove_for_silence(&self) -> bool {
        if !self.is_failing() || self.next() <= self.app.clock.now() {
            self.prove().await;
        }
        !self.unstored.load(Ordering::Relaxed)
    }

    /// Sends canaries whenever they are due; never returns. Looks may take long, and must not make us
    /// blind.
    pub async fn keep_on(&self) -> Infallible {
        loop {
            let wait_ms = self.next().since_ms(self.app.clock.now());
            let wait_ms = wait_ms.clamp(MIN_PAUSE_MS, self.retry_ms);
            self.app.clock.sleep(wait_ms).await;
            self.keep_up().await;
        }
    }

    async fn prove(&self) {
        if self.unstored.load(Ordering::Relaxed) && !self.store_blindness().await {
            return;
        }
        let proof = self.app.canary.prove().await;
        let was_failing = self.failing.swap(proof.is_err(), Ordering::Relaxed);
        match proof {
            Ok(_) => {
                self.plan(self.period_ms);
                if was_failing {
                    tracing::info!("canaries are heard again: each silent service gets one window");
                }
            }
            Err(error) => {
                if !was_failing {
                    tracing::warn!(%error, "a canary failed: silence proves nothing until one is heard");
                }
                self.store_blindness().await;
            }
        }
    }

    /// Notes that the next proof ends a hole for everybody. `true`: it is stored.
    pub async fn store_blindness(&self) -> bool {
        self.plan(self.retry_ms);
        // Whoever is interrupted here has not stored it.
        self.unstored.store(true, Ordering::Relaxed);
        match self.app.store.mark_blind().await {
            Ok(()) => self.unstored.store(false, Ordering::Relaxed),
            Err(error) => {
                tracing::debug!(%error, "cannot store that a canary failed, trying again");
            }
        }
        !self.unstored.load(Ordering::Relaxed)
    }

    /// While canaries fail the heartbeats of services are the only proofs left: reads them all, now and
    /// then. Called before a silence is judged.
    pub async fn listen_to_others(&self) -> Result<(), StoreError> {
        let now = self.app.clock.now();
        {
            let mut listen_at = self.listen_at.lock().unwrap_or_else(PoisonError::into_inner);
            if !self.is_failing() || now < *listen_at {
                return Ok(());
            }
            *listen_at = now.plus_ms(LISTEN_MS);
        }
        let swept = self.app.store.sweep(SweepFilter::All).await?;
        prove_by_rings(self.app, &swept.records).await
    }

    fn plan(&self, ms: i64) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) =
            self.app.clock.now().plus_ms(ms);
    }
}

/// Reads every record after time in which nobody watched: heartbeats that ingest stored meanwhile
/// are proofs, and times that a repaired clock left in the future are set to now.
pub async fn catch_up(app: &App) -> Result<Swept, StoreError> {
    let mut swept = app.store.sweep(SweepFilter::All).await?;
    prove_by_rings(app, &swept.records).await?;
    let now = app.clock.now();
    for record in &mut swept.records {
        let Some(repaired) = record.repaired(&spec_of(app, record), now) else { continue };
        tracing::warn!(service = record.id, "its times lay in the future: set to now");
        match app.store.repair(record, &repaired).await {
            Ok(()) => *record = repaired,
            Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable),
            Err(error) => swept.broken.push((record.id.clone(), error.to_string())),
        }
    }
    Ok(swept)
}

async fn prove_by_rings(app: &App, records: &[ServiceRecord]) -> Result<(), StoreError> {
    let log = app.store.sight_log().await?;
    let Some(last) = log.last_proof else { return Ok(()) };
    let now = app.clock.now();
    let proofs = records.iter().flat_map(|record| &record.ring).filter(|beat| **beat <= now);
    for proof in sparse_proofs(last, proofs.copied().collect(), log.finest_ms) {
        app.store.prove_late(proof).await?;
    }
    Ok(())
}

/// Whether the wall clock jumped between two pulses.
#[must_use]
pub const fn clock_jumped(before: &Pulse, now: &Pulse) -> bool {
    now.jumped_ms(before) > CLOCK_JUMP_MS
}
