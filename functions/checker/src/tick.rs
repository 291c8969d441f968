//! One run of the checker.

use std::sync::atomic::Ordering;

use flatline_domain::{ServiceRecord, UnixMs};
use flatline_shared::store::{StoreError, SweepFilter, Swept, TickMark, TickStart};

use crate::agenda::Agenda;
use crate::judge::Judge;
use crate::watch::{Pulse, Watch, catch_up, clock_jumped};
use crate::{Checker, membership};

#[cfg(test)]
mod tests;

/// The longest that a tick lasts, in ms; the next one begins long before.
pub const LONGEST_MS: i64 = 120_000;

/// Looks are taken in slots of this length, in ms.
pub const SLOT_MS: i64 = 500;

/// How often a tick looks for its successor's mark, in ms.
const MARK_CHECK_MS: i64 = 5_000;

/// A tick that began longer ago than this has left a pause behind it, in ms.
const PAUSE_MS: i64 = 90_000;

/// A slot that comes later than planned by more than this was held up: the process stood still, in ms.
const STALL_MS: i64 = 5_000;

/// With no window shorter than this a tick need not stay when nothing falls due, in ms.
const LEISURELY_WINDOW_MS: i64 = 300_000;

impl Checker {
    /// Sweeps, then looks at what falls due until the next tick begins.
    ///
    /// # Errors
    /// [`StoreError`] if the tick cannot be marked, or if something that had to be read could not be
    /// until its end; whatever fails before is tried again in the next slot.
    pub async fn tick(&self) -> Result<(), StoreError> {
        let Some((mark, previous)) = self.begin().await? else { return Ok(()) };
        let paused = previous.is_none_or(|previous| mark.at.since_ms(previous.at) > PAUSE_MS);
        match Run::new(self, &mark, paused).last().await {
            Ending::Complete => self.tell_watchdog().await,
            Ending::Partial => {}
            Ending::Unread(error) => return Err(error),
        }
        Ok(())
    }

    /// Another monitor waits for this, and tells somebody when it does not come.
    async fn tell_watchdog(&self) {
        let Some(url) = &self.app.config.watchdog_url else { return };
        if let Err(error) = self.app.canary.ping(url).await {
            tracing::warn!(%error, "the watchdog cannot be told that all is well");
        }
    }

    /// Marks the tick; `None`: a newer configuration is in force. One that was rolled back is gone: it
    /// ticks no more, or was applied by another process of ours that took its place. Ours goes by a
    /// higher number from then on.
    pub(crate) async fn begin(&self) -> Result<Option<(TickMark, Option<TickMark>)>, StoreError> {
        let store = &self.app.store;
        let mut mark = TickMark { at: self.app.clock.now(), revision: self.revision() };
        for _ in 0..2 {
            match store.start_tick(&mark).await? {
                TickStart::Go { previous: Some(gone) } if gone.revision > mark.revision => {
                    mark.revision = self.go_by(gone.revision + 1);
                    store.start_tick(&mark).await?;
                    return Ok(Some((mark, Some(gone))));
                }
                TickStart::Go { previous } => return Ok(Some((mark, previous))),
                TickStart::Superseded(newer) => {
                    let applied = store.config_state().await?;
                    if applied.hash != self.app.config.hash {
                        let (ours, newest) = (mark.revision, newer.revision);
                        tracing::warn!(
                            ours,
                            newest,
                            "a newer configuration is in force: this process does not check"
                        );
                        return Ok(None);
                    }
                    mark.revision = self.go_by(newer.revision);
                }
            }
        }
        Ok(None)
    }

    /// The number that the configuration of this process goes by.
    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    fn go_by(&self, revision: u64) -> u64 {
        tracing::info!(revision, "this configuration is in force under a higher number");
        self.revision.store(revision, Ordering::Relaxed);
        self.memory().applied = false;
        revision
    }
}

/// What must be read before looks mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Nothing.
    Nothing,
    /// What may fall due before this tick ends.
    Due,
    /// Everything: nobody watched for a while, or a clock jumped.
    All,
}

/// How a tick ended.
enum Ending {
    /// Everything was swept, and heartbeats can be heard.
    Complete,
    /// Something is left for the next one.
    Partial,
    /// The store did not tell what had to be looked at.
    Unread(StoreError),
}

/// One tick while it runs.
struct Run<'a> {
    checker: &'a Checker,
    mark: &'a TickMark,
    horizon: UnixMs,
    /// When it ends at the latest, by the clock that never jumps.
    ends_at_ms: i64,
    next_mark_check_ms: i64,
    /// Both clocks when the current slot began.
    pulse: Pulse,
    need: Need,
    watch: Watch<'a>,
    agenda: Agenda,
    /// Why the last slot could not read what it had to.
    failure: Option<StoreError>,
}

