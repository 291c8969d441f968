//! What stands before the router of a function on AWS: it answers while there is none yet, and asks
//! again when a key may have been refused because it is too new.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::json;
use tower::ServiceExt as _;

use super::{Deployed, Role};
use crate::app::App;

/// More than Lambda hands on.
const BODY_MAX_BYTES: usize = 16 << 20;

/// The router of a function behind that; what `lambda_http` serves.
pub async fn front(role: Role, build: fn(App) -> Router) -> Router {
    let deployed = Arc::new(Deployed::begin(role, build).await);
    Router::new().fallback(async move |request: Request| answer(&deployed, request).await)
}

async fn answer(deployed: &Deployed<Router>, request: Request) -> Response {
    let Ok(router) = deployed.current().await else { return not_ready() };
    if !deployed.has_vault() {
        return call(&router, request).await;
    }
    let (parts, body) = request.into_parts();
    // Lambda has the whole body already; one that breaks off cannot come.
    let body: Bytes = to_bytes(body, BODY_MAX_BYTES).await.unwrap_or_default();
    let again = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let response = call(&router, Request::from_parts(parts, Body::from(body))).await;
    if response.status() != StatusCode::UNAUTHORIZED {
        return response;
    }
    match deployed.after_refusal().await {
        Some(newer) => call(&newer, again).await,
        None => response,
    }
}

async fn call(router: &Router, request: Request) -> Response {
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// 503, as our clients expect it: they try again.
fn not_ready() -> Response {
    let sentence = "Flatline is not ready: its log says what is missing";
    let body =
        json!({"success": false, "error": sentence, "message": sentence, "code": "not-ready"});
    let headers = [(header::RETRY_AFTER, "10"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, Json(body)).into_response()
}
