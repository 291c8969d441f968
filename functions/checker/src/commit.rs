//! From a decision to its transaction: what else must be known, and who is told that it is done.

use std::collections::BTreeSet;

use flatline_domain::{ServiceRecord, ServiceSpec, Transition, UnixMs};
use flatline_shared::app::App;
use flatline_shared::store::{CommitOutcome, Lane, LogEntry, StoreError};
use flatline_shared::transition::{Informed, Said, commit_for, reminder_for};

/// Commits `transitions`, unless somebody was first: then the next look decides again.
pub async fn commit(
    app: &App,
    spec: &ServiceSpec,
    record: &ServiceRecord,
    transitions: &[Transition],
    now: UnixMs,
) -> Result<(), StoreError> {
    let informed = informed(app, spec, transitions).await?;
    let said = last_words(app, record, transitions, now).await;
    let said = said.as_ref().map(Said::from).unwrap_or_default();
    let commit = commit_for(&app.config, spec, record, transitions, now, &informed, said);
    let outcome = app.store.commit(&commit).await?;
    // Overtaken may mean: by ourselves, in a try whose answer was lost. Then nobody else rings.
    if !commit.outbox.is_empty() {
        app.doorbell.notify_one();
    }
    if outcome == CommitOutcome::Overtaken {
        return Ok(());
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
    Ok(())
}

/// Tells those again who were told that `record` is down, unless somebody was first.
pub async fn remind(
    app: &App,
    spec: &ServiceSpec,
    record: &ServiceRecord,
    n: u32,
    now: UnixMs,
) -> Result<(), StoreError> {
    let began = app.store.transition(&record.id, record.version).await?.ok_or_else(|| {
        let why = format!("version {} of its history is gone", record.version);
        StoreError::Broken { key: record.id.clone(), why }
    })?;
    let told = app.store.told(&Lane::Service(record.id.clone())).await?;
    let began = std::slice::from_ref(&began);
    let said = last_words(app, record, began, now).await;
    let said = said.as_ref().map(Said::from).unwrap_or_default();
    let reminding = reminder_for(&app.config, spec, record, &began[0], &told, now, said);
    let outcome = app.store.remind(&reminding).await?;
    let channels = reminding.outbox.len();
    if channels > 0 {
        app.doorbell.notify_one();
    }
    if outcome == CommitOutcome::Committed && channels > 0 {
        tracing::info!(service = record.id, version = record.version, n, channels, "still down");
    }
    Ok(())
}

/// What channels know, where it matters: a service that is no longer watched ends what was told.
async fn informed(
    app: &App,
    spec: &ServiceSpec,
    transitions: &[Transition],
) -> Result<Informed, StoreError> {
    if !transitions.iter().any(Transition::closes) {
        return Ok(Informed::default());
    }
    let lane = Lane::Service(spec.id.clone());
    let mut waiting = BTreeSet::new();
    for channel in app.config.channels.iter().filter(|channel| channel.route.enabled) {
        let rows = app.store.queued(&channel.route.name).await?;
        if rows.iter().any(|row| row.delivery.lane == lane) {
            waiting.insert(channel.route.name.clone());
        }
    }
    // Read last: a row that is delivered in between is found here instead.
    let told = app.store.told(&lane).await?;
    Ok(Informed { told, waiting })
}

/// The last heartbeat with content of a service in trouble. An alarm never waits for what it says besides.
async fn last_words(
    app: &App,
    record: &ServiceRecord,
    transitions: &[Transition],
    now: UnixMs,
) -> Option<LogEntry> {
    if record.last_beat.is_none() || !transitions.iter().any(|next| next.to.is_incident()) {
        return None;
    }
    match app.store.logs(&record.id, now, 1).await {
        Ok(newest) => newest.into_iter().next(),
        Err(error) => {
            tracing::warn!(service = record.id, %error, "told without its last words");
            None
        }
    }
}