impl<'a> Run<'a> {
    fn new(checker: &'a Checker, mark: &'a TickMark, paused: bool) -> Self {
        let pulse = Pulse::read(checker.app.clock.as_ref());
        let all = paused || !checker.memory().applied;
        Self {
            checker,
            mark,
            horizon: mark.at.plus_ms(LONGEST_MS),
            ends_at_ms: pulse.monotonic_ms + LONGEST_MS,
            next_mark_check_ms: pulse.monotonic_ms + MARK_CHECK_MS,
            // Never the pulse of an earlier tick: on Lambda the process is frozen in between, and whether its
            // monotonic clock goes on meanwhile is nobody's promise.
            pulse,
            need: if all { Need::All } else { Need::Due },
            watch: Watch::new(&checker.app),
            agenda: Agenda::default(),
            failure: None,
        }
    }

    async fn last(mut self) -> Ending {
        loop {
            self.slot().await;
            self.checker.mind_sight(self.watch.is_failing()).await;
            if !self.goes_on().await {
                return self.ending();
            }
            let before = self.pulse;
            let wait_ms = self.rest_ms();
            self.checker.app.clock.sleep(wait_ms).await;
            let now = Pulse::read(self.checker.app.clock.as_ref());
            if now.passed_ms(&before) > wait_ms + STALL_MS {
                self.need = Need::All;
            }
        }
    }

    fn ending(self) -> Ending {
        if let Some(error) = self.failure {
            return Ending::Unread(error);
        }
        let is_complete = self.need == Need::Nothing && !self.watch.is_failing();
        if is_complete { Ending::Complete } else { Ending::Partial }
    }

    /// Everything that is due now.
    async fn slot(&mut self) {
        self.mind_clock().await;
        self.failure = None;
        if self.need != Need::Nothing {
            match self.gather().await {
                Ok(swept) => {
                    self.need = Need::Nothing;
                    self.look(swept.records).await;
                    for (id, why) in &swept.broken {
                        self.checker.mind_broken(id, why).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot sweep, trying again in the next slot");
                    self.failure = Some(error);
                }
            }
        }
        self.watch.keep_up().await;
        let due = self.agenda.due(self.checker.app.clock.now());
        if due.is_empty() {
            return;
        }
        match self.checker.app.store.services(&due).await {
            Ok(found) => self.look(found.records).await,
            Err(error) => {
                tracing::warn!(%error, "cannot read what is due, trying again");
                let again = self.checker.app.clock.now().plus_ms(SLOT_MS);
                for id in &due {
                    self.agenda.set(id, again);
                }
                self.failure = Some(error);
            }
        }
    }

    /// Notices a wall clock that jumped: what was planned was planned by another clock.
    async fn mind_clock(&mut self) {
        let now = Pulse::read(self.checker.app.clock.as_ref());
        if clock_jumped(&self.pulse, &now) {
            tracing::warn!("the wall clock jumped: silence is counted anew");
            self.watch.store_blindness().await;
            self.agenda.clear();
            self.need = Need::All;
        }
        self.pulse = now;
    }

    /// Reads the records to look at first; in the first tick of a process also follows the
    /// configuration.
    async fn gather(&self) -> Result<Swept, StoreError> {
        let app = &self.checker.app;
        let now = app.clock.now();
        let first = !self.checker.memory().applied;
        if first {
            let revision = membership::announce(app, self.checker.revision(), now).await?;
            self.checker.revision.store(revision, Ordering::Relaxed);
            self.checker.remember_quarantine().await?;
        }
        if self.need == Need::Due {
            return app.store.sweep(SweepFilter::Due { now, horizon: self.horizon }).await;
        }
        let mut swept = catch_up(app).await?;
        if first {
            swept = membership::follow(app, swept, now).await?;
            self.checker.memory().applied = true;
        }
        Ok(swept)
    }

    /// Looks at records, with canaries beside it.
    async fn look(&mut self, records: Vec<ServiceRecord>) {
        let judge = Judge::new(self.checker, &self.watch, self.pulse);
        let again = tokio::select! {
            biased;
            again = judge.look(records) => again,
            never = self.watch.keep_on() => match never {},
        };
        for (id, look_at) in again {
            self.agenda.set(&id, look_at);
        }
    }

    /// How long nothing is due, in ms; at most a slot.
    fn rest_ms(&self) -> i64 {
        let canary = self.watch.next();
        let wanted = self.agenda.next().map_or(canary, |look| look.min(canary));
        wanted.since_ms(self.checker.app.clock.now()).clamp(1, SLOT_MS)
    }

    /// Whether this tick has anything left to do.
    async fn goes_on(&mut self) -> bool {
        let app = &self.checker.app;
        let now_ms = app.clock.monotonic_ms();
        if now_ms >= self.ends_at_ms {
            return false;
        }
        let idle = self.need == Need::Nothing
            && !self.watch.is_failing()
            && self.agenda.next().is_none_or(|next| next >= self.horizon);
        if idle && app.config.smallest_window_ms() >= LEISURELY_WINDOW_MS {
            return false;
        }
        if now_ms < self.next_mark_check_ms {
            return true;
        }
        self.next_mark_check_ms = now_ms + MARK_CHECK_MS;
        match app.store.tick_mark().await {
            Ok(newest) => newest.is_none_or(|newest| newest.at == self.mark.at),
            Err(_) => true,
        }
    }
}
