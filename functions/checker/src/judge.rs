//! One look at some records: decide, prove sight where silence would be committed, commit.

use std::collections::BTreeSet;

use flatline_domain::{
    Decision, Hole, KeepReason, ServiceRecord, ServiceSpec, Sight, SightLog, Transition, UnixMs,
    reconcile,
};
use flatline_shared::app::App;
use flatline_shared::store::{CommitOutcome, Lane, StoreError};
use flatline_shared::transition::{Informed, commit_for};
use futures_util::{StreamExt, stream};

use crate::alarm;
use crate::membership::spec_of;
use crate::tick::SLOT_MS;
use crate::watch::Watch;

/// Commits that run at a time.
const CONCURRENCY: usize = 32;

/// A refused item is left alone for this long, so that it does not fill the log, in ms.
const QUARANTINE_MS: i64 = 60_000;

/// When to look at which service again.
pub type LookAgain = (String, UnixMs);

/// Looks at records and commits what follows.
pub struct Judge<'a> {
    app: &'a App,
    watch: &'a Watch<'a>,
}

impl<'a> Judge<'a> {
    /// A judge that proves sight with these canaries.
    #[must_use]
    pub const fn new(app: &'a App, watch: &'a Watch<'a>) -> Self {
        Self { app, watch }
    }

    /// Decides about each record once; says when to look at each again.
    pub async fn look(&self, records: Vec<ServiceRecord>) -> Vec<LookAgain> {
        let now = self.app.clock.now();
        let (blind, plain): (Vec<_>, Vec<_>) = records
            .into_iter()
            .map(|record| (spec_of(self.app, &record), record))
            .partition(|(spec, record)| needs_sight(record, spec, now));
        let mut again = self.each(plain, None).await;
        if !blind.is_empty() {
            again.extend(self.look_with_sight(blind).await);
        }
        again
    }

    /// The canary flies first and sight is read after it, so that no heartbeat can have been stored
    /// between what is known and what is concluded without the commit's condition seeing it.
    async fn look_with_sight(&self, items: Vec<(ServiceSpec, ServiceRecord)>) -> Vec<LookAgain> {
        self.watch.prove_for_silence().await;
        match self.app.store.sight_log().await {
            Ok(log) => self.each(items, Some(&log)).await,
            Err(error) => {
                tracing::warn!(error = %error, "cannot read blind time, trying again");
                let next = self.app.clock.now().plus_ms(SLOT_MS);
                items.into_iter().map(|(_, record)| (record.id, next)).collect()
            }
        }
    }

    async fn each(
        &self,
        items: Vec<(ServiceSpec, ServiceRecord)>,
        log: Option<&SightLog>,
    ) -> Vec<LookAgain> {
        let looks: Vec<_> =
            items.into_iter().map(|(spec, record)| self.one(spec, record, log)).collect();
        stream::iter(looks).buffer_unordered(CONCURRENCY).collect().await
    }

    /// Decides about one record; whatever goes wrong stays with it.
    async fn one(
        &self,
        spec: ServiceSpec,
        record: ServiceRecord,
        log: Option<&SightLog>,
    ) -> LookAgain {
        let soon = |ms| self.app.clock.now().plus_ms(ms);
        let look_at = match self.settle(&spec, &record, log).await {
            Ok(look_at) => look_at,
            Err(StoreError::Unavailable(why)) => {
                tracing::warn!(service = record.id, why, "not committed, trying again");
                soon(SLOT_MS)
            }
            Err(error) => {
                alarm::about_broken(self.app, &record.id, &error.to_string()).await;
                soon(QUARANTINE_MS)
            }
        };
        (record.id, look_at)
    }

    async fn settle(
        &self,
        spec: &ServiceSpec,
        record: &ServiceRecord,
        log: Option<&SightLog>,
    ) -> Result<UnixMs, StoreError> {
        let now = self.app.clock.now();
        if log.is_some_and(|log| !is_known(record, log)) {
            return Ok(now.plus_ms(SLOT_MS));
        }
        let sight = match log {
            Some(log) => Some(self.sight(spec, record, log, now).await?),
            None => None,
        };
        match reconcile(record, spec, sight.as_ref(), now) {
            Decision::Keep { look_at, .. } => return Ok(look_at),
            Decision::ClearGap(_) => {
                self.app.store.clear_gap(record).await?;
            }
            Decision::Commit(transitions) => self.commit(record, &transitions, now).await?,
        }
        // What comes next depends on what is stored now, also if somebody was first.
        Ok(self.app.clock.now().plus_ms(SLOT_MS))
    }

