//! Takes heartbeats: `POST /api/heartbeat`, single and batch.
//!
//! A request becomes entries ([`entry`]), each with its [`content`]; each is admitted or refused
//! ([`admission`], [`refusal`]); what was admitted is stored, once per service ([`batch`], [`beat`], [`change`]); and the results become
//! one answer ([`answer`]). What a heartbeat says never refuses it; only its key can.

mod admission;
mod answer;
mod batch;
mod beat;
mod change;
mod content;
mod entry;
mod refusal;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use flatline_shared::app::App;
use flatline_shared::config::ApiSwitch;
use flatline_shared::http::{self as api, ApiError, Function, JsonBody, keys};
use http::HeaderMap;

/// The id under which Flatline hears itself.
pub const CANARY: &str = "#canary";

/// The routes of this function.
#[expect(clippy::needless_pass_by_value, reason = "every function's router takes its App")]
pub fn router(app: App) -> Router {
    if app.config.api_keys.is_empty() {
        tracing::warn!("API_KEYS is not set: services that need a key cannot send heartbeats");
    }
    api::router(Function::Ingest, &app, [("/api/heartbeat", post(heartbeat))])
}

async fn heartbeat(
    State(app): State<App>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let now = app.clock.now();
    let entries = entry::read(body)?;
    let switched_off = app.config.settings.is_off(ApiSwitch::Heartbeat);
    if switched_off && entries.iter().any(|entry| !entry.is_canary()) {
        return Err(ApiError::Disabled(ApiSwitch::Heartbeat));
    }
    let header_key = keys::bearer(&headers);
    let admitted = admission::admit(&app, &entries, header_key);
    let results = batch::store(&app, &entries, &admitted, now).await;
    answer::answer(&entries, &results, now)
}
