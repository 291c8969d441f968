//! Takes alerts of other tools: `POST /api/alert`.
//!
//! A body is read by the first [`mod@format`] that knows it; each alert in it is routed to channels
//! ([`routing`]) and stored with its feed entry and its outbox rows as one ([`intake`]). What cannot
//! be told to anybody is stored and shown all the same.
//!
//! What else is put into the outbox by hand is here too: [`trial`], messages that try a channel out,
//! and [`mod@replay`], dead deliveries once more.

mod format;
mod intake;
mod replay;
mod routing;
mod trial;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use flatline_shared::app::App;
use flatline_shared::http::{self as api, ApiError, Function, JsonBody, keys};
use http::HeaderMap;
use serde_json::json;

/// The routes of this function.
#[expect(clippy::needless_pass_by_value, reason = "every function's router takes its App")]
pub fn router(app: App) -> Router {
    let routes = [
        ("/api/alert", post(alert)),
        ("/api/test-notification", post(trial::test)),
        ("/api/deliveries/replay", post(replay::replay)),
    ];
    api::router(Function::Alert, &app, routes)
}

async fn alert(
    State(app): State<App>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let alert = format::read(&body)?;
    keys::require_alert_key(&app.config, &headers)?;
    let routed = routing::route(&app.config, &alert);
    let asked = routed.as_ref().map_or(&[][..], Vec::as_slice);
    let told = intake::store(&app, &alert, asked).await?;
    if let Err(unrouted) = routed {
        return Err(unrouted.into_error(&app.config, &alert));
    }
    let message = match told.len() {
        0 => "Alert stored, no channel is told".to_owned(),
        1 => "Alert stored and queued for 1 channel".to_owned(),
        many => format!("Alert stored and queued for {many} channels"),
    };
    let mut answer = json!({
        "success": true, "message": message, "alertTitle": alert.title, "channelsSent": told,
    });
    let warnings = intake::warnings(&alert);
    if !warnings.is_empty() {
        answer["warnings"] = warnings.into();
    }
    Ok(Json(answer).into_response())
}

#[cfg(test)]
mod tests;
