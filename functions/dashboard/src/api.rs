//! The read APIs about one service, about the configuration and about what happened.

use axum::Json;
use axum::extract::State;
use flatline_shared::app::App;
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::store::unless_broken;

use crate::alerts::{AlertsAnswer, Wanted};
use crate::deliveries::{Asked, DeliveriesAnswer};
use crate::dossier::Dossier;
use crate::logs::{Heard, LogsAnswer};
use crate::page::first_day;
use crate::query::Query;
use crate::services::{ServiceEntry, services};
use crate::uptime::UptimeAnswer;

/// `GET /api/uptime`.
pub async fn uptime(State(app): State<App>, query: Query) -> Result<Json<UptimeAnswer>, ApiError> {
    let id = &query.service(&app.config)?.spec.id;
    let now = app.clock.now();
    let days = app.config.settings.retention_days;
    let dossier = Dossier::of(&app.store, id, first_day(now, days).start()).await?;
    Ok(Json(UptimeAnswer::of(id, &dossier, days, now)))
}

/// `GET /api/services`: from the configuration alone.
pub async fn configured(State(app): State<App>) -> Json<Vec<ServiceEntry>> {
    Json(services(&app.config))
}

/// `GET /api/logs`: the record, then the rows. A heartbeat writes them the other way round, so that
/// none is in the ring whose content is not there yet.
pub async fn logs(
    State(app): State<App>,
    reader: Reader,
    query: Query,
) -> Result<Json<LogsAnswer>, ApiError> {
    let id = &query.service(&app.config)?.spec.id;
    let most = app.config.settings.max_log_entries as usize;
    let limit = query.limit()?.unwrap_or(most).min(most);
    let since = query.since()?;
    let now = app.clock.now();
    let record = unless_broken(app.store.service(id).await)?.flatten();
    let from = since.unwrap_or_default();
    let rows = app.store.logs_since(id, from, now, limit).await?;
    let heard = Heard { record: record.as_ref(), rows: &rows, since };
    Ok(Json(LogsAnswer::of(id, &heard, limit, reader)))
}

/// `GET /api/alerts/recent`.
pub async fn recent_alerts(
    State(app): State<App>,
    query: Query,
) -> Result<Json<AlertsAnswer>, ApiError> {
    let now = app.clock.now();
    let wanted = Wanted::of(&query, &app.config, now)?;
    let feed = app.store.feed(wanted.from, now, wanted.read).await?;
    Ok(Json(AlertsAnswer::of(feed, &wanted)))
}

/// `GET /api/deliveries`: what waits is read first, so that what ends in between is there twice rather
/// than not at all.
pub async fn deliveries(
    State(app): State<App>,
    query: Query,
) -> Result<Json<DeliveriesAnswer>, ApiError> {
    let asked = Asked::of(&query, &app.config)?;
    let waiting = asked.waiting(&app).await?;
    let ended = asked.ended(&app).await?;
    Ok(Json(DeliveriesAnswer::of(&asked, &waiting, ended, &app.config)))
}
