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
mod receipt;
mod replay;
mod routing;
mod trial;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};
use flatline_shared::app::App;
use flatline_shared::config::AlertKey;
use flatline_shared::http::{self as api, ApiError, Function, SentJson};
use http::HeaderMap;

use format::Parsed;
use proof::Certificates;

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
    let key = proof::require(app, certificates, headers, &sent.bytes, &parsed.proof).await?;
    keep(app, &key, parsed).await
}

/// Routes and stores alerts. One that cannot be told as it asks does not stop the others.
async fn keep(app: &App, key: &AlertKey, parsed: Parsed) -> Result<Response, ApiError> {
    let Parsed { alerts, mut warnings, .. } = parsed;
    let intake = intake::store(app, key, &alerts).await?;
    warnings.extend(alerts.iter().flat_map(intake::warnings));
    receipt::of(&app.config, key, &alerts, &intake, warnings)
}

#[cfg(test)]
mod tests;
