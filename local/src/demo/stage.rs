//! Plays the script: every heartbeat, decision and commit is the real one; only the clock is not.

use flatline_domain::{
    Decision, Membership, ServiceRecord, ServiceSpec, Sight, Status, UnixMs, reconcile,
};
use flatline_shared::config::Config;
use flatline_shared::store::{Beat, ExternalAlert, LogEntry, Store, StoreError, alert_key};
use flatline_shared::transition::{Informed, Said, commit_for};

use super::script::{Act, Cue, Outside};

/// Canaries fly so seldom in the demonstration that no hole is found between them: those that there
/// are, are played.
const NO_HOLES_MS: i64 = 100 * 366 * 86_400_000;

/// Where the script is played.
pub struct Stage<'a> {
    /// An empty store.
    pub store: &'a Store,
    /// The configuration that the script's services are in.
    pub config: &'a Config,
}

impl Stage<'_> {
    /// Plays everything up to `now`; returns how many changes of status were committed.
    pub async fn play(&self, cues: &[Cue], now: UnixMs) -> Result<usize, StoreError> {
        let Some(first) = cues.first() else { return Ok(0) };
        self.store.refine_sight(NO_HOLES_MS, first.at).await?;
        self.store.prove(first.at).await?;
        let mut committed = 0;
        for (n, cue) in cues.iter().enumerate() {
            committed += match &cue.act {
                Act::Enter(id) => self.enter(id, cue.at).await?,
                Act::Beat(id, status, why) => self.beat(id, *status, *why, cue.at).await?,
                Act::Look(id) => self.look(id, cue.at).await?,
                Act::Pause(id) => self.pause(id, cue.at).await?,
                Act::Blind(ms) => self.blind(cue.at, *ms).await?,
                Act::Alert(outside) => self.alert(outside, n, cue.at).await?,
            };
        }
        // Otherwise nobody would have watched since the last look.
        self.store.prove(now).await?;
        Ok(committed)
    }

    /// The service as it was while it was watched.
    fn spec(&self, id: &str) -> ServiceSpec {
        let spec = self.config.service(id).map(|service| service.spec.clone());
        let spec = spec.expect("the script plays services of its own configuration");
        ServiceSpec { membership: Membership::Active, ..spec }
    }

    async fn enter(&self, id: &str, now: UnixMs) -> Result<usize, StoreError> {
        self.store.create_service(&self.spec(id), now).await?;
        Ok(0)
    }

    async fn beat(
        &self,
        id: &str,
        status: Status,
        why: Option<&str>,
        now: UnixMs,
    ) -> Result<usize, StoreError> {
        let spec = self.spec(id);
        if let Some(why) = why {
            let entry = LogEntry {
                at: now,
                status: Some(status.as_str().to_owned()),
                message: Some(why.to_owned()),
                source: "api".to_owned(),
                ..LogEntry::default()
            };
            self.store.write_log(id, &entry, 0, self.config.settings.retention_days).await?;
        }
        let beat = Beat { id, at: now, window_ms: spec.window_ms, stated: Some(status) };
        let mut heard = self.store.beat(&beat).await?.after;
        // The script plays only heartbeats that matter: between them the service lived all the same.
        if heard.unjudged_gap().is_some() {
            self.store.clear_gap(&heard).await?;
            heard = heard.without_gap();
        }
        self.decide(&spec, &heard, None, now).await
    }

    async fn look(&self, id: &str, now: UnixMs) -> Result<usize, StoreError> {
        let spec = self.spec(id);
        self.store.prove(now).await?;
        let Some(record) = self.store.service(id).await? else { return Ok(0) };
        let sight = self.store.sight_log().await?.sight(&record, &spec, &[], now);
        self.decide(&spec, &record, Some(&sight), now).await
    }

    async fn pause(&self, id: &str, now: UnixMs) -> Result<usize, StoreError> {
        let spec = ServiceSpec { membership: Membership::Paused, ..self.spec(id) };
        let Some(record) = self.store.service(id).await? else { return Ok(0) };
        self.decide(&spec, &record, None, now).await
    }

    async fn decide(
        &self,
        spec: &ServiceSpec,
        record: &ServiceRecord,
        sight: Option<&Sight>,
        now: UnixMs,
    ) -> Result<usize, StoreError> {
        let Decision::Commit(transitions) = reconcile(record, spec, sight, now) else {
            return Ok(0);
        };
        let informed = Informed::default();
        let commit =
            commit_for(self.config, spec, record, &transitions, now, &informed, Said::default());
        self.store.commit(&commit).await?;
        Ok(transitions.len())
    }

    /// From `now` on for `ms`, no canary came through.
    async fn blind(&self, now: UnixMs, ms: i64) -> Result<usize, StoreError> {
        self.store.prove(now).await?;
        self.store.mark_blind().await?;
        self.store.prove(now.plus_ms(ms)).await?;
        Ok(0)
    }

    async fn alert(&self, outside: &Outside, n: usize, now: UnixMs) -> Result<usize, StoreError> {
        let alert = ExternalAlert {
            key: alert_key(outside.source, outside.title),
            id: format!("{n:016x}"),
            at: now,
            began_at: now,
            severity: outside.severity.to_owned(),
            source: outside.source.to_owned(),
            title: outside.title.to_owned(),
            message: outside.message.to_owned(),
            feed_days: self.config.notify.max_age_days,
            ..ExternalAlert::default()
        };
        self.store.store_alert(&alert).await?;
        Ok(0)
    }
}