    async fn sight(
        &self,
        spec: &ServiceSpec,
        record: &ServiceRecord,
        log: &SightLog,
        now: UnixMs,
    ) -> Result<Sight, StoreError> {
        if let Some(gap) = record.gap {
            let heard = record.resumed_at.map_or(gap.from, |resumed| gap.from.max(resumed));
            let holes = self.app.store.holes_since(heard).await?;
            return Ok(Sight::of_gap(heard, gap.to, spec.window_ms, &holes));
        }
        let holes: Vec<Hole> = if log.needs_rows(record, spec, now) {
            self.app.store.holes_since(record.heard_until()).await?
        } else {
            Vec::new()
        };
        Ok(log.sight(record, spec, &holes, now))
    }

    async fn commit(
        &self,
        record: &ServiceRecord,
        transitions: &[Transition],
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let app = self.app;
        let spec = spec_of(app, record);
        let informed = self.informed(&spec, record, transitions).await?;
        let message = self.last_message(record, transitions, now).await?;
        let commit =
            commit_for(&app.config, &spec, record, transitions, now, &informed, message.as_deref());
        if app.store.commit(&commit).await? == CommitOutcome::Committed {
            if !commit.outbox.is_empty() {
                app.doorbell.notify_one();
            }
            for transition in transitions {
                tracing::info!(
                    service = record.id,
                    from = transition.from.as_str(),
                    to = transition.to.as_str(),
                    reason = transition.reason.as_str(),
                    version = transition.version,
                    late_ms = transition.decided_at.since_ms(transition.at),
                    "transition"
                );
            }
        }
        Ok(())
    }
}

impl Judge<'_> {
    /// What channels know, where it matters: a service that is no longer watched ends what was told.
    async fn informed(
        &self,
        spec: &ServiceSpec,
        record: &ServiceRecord,
        transitions: &[Transition],
    ) -> Result<Informed, StoreError> {
        if !transitions.iter().any(Transition::closes) {
            return Ok(Informed::default());
        }
        let lane = Lane::Service(spec.id.clone());
        let told = self.app.store.told(&lane).await?;
        let mut waiting = BTreeSet::new();
        // Only trouble that was committed can wait untold; a service that is well has none.
        if record.status.is_incident() {
            for channel in &self.app.config.channels {
                let rows = self.app.store.queued(&channel.route.name).await?;
                if rows.iter().any(|row| row.delivery.lane == lane) {
                    waiting.insert(channel.route.name.clone());
                }
            }
        }
        Ok(Informed { told, waiting })
    }

    /// The last message of a service in trouble.
    async fn last_message(
        &self,
        record: &ServiceRecord,
        transitions: &[Transition],
        now: UnixMs,
    ) -> Result<Option<String>, StoreError> {
        if record.last_beat.is_none() || !transitions.iter().any(|next| next.to.is_incident()) {
            return Ok(None);
        }
        let newest = self.app.store.logs(&record.id, now, 1).await?;
        Ok(newest.into_iter().next().and_then(|entry| entry.message))
    }
}

/// Whether the holes in the gap of `record`, if it notes one, are stored: the next proof after it ends
/// the last. The heartbeat that ended the gap is none: it may be the first that came through.
fn is_known(record: &ServiceRecord, log: &SightLog) -> bool {
    record.gap.is_none_or(|gap| log.last_proof.is_some_and(|proof| proof >= gap.to))
}

/// Whether deciding about `record` takes sight: a silence that would be committed, or a gap.
fn needs_sight(record: &ServiceRecord, spec: &ServiceSpec, now: UnixMs) -> bool {
    let gap = record.gap.is_some() && !record.status.is_out();
    let silent = matches!(
        reconcile(record, spec, None, now),
        Decision::Keep { reason: KeepReason::NeedsSight, .. }
    );
    gap || silent
}

#[cfg(test)]
mod tests;
