//! `POST /api/deliveries/replay`: a dead delivery goes back into the outbox, once.

use axum::Json;
use axum::extract::State;
use flatline_domain::Event;
use flatline_shared::app::App;
use flatline_shared::http::{ApiError, JsonBody, keys};
use flatline_shared::store::{Ending, Lane, LoggedDelivery, Replay};
use http::HeaderMap;
use serde_json::{Value, json};

/// Handles the request.
pub(crate) async fn replay(
    State(app): State<App>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let sentence = "id is missing: it is that of a dead delivery, as GET /api/deliveries has it";
    let missing = || ApiError::invalid("missing-parameter", sentence);
    let id = body["id"].as_str().filter(|id| !id.is_empty()).ok_or_else(missing)?;
    keys::require_alert_key(&app.config, &headers)?;
    let logged = app.store.find_delivery(id).await?.ok_or(ApiError::UnknownDelivery)?;
    judge(&app, &logged).await?;
    match app.store.replay(&logged, app.clock.now()).await? {
        Replay::Queued => {}
        Replay::Twice => return Err(refused("It was replayed before, and that is done once")),
        Replay::Gone => return Err(refused("What it said is not kept any more")),
    }
    app.doorbell.notify_one();
    let channel = logged.entry.channel;
    tracing::info!(id, channel, "a dead delivery is tried again");
    let message = format!("Queued again for '{channel}'");
    Ok(Json(json!({"success": true, "message": message, "id": id, "channel": channel})))
}

fn refused(sentence: impl Into<String>) -> ApiError {
    ApiError::Conflict { code: "not-replayable", sentence: sentence.into() }
}

/// Refuses what must not be sent again: it would be told twice, out of order, or to nobody.
async fn judge(app: &App, logged: &LoggedDelivery) -> Result<(), ApiError> {
    let LoggedDelivery { lane, entry } = logged;
    match (entry.ending, lane) {
        (Ending::Delivered, _) => return Err(refused("It was delivered")),
        (Ending::Folded, _) => return Err(refused("Another message said it already")),
        (Ending::Cancelled, _) => return Err(refused("It had nothing left to say")),
        (Ending::Dead, Lane::Copy { channel, .. }) => {
            let sentence = format!(
                "It is a copy for the channel that stands in: replay the delivery for '{channel}'"
            );
            return Err(refused(sentence));
        }
        (Ending::Dead, _) if entry.event == Event::Test => {
            return Err(refused("A test is sent once: send another one"));
        }
        (Ending::Dead, _) => {}
    }
    can_be_told(app, &entry.channel)?;
    if app.store.version_of(lane).await? != Some(entry.version) {
        return Err(refused("Something newer happened since, and this is not true any more"));
    }
    Ok(())
}

fn can_be_told(app: &App, name: &str) -> Result<(), ApiError> {
    let channel = app.config.channels.iter().find(|channel| channel.route.name == name);
    match channel {
        None => Err(refused(format!("Channel '{name}' is not configured any more"))),
        Some(channel) if !channel.enabled => Err(refused(format!("Channel '{name}' is disabled"))),
        Some(_) if !app.config.notifications_enabled => Err(refused(
            "Notifications are switched off: set enabled to true in notifications.json",
        )),
        Some(_) => Ok(()),
    }
}
