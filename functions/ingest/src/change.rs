//! What a heartbeat changes: recoveries and reported states, never silence.

use flatline_domain::{Decision, ServiceRecord, Transition, UnixMs, reconcile};
use flatline_shared::app::App;
use flatline_shared::config::Service;
use flatline_shared::store::{CommitOutcome, StoreError};
use flatline_shared::transition::{Informed, Said, commit_for};

/// How often a commit that somebody overtook is decided again; after that the checker does it.
const TRIES: usize = 3;

/// Commits what `record` says since the heartbeat. The heartbeat is stored already, and the checker
/// redoes what fails here, so a failure is logged and not answered.
pub(crate) async fn commit(
    app: &App,
    service: &Service,
    record: ServiceRecord,
    said: Said<'_>,
    now: UnixMs,
) {
    if let Err(error) = try_commit(app, service, record, said, now).await {
        tracing::warn!(service = service.spec.id, %error, "a change is left to the checker");
    }
}

async fn try_commit(
    app: &App,
    service: &Service,
    mut record: ServiceRecord,
    said: Said<'_>,
    now: UnixMs,
) -> Result<(), StoreError> {
    for _ in 0..TRIES {
        let Some(transitions) = decided(service, &record, now) else { return Ok(()) };
        let informed = Informed::default();
        let spec = &service.spec;
        let commit = commit_for(&app.config, spec, &record, &transitions, now, &informed, said);
        let outcome = app.store.commit(&commit).await?;
        // Overtaken may mean: by ourselves, in a try whose answer was lost. Then nobody else rings.
        if !commit.outbox.is_empty() {
            app.doorbell.notify_one();
        }
        if outcome == CommitOutcome::Committed {
            for transition in &transitions {
                log(&spec.id, transition);
            }
            return Ok(());
        }
        let Some(newer) = app.store.service(&spec.id).await? else { return Ok(()) };
        record = newer;
    }
    Ok(())
}

/// What heartbeats stated and nobody committed yet. Moves that the configuration makes are the
/// checker's: it alone knows which configuration is the newest.
fn decided(service: &Service, record: &ServiceRecord, now: UnixMs) -> Option<Vec<Transition>> {
    match reconcile(record, &service.spec, None, now) {
        Decision::Commit(transitions)
            if transitions.iter().all(|one| one.reason.is_told_by_heartbeat()) =>
        {
            Some(transitions)
        }
        _ => None,
    }
}

fn log(service: &str, transition: &Transition) {
    tracing::info!(
        service,
        from = transition.from.as_str(),
        to = transition.to.as_str(),
        reason = transition.reason.as_str(),
        version = transition.version,
        "transition"
    );
}
