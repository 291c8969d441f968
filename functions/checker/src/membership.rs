//! Follows the configuration: new services get a record, new windows are written, and what is
//! paused, removed or back is decided by the same `reconcile` as everything else.

use std::collections::HashMap;

use flatline_domain::sight::{LIMITS_MS, limit_index};
use flatline_domain::{Membership, ServiceRecord, ServiceSpec, UnixMs};
use flatline_shared::app::App;
use flatline_shared::store::{ConfigState, StoreError, Swept};
use futures_util::{StreamExt, stream};

/// Records that are created or rewritten at a time.
const CONCURRENCY: usize = 16;

/// Remembers the configuration, its channels, and how fine blind time must be known. Returns the number
/// that it goes by: this one, or a higher one if what was applied last was rolled back, which is known
/// only because no tick of it is in the way of ours.
pub async fn announce(app: &App, revision: u64, now: UnixMs) -> Result<u64, StoreError> {
    let last = app.store.config_state().await?;
    let is_rolled_back = last.revision >= revision && last.hash != app.config.hash;
    let revision = if is_rolled_back { last.revision + 1 } else { revision };
    let state = ConfigState {
        revision,
        hash: app.config.hash.clone(),
        channels: app.config.channels.iter().map(|channel| channel.route.name.clone()).collect(),
    };
    if app.store.apply_config(&state, now).await? {
        tracing::info!(revision, "configuration applied");
    }
    let finest_ms = LIMITS_MS[limit_index(app.config.smallest_window_ms())];
    app.store.refine_sight(finest_ms, now).await?;
    Ok(revision)
}

/// Creates missing records and writes changed windows, as `swept` is then. A record that the database
/// refuses is broken, and keeps no other from being followed.
pub async fn follow(app: &App, swept: Swept, now: UnixMs) -> Result<Swept, StoreError> {
    let Swept { records, mut broken } = swept;
    let mut known: HashMap<String, ServiceRecord> =
        records.into_iter().map(|record| (record.id.clone(), record)).collect();
    let specs = || app.config.services.iter().map(|service| &service.spec);
    let is_known = |id: &String| known.contains_key(id) || broken.iter().any(|(it, _)| it == id);
    let missing: Vec<&ServiceSpec> = specs().filter(|spec| !is_known(&spec.id)).collect();
    let creations = missing.iter().map(|spec| (&spec.id, app.store.create_service(spec, now)));
    let refused = all(creations).await?;
    known.extend(missing.iter().map(|spec| (spec.id.clone(), ServiceRecord::new(spec, now))));
    let rewindowed: Vec<_> = specs()
        .filter(|spec| spec.membership == Membership::Active)
        .filter_map(|spec| known.get(&spec.id).map(|record| (record, spec)))
        .filter(|(record, spec)| is_rewindowed(record, spec))
        .collect();
    let writes =
        rewindowed.iter().map(|(record, spec)| (&spec.id, app.store.set_window(record, spec)));
    broken.extend(refused.into_iter().chain(all(writes).await?));
    for (id, _) in &broken {
        known.remove(id);
    }
    Ok(Swept { records: known.into_values().collect(), broken })
}

/// Runs writes a few at a time, up to the first for which the database is out of reach. Returns those
/// that it refuses: service and reason.
async fn all<'s>(
    writes: impl Iterator<Item = (&'s String, impl Future<Output = Result<(), StoreError>>)>,
) -> Result<Vec<(String, String)>, StoreError> {
    let writes: Vec<_> = writes.map(async |(id, write)| (id, write.await)).collect();
    let mut done = stream::iter(writes).buffer_unordered(CONCURRENCY);
    let mut refused = Vec::new();
    while let Some((id, written)) = done.next().await {
        match written {
            Ok(()) => {}
            Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable),
            Err(error) => refused.push((id.clone(), error.to_string())),
        }
    }
    Ok(refused)
}

/// Whether the stored deadline no longer follows from the configuration.
fn is_rewindowed(record: &ServiceRecord, spec: &ServiceSpec) -> bool {
    record.window_ms != spec.window_ms || record.due(spec) != record.deadline
}

/// What to reconcile a record with: its service as configured, or as closed.
#[must_use]
pub fn spec_of(app: &App, record: &ServiceRecord) -> ServiceSpec {
    app.config.service(&record.id).map_or_else(
        || ServiceSpec::closed(&record.id, record.window_ms),
        |service| service.spec.clone(),
    )
}
