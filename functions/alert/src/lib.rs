//! Takes alerts of other tools: `POST /api/alert`.
//!
//! A body is read by the first [`mod@format`] that knows it, or by the one that the path names
//! (`POST /api/alert/{format}`); each alert in it is routed to channels
//! ([`routing`]) and stored with its feed entry and its outbox rows as one ([`intake`]). What cannot
//! be told to anybody is stored and shown all the same.
//!
//! What else is put into the outbox by hand is here too: [`trial`], messages that try a channel out,
//! and [`mod@replay`], dead deliveries once more.

mod event;
mod format;
mod intake;
mod proof;
mod replay;
mod routing;
mod trial;

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::http::{self as api, ApiError, Function, SentJson};
use http::HeaderMap;
use serde_json::{Value, json};

use format::Parsed;
use proof::Certificates;
use routing::Unrouted;

pub use event::run;

/// The routes of this function.
#[expect(clippy::needless_pass_by_value, reason = "every function's router takes its App")]
pub fn router(app: App) -> Router {
    let certificates = Extension(Certificates::default());
    let routes = [
        ("/api/alert", post(alert).layer(certificates.clone())),
        ("/api/alert/{format}", post(alert_in).layer(certificates)),
        ("/api/test-notification", post(trial::test)),
        ("/api/deliveries/replay", post(replay::replay)),
    ];
    api::router(Function::Alert, &app, routes)
}

async fn alert(
    State(app): State<App>,
    Extension(certificates): Extension<Certificates>,
    headers: HeaderMap,
    sent: SentJson,
) -> Result<Response, ApiError> {
    take(&app, &certificates, None, &headers, &sent).await
}

/// The same for a body in the format that the path names.
async fn alert_in(
    State(app): State<App>,
    Extension(certificates): Extension<Certificates>,
    Path(format): Path<String>,
    headers: HeaderMap,
    sent: SentJson,
) -> Result<Response, ApiError> {
    take(&app, &certificates, Some(&format), &headers, &sent).await
}

/// Reads what a body says, and keeps it if its sender may send it.
async fn take(
    app: &App,
    certificates: &Certificates,
    format: Option<&str>,
    headers: &HeaderMap,
    sent: &SentJson,
) -> Result<Response, ApiError> {
    let parsed = format::parse(format, headers, &sent.json)?;
    proof::require(app, certificates, headers, &sent.bytes, &parsed.proof).await?;
    keep(app, parsed).await
}

/// Stores and routes alerts. One that cannot be told as it asks does not stop the others.
async fn keep(app: &App, parsed: Parsed) -> Result<Response, ApiError> {
    let Parsed { alerts, mut warnings, .. } = parsed;
    let title = alerts.first().map(|alert| alert.title.as_str());
    let (mut told, mut problems) = (BTreeSet::new(), Vec::new());
    for alert in &alerts {
        let routed = routing::route(&app.config, alert);
        let asked = routed.as_ref().map_or(&[][..], Vec::as_slice);
        told.extend(intake::store(app, alert, asked).await?);
        problems.extend(routed.err().into_iter().flat_map(|unrouted| unrouted.0));
        warnings.extend(intake::warnings(alert));
    }
    if !problems.is_empty() {
        return Err(Unrouted(problems).into_error(&app.config, title));
    }
    Ok(Json(answer(&app.config, alerts.len(), title, &told, warnings)).into_response())
}

/// `told`: names of channels.
fn answer(
    config: &Config,
    alerts: usize,
    title: Option<&str>,
    told: &BTreeSet<String>,
    warnings: Vec<String>,
) -> Value {
    let what = if alerts == 1 { "Alert".to_owned() } else { format!("{alerts} alerts") };
    let message = match told.len() {
        _ if alerts == 0 => "Nothing to tell".to_owned(),
        0 => format!("{what} stored, no channel is told"),
        1 => format!("{what} stored and queued for 1 channel"),
        many => format!("{what} stored and queued for {many} channels"),
    };
    let mut answer = json!({
        "success": true, "message": message, "alerts": alerts, "alertTitle": title,
        "channelsSent": intake::types(config, told),
    });
    if !warnings.is_empty() {
        answer["warnings"] = warnings.into();
    }
    answer
}

#[cfg(test)]
mod tests;
