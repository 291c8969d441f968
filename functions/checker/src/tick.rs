//! One run of the checker.

use flatline_domain::{ServiceRecord, UnixMs};
use flatline_shared::store::{StoreError, SweepFilter, TickMark, TickStart};

use crate::agenda::Agenda;
use crate::judge::Judge;
use crate::watch::{Pulse, Watch, catch_up, clock_jumped};
use crate::{Checker, alarm, membership};

/// The longest that a tick lasts, in ms; the next one begins long before.
pub const LONGEST_MS: i64 = 120_000;

/// Looks are taken in slots of this length, in ms.
pub const SLOT_MS: i64 = 500;

/// How often a tick looks for its successor's mark, in ms.
const MARK_CHECK_MS: i64 = 5_000;

/// A tick that began longer ago than this has left a pause behind it, in ms.
const PAUSE_MS: i64 = 90_000;

/// With no window shorter than this a tick need not stay when nothing falls due, in ms.
const LEISURELY_WINDOW_MS: i64 = 300_000;

impl Checker {
    /// Sweeps, then looks at what falls due until the next tick begins.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read at its start; whatever fails later is tried
    /// again in the next slot.
    pub async fn tick(&self) -> Result<(), StoreError> {
        let mark = TickMark { at: self.app.clock.now(), revision: self.app.revision };
        let previous = match self.app.store.start_tick(&mark).await? {
            TickStart::Go { previous } => previous,
            TickStart::Superseded(newer) => {
                tracing::warn!(
                    ours = self.app.revision,
                    newest = newer.revision,
                    "a newer configuration is in force: this process does not check"
                );
                return Ok(());
            }
        };
        let paused = previous.is_none_or(|previous| mark.at.since_ms(previous.at) > PAUSE_MS);
        Run::new(self, &mark).last(paused).await
    }

    /// Reads both clocks; whether the wall clock jumped since they were last read, and how much real
    /// time passed, in ms.
    fn pulse(&self) -> (bool, i64) {
        let now = Pulse::read(self.app.clock.as_ref());
        let before = self.memory().pulse.replace(now);
        before.map_or((false, 0), |before| (clock_jumped(&before, &now), now.passed_ms(&before)))
    }
}

/// One tick while it runs.
struct Run<'a> {
    checker: &'a Checker,
    mark: &'a TickMark,
    horizon: UnixMs,
    watch: Watch<'a>,
    agenda: Agenda,
    next_mark_check: UnixMs,
}

impl<'a> Run<'a> {
    fn new(checker: &'a Checker, mark: &'a TickMark) -> Self {
        Self {
            checker,
            mark,
            horizon: mark.at.plus_ms(LONGEST_MS),
            watch: Watch::new(&checker.app),
            agenda: Agenda::default(),
            next_mark_check: mark.at.plus_ms(MARK_CHECK_MS),
        }
    }

    async fn last(mut self, paused: bool) -> Result<(), StoreError> {
        let (jumped, _) = self.checker.pulse();
        if jumped {
            self.watch.store_blindness().await;
        }
        let first = !self.checker.memory().applied;
        let records = self.gather(first, first || paused || jumped).await?;
        self.watch.keep_up().await;
        self.look(records).await;
        self.checker.mind_sight(self.watch.is_failing()).await;
        while self.goes_on().await {
            self.slot().await;
        }
        Ok(())
    }

    /// The records to look at first: all, after time in which nobody watched, else what may fall due.
    async fn gather(&self, first: bool, all: bool) -> Result<Vec<ServiceRecord>, StoreError> {
        let app = &self.checker.app;
        let now = app.clock.now();
        if first {
            membership::announce(app, now).await?;
        }
        let swept = if all {
            catch_up(app).await?
        } else {
            app.store.sweep(SweepFilter::Due { now, horizon: self.horizon }).await?
        };
        for (id, why) in &swept.broken {
            alarm::about_broken(app, id, why).await;
        }
        if !first {
            return Ok(swept.records);
        }
        let records = membership::follow(app, swept.records, now).await?;
        self.checker.memory().applied = true;
        Ok(records)
    }

    async fn look(&mut self, records: Vec<ServiceRecord>) {
        let judge = Judge::new(&self.checker.app, &self.watch);
        for (id, look_at) in judge.look(records).await {
            self.agenda.set(&id, look_at);
        }
    }

    /// Sleeps to the next slot in which something is to do, then does it.
    async fn slot(&mut self) {
        let clock = &self.checker.app.clock;
        let now = clock.now();
        let wanted = self.watch.next().min(self.next_mark_check);
        let wanted = self.agenda.next().map_or(wanted, |next| next.min(wanted));
        let wait_ms = wanted.since_ms(now).clamp(1, SLOT_MS);
        clock.sleep(wait_ms).await;
        let (jumped, passed_ms) = self.checker.pulse();
        if jumped {
            tracing::warn!("the wall clock jumped: silence is counted anew");
            self.watch.store_blindness().await;
        }
        if jumped || passed_ms > wait_ms + MARK_CHECK_MS {
            self.start_over().await;
        }
        self.watch.keep_up().await;
        self.checker.mind_sight(self.watch.is_failing()).await;
        let due = self.agenda.due(self.checker.app.clock.now());
        if due.is_empty() {
            return;
        }
        match self.checker.app.store.services(&due).await {
            Ok(found) => self.look(found.records).await,
            Err(error) => {
                tracing::warn!(error = %error, "cannot read what is due, trying again");
                let again = self.checker.app.clock.now().plus_ms(SLOT_MS);
                for id in &due {
                    self.agenda.set(id, again);
                }
            }
        }
    }

    /// Plans everything anew: the process stood still, or what was planned was planned by another
    /// clock.
    async fn start_over(&mut self) {
        match catch_up(&self.checker.app).await {
            Ok(swept) => {
                let now = self.checker.app.clock.now();
                self.agenda.clear();
                for record in &swept.records {
                    self.agenda.set(&record.id, now);
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, "cannot sweep, the next tick will");
            }
        }
    }

    /// Whether this tick has anything left to do.
    async fn goes_on(&mut self) -> bool {
        let app = &self.checker.app;
        let now = app.clock.now();
        // A wall clock that was set back must not keep a tick alive.
        if now >= self.horizon || now < self.mark.at {
            return false;
        }
        let idle = self.agenda.next().is_none_or(|next| next >= self.horizon);
        if idle && app.config.smallest_window_ms() >= LEISURELY_WINDOW_MS {
            return false;
        }
        if now < self.next_mark_check {
            return true;
        }
        self.next_mark_check = now.plus_ms(MARK_CHECK_MS);
        match app.store.tick_mark().await {
            Ok(newest) => newest.is_none_or(|newest| newest.at <= self.mark.at),
            Err(_) => true,
        }
    }
}
