//! One look at some records: decide, prove sight where silence would be committed, commit.

use std::sync::{Mutex, PoisonError};

use flatline_domain::{
    Decision, Hole, KeepReason, ServiceRecord, ServiceSpec, Sight, SightLog, UnixMs, reconcile,
};
use flatline_shared::store::StoreError;
use futures_util::{StreamExt, stream};

use crate::Checker;
use crate::commit::{commit, remind};
use crate::membership::spec_of;
use crate::tick::SLOT_MS;
use crate::watch::{Pulse, Watch, clock_jumped};

/// Commits that run at a time.
const CONCURRENCY: usize = 32;

/// A refused item is left alone for this long, so that it does not fill the log, in ms.
const QUARANTINE_MS: i64 = 60_000;

/// When to look at which service again.
pub type LookAgain = (String, UnixMs);

/// Looks at records and commits what follows.
pub struct Judge<'a> {
    checker: &'a Checker,
    watch: &'a Watch<'a>,
    /// Both clocks when the slot began: a jump since then is not known to the sight log.
    pulse: Pulse,
    /// What could not be committed, and why the last of it was not.
    uncommitted: Mutex<(usize, String)>,
}

/// What is known of our sight, and the time that goes with it.
struct Sighted {
    log: SightLog,
    /// The holes that may matter to any of the records.
    holes: Vec<Hole>,
    now: UnixMs,
}

impl<'a> Judge<'a> {
    /// A judge that proves sight with these canaries.
    #[must_use]
    pub fn new(checker: &'a Checker, watch: &'a Watch<'a>, pulse: Pulse) -> Self {
        Self { checker, watch, pulse, uncommitted: Mutex::default() }
    }

    /// Decides about each record once; says when to look at each again.
    pub async fn look(&self, records: Vec<ServiceRecord>) -> Vec<LookAgain> {
        let app = &self.checker.app;
        let now = app.clock.now();
        let (blind, plain): (Vec<_>, Vec<_>) = records
            .into_iter()
            .map(|record| (spec_of(app, &record), record))
            .partition(|(spec, record)| needs_sight(record, spec, now));
        let mut again = self.each(plain, None).await;
        if !blind.is_empty() {
            again.extend(self.look_with_sight(blind).await);
        }
        let uncommitted = self.uncommitted.lock().unwrap_or_else(PoisonError::into_inner);
        if uncommitted.0 > 0 {
            let (count, why) = &*uncommitted;
            tracing::warn!(count, why, "services wait for the database, trying again");
        }
        again
    }

    async fn look_with_sight(&self, items: Vec<(ServiceSpec, ServiceRecord)>) -> Vec<LookAgain> {
        match self.sighted(&items).await {
            Ok(Some(sighted)) => return self.each(items, Some(&sighted)).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot read blind time, trying again"),
        }
        let next = self.checker.app.clock.now().plus_ms(SLOT_MS);
        items.into_iter().map(|(_, record)| (record.id, next)).collect()
    }

    /// The canary flies first and sight is read after it, so that no heartbeat can have been stored
    /// between what is known and what is concluded without the commit's condition seeing it. `None`:
    /// something happened that the log does not tell yet.
    async fn sighted(
        &self,
        items: &[(ServiceSpec, ServiceRecord)],
    ) -> Result<Option<Sighted>, StoreError> {
        let app = &self.checker.app;
        if !self.watch.prove_for_silence().await {
            return Ok(None);
        }
        self.watch.listen_to_others().await?;
        let log = app.store.sight_log().await?;
        let heard = items.iter().filter_map(|(spec, record)| match record.unjudged_gap() {
            Some(gap) => Some(gap.from),
            None => log.needs_rows(record, spec, app.clock.now()).then(|| record.heard_until()),
        });
        let holes = match heard.min() {
            Some(oldest) => app.store.holes_since(oldest).await?,
            None => Vec::new(),
        };
        let pulse = Pulse::read(app.clock.as_ref());
        if clock_jumped(&self.pulse, &pulse) {
            return Ok(None);
        }
        Ok(Some(Sighted { log, holes, now: pulse.wall }))
    }

