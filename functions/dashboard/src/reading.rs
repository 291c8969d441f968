//! What a page needs of the database: two Queries per shard, the traces of the checker and the holes.
//! No read is per service.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use flatline_domain::sight::merged;
use flatline_domain::{Hole, UnixMs};
use flatline_shared::http::ApiError;
use flatline_shared::store::{
    DaysByService, Store, StoreError, SweepFilter, Swept, SweptDays, unless_broken,
};

use crate::banner::Vigil;

/// What was read for a page.
#[derive(Debug)]
pub struct Reading {
    /// When the reading began: what is shown is at least as new.
    pub at: UnixMs,
    /// Every record.
    pub swept: Swept,
    /// What uptime is computed from. `None`: some of it cannot be read.
    pub past: Option<Past>,
    /// The traces of the checker.
    pub vigil: Vigil,
}

/// What uptime is computed from, besides records.
#[derive(Debug, Default, Hash)]
pub struct Past {
    /// The days that were not wholly up.
    pub days: DaysByService,
    /// Services of whose days some cannot be read: of them nothing is claimed.
    pub broken: BTreeSet<String>,
    /// Blind time since the first day.
    pub holes: Vec<Hole>,
}

impl Reading {
    /// Reads all of it at once. What is broken is left out and logged; it keeps nothing else from
    /// being shown.
    pub async fn of(store: &Store, first: UnixMs, now: UnixMs) -> Result<Self, StoreError> {
        let (swept, days, holes, vigil) = tokio::join!(
            store.sweep(SweepFilter::All),
            store.sweep_days(),
            store.holes_since(first),
            vigil(store),
        );
        let (swept, days, holes) = (swept?, days?, unless_broken(holes)?.map(merged));
        log_broken(&swept);
        let SweptDays { days, broken } = days;
        let past = holes.map(|holes| Past { days, broken, holes });
        Ok(Self { at: now, swept, past, vigil: vigil? })
    }
}

impl Hash for Reading {
    /// What a page shows of it. When it was read is left out, and so is the newest proof, which changes
    /// each second.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { at: _, swept, past, vigil } = self;
        (&swept.records, &swept.broken, past, vigil.ticked_at, vigil.failing_since).hash(state);
    }
}

/// 503: a reading that others share failed, whatever the reason.
pub fn unavailable(error: &StoreError) -> ApiError {
    out_of_reach(error).into()
}

/// What everybody is told whose shared reading failed.
pub fn out_of_reach(error: &StoreError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// Every record, for the status answer.
pub async fn sweep(store: &Store) -> Result<Swept, StoreError> {
    let swept = store.sweep(SweepFilter::All).await?;
    log_broken(&swept);
    Ok(swept)
}

/// The traces of the checker; one that cannot be read counts as none.
pub async fn vigil(store: &Store) -> Result<Vigil, StoreError> {
    let (tick, canary) = tokio::join!(store.tick_mark(), store.canary_state());
    let canary = unless_broken(canary)?.unwrap_or_default();
    Ok(Vigil {
        ticked_at: unless_broken(tick)?.flatten().map(|mark| mark.at),
        proven_at: canary.proven_at,
        failing_since: canary.failing_since,
    })
}

fn log_broken(swept: &Swept) {
    for (service_id, why) in &swept.broken {
        tracing::warn!(service_id, why, "a service is shown as unreadable");
    }
}
