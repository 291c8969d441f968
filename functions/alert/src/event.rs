//! Events that a rule of EventBridge or a topic of SNS brings to the function itself: no address that
//! the world can reach, and no key, for whoever may invoke the function may send alerts.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use flatline_shared::app::App;
use flatline_shared::aws::{Deployed, Role, front};
use flatline_shared::config::AlertKey;
use lambda_http::request::RequestContext;
use lambda_http::tower::ServiceExt;
use lambda_http::{Body, Error, Request, RequestExt as _, service_fn};

use crate::format;

/// Serves requests and events on Lambda until the process ends.
///
/// # Errors
/// Those of the Runtime API.
pub async fn run() -> Result<(), Error> {
    let router = front(Role::ALERT, crate::router).await;
    let events = Arc::new(Deployed::later(Role::ALERT, std::convert::identity));
    let serve = move |request: Request| {
        let (events, router) = (Arc::clone(&events), router.clone());
        async move {
            match request.request_context_ref() {
                Some(RequestContext::PassThrough) => {
                    let app = events.current().await?;
                    take(&app, request.body()).await
                }
                _ => Ok(router.oneshot(request).await.into_response()),
            }
        }
    };
    lambda_http::run(service_fn(serve)).await
}

/// Keeps what an event says. An event that is not kept fails the invocation, so that Lambda tries
/// again and hands it on to the queue for what failed.
async fn take(app: &App, event: &Body) -> Result<Response, Error> {
    let event = serde_json::from_slice(event)?;
    let (parsed, sender) = format::parse_event(&event)
        .inspect_err(|error| tracing::error!(%error, "an event cannot be read"))?;
    let kept = crate::keep(app, &AlertKey::signed(sender), parsed).await;
    let answer = kept.unwrap_or_else(IntoResponse::into_response);
    if answer.status().is_success() {
        return Ok(answer);
    }
    Err(format!("an event was not kept: HTTP {}", answer.status()).into())
}
