//! What must hold, checked with what the world knows.

mod alarm;
mod end;
mod outage;
mod routing;

use std::collections::BTreeMap;
use std::sync::Arc;

use flatline_domain::invariant::history_chains;
use flatline_domain::{Gap, ServiceRecord, Status, Transition};
use flatline_shared::store::Store;

use crate::scene::Scene;
use crate::truth::Committed;

/// The checks of one world.
pub struct Checks {
    scene: Arc<Scene>,
    /// The world's own view of the database.
    store: Store,
    /// The newest version that was checked, by service.
    versions: BTreeMap<String, u64>,
    /// The configuration of whoever committed each version, by service.
    commits: BTreeMap<String, BTreeMap<u64, Committed>>,
    /// Gaps that are noted, and since when they are seen, in ms of the run.
    gaps: BTreeMap<String, (Gap, i64)>,
    /// Records as they were at the last look.
    records: BTreeMap<String, ServiceRecord>,
}

impl Checks {
    /// Checks of a world in which nothing happened yet.
    pub fn new(scene: Arc<Scene>, store: Store) -> Self {
        Self {
            scene,
            store,
            versions: BTreeMap::new(),
            commits: BTreeMap::new(),
            gaps: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }

    /// Transitions that were checked.
    pub fn transitions(&self) -> usize {
        self.commits.values().map(BTreeMap::len).sum()
    }

    /// After each second: what was committed, and what was noted meanwhile.
    pub async fn step(&mut self) -> Result<(), String> {
        let (commits, violation) = {
            let mut truth = self.scene.truth();
            (std::mem::take(&mut truth.commits), truth.violation.take())
        };
        if let Some(violation) = violation {
            return Err(violation);
        }
        for committed in commits {
            self.committed(committed).await?;
        }
        Ok(())
    }

    async fn committed(&mut self, committed: Committed) -> Result<(), String> {
        let id = committed.id.clone();
        let history = self.store.history(&id).await.map_err(|error| error.to_string())?;
        history_chains(&history).map_err(|why| format!("{why} ({id})"))?;
        for &version in &committed.versions {
            let seen = self.versions.entry(id.clone()).or_default();
            if version != *seen + 1 {
                return Err(format!("I2: version {version} of {id} was committed after {seen}"));
            }
            *seen = version;
            let entry = history.iter().find(|entry| entry.version == version);
            let Some(entry) = entry else {
                return Err(format!("I2: version {version} of {id} is not in its history"));
            };
            self.transition(entry, &committed).await?;
            self.commits.entry(id.clone()).or_default().insert(version, committed.clone());
        }
        Ok(())
    }

    async fn transition(&self, entry: &Transition, committed: &Committed) -> Result<(), String> {
        let id = &committed.id;
        self.scene.note(format!(
            "{id} is {} after {} ({}, {}), since {} ms",
            entry.to.as_str(),
            entry.from.as_str(),
            entry.reason.as_str(),
            entry.version,
            entry.decided_at.since_ms(entry.at),
        ));
        if entry.from == Status::Paused && !matches!(entry.to, Status::Unknown | Status::Closed) {
            return Err(format!("I11: {id} went from paused to {}", entry.to.as_str()));
        }
        routing::rows_are_routed(entry, committed)?;
        if entry.reason.is_silence() {
            self.alarm_is_true(entry, committed).await?;
        }
        Ok(())
    }
}