    async fn each(
        &self,
        items: Vec<(ServiceSpec, ServiceRecord)>,
        sighted: Option<&Sighted>,
    ) -> Vec<LookAgain> {
        let looks: Vec<_> =
            items.into_iter().map(|(spec, record)| self.one(spec, record, sighted)).collect();
        stream::iter(looks).buffer_unordered(CONCURRENCY).collect().await
    }

    /// Decides about one record; whatever goes wrong stays with it.
    async fn one(
        &self,
        spec: ServiceSpec,
        record: ServiceRecord,
        sighted: Option<&Sighted>,
    ) -> LookAgain {
        let soon = |ms| self.checker.app.clock.now().plus_ms(ms);
        let look_at = match self.settle(&spec, &record, sighted).await {
            Ok(look_at) => {
                self.checker.mind_mended(&record.id).await;
                look_at
            }
            Err(StoreError::Unavailable(why)) => {
                let mut uncommitted =
                    self.uncommitted.lock().unwrap_or_else(PoisonError::into_inner);
                *uncommitted = (uncommitted.0 + 1, why);
                soon(SLOT_MS)
            }
            Err(error) => {
                self.checker.mind_broken(&record.id, &error.to_string()).await;
                soon(QUARANTINE_MS)
            }
        };
        (record.id, look_at)
    }

    async fn settle(
        &self,
        spec: &ServiceSpec,
        record: &ServiceRecord,
        sighted: Option<&Sighted>,
    ) -> Result<UnixMs, StoreError> {
        let app = &self.checker.app;
        let now = sighted.map_or_else(|| app.clock.now(), |sighted| sighted.now);
        if sighted.is_some_and(|sighted| !is_known(record, &sighted.log)) {
            return Ok(now.plus_ms(SLOT_MS));
        }
        let sight = sighted.map(|sighted| sight(spec, record, sighted));
        match reconcile(record, spec, sight.as_ref(), now) {
            // While canaries fail nothing is proven; the hole that they leave grants a window anyway.
            Decision::Keep { reason: KeepReason::NoProof, .. } if self.watch.is_failing() => {
                return Ok(now.plus_ms(spec.window_ms));
            }
            Decision::Keep { look_at, .. } => return Ok(look_at),
            Decision::ClearGap(_) => {
                app.store.clear_gap(record).await?;
            }
            Decision::Commit(transitions) => commit(app, spec, record, &transitions, now).await?,
            Decision::Remind { n } => remind(app, spec, record, n, now).await?,
        }
        // What comes next depends on what is stored now, also if somebody was first.
        Ok(app.clock.now().plus_ms(SLOT_MS))
    }
}

fn sight(spec: &ServiceSpec, record: &ServiceRecord, sighted: &Sighted) -> Sight {
    let Sighted { log, holes, now } = sighted;
    let Some(gap) = record.unjudged_gap() else { return log.sight(record, spec, holes, *now) };
    let heard = record.resumed_at.map_or(gap.from, |resumed| gap.from.max(resumed));
    Sight::of_gap(heard, gap.to, spec.window_ms, holes)
}

/// Whether the holes in the gap of `record`, if it has one, are stored: a proof that is not older than
/// its end has ended the last.
fn is_known(record: &ServiceRecord, log: &SightLog) -> bool {
    record.unjudged_gap().is_none_or(|gap| log.last_proof.is_some_and(|proof| proof >= gap.to))
}

/// Whether deciding about `record` takes sight: a silence that would be committed, or a gap.
fn needs_sight(record: &ServiceRecord, spec: &ServiceSpec, now: UnixMs) -> bool {
    let gap = record.unjudged_gap().is_some() && !record.status.is_out();
    let silent = matches!(
        reconcile(record, spec, None, now),
        Decision::Keep { reason: KeepReason::NeedsSight, .. }
    );
    gap || silent
}

#[cfg(test)]
mod tests;
