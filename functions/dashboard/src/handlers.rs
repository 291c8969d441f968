//! Requests in, answers out.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flatline_shared::app::App;
use flatline_shared::http::ApiError;
use flatline_shared::store::StoreError;
use http::{HeaderMap, header};

use crate::board::Board;
use crate::health::Health;
use crate::origin::base_url;
use crate::reading::{sweep, vigil};
use crate::status::StatusAnswer;
use crate::tag::{Tag, not_modified};

/// `GET /api/status`.
pub async fn status(State(app): State<App>) -> Result<Json<StatusAnswer>, ApiError> {
    let now = app.clock.now();
    let swept = sweep(&app.store).await?;
    let board = Board::of(&app.config, &swept, now);
    Ok(Json(StatusAnswer::of(&board, &app.config.settings.threshold_profile)))
}

/// `GET /health`: 503 if the database cannot be read, whatever the reason.
pub async fn health(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let now = app.clock.now();
    let unavailable = |error: StoreError| StoreError::Unavailable(error.to_string());
    let vigil = vigil(&app.store).await.map_err(unavailable)?;
    Ok(Json(Health::of(&vigil, now)))
}

/// `GET /openapi.json`: what can be asked here, for programs that write programs.
pub async fn openapi(State(app): State<App>, headers: HeaderMap) -> Response {
    let base_url = base_url(&app.config, &headers);
    let document = flatline_shared::http::openapi(app.config.settings.access, &base_url);
    let tag = Tag::of(&document.to_string());
    let answer =
        if tag.is_known(&headers) { not_modified() } else { Json(document).into_response() };
    tag.on(answer, "no-cache")
}

/// `GET /robots.txt`: a status page is nothing for search engines.
pub async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

/// `GET /favicon.ico`, for browsers that ask before they read the page.
pub async fn favicon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../templates/favicon.svg"))
}
