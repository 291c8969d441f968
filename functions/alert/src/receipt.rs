//! What senders of alerts are answered.

use axum::Json;
use axum::response::{IntoResponse, Response};
use flatline_shared::config::{AlertKey, Config};
use flatline_shared::http::ApiError;
use serde_json::{Map, Value, json};

use crate::format::Alert;
use crate::intake::Intake;
use crate::routing::available_to;

/// The answer; 400 if channels were named that cannot be told, although everything else was done.
pub(crate) fn of(
    config: &Config,
    key: &AlertKey,
    alerts: &[Alert],
    intake: &Intake,
    mut warnings: Vec<String>,
) -> Result<Response, ApiError> {
    warnings.extend(late(intake.late));
    let told = config.channels.iter().filter(|it| intake.told.contains(&it.route.name));
    let told: Vec<_> = told.map(|channel| channel.kind.as_str()).collect();
    let mut answer = Map::new();
    let mut add = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    add("alerts", alerts.len().into());
    add("alertTitle", alerts.first().map(|alert| alert.title.as_str()).into());
    add("channelsSent", told.into());
    if !warnings.is_empty() {
        add("warnings", warnings.into());
    }
    if !intake.problems.is_empty() {
        add("errors", json!(intake.problems));
        add("availableChannels", available_to(config, |channel| key.may_tell(channel)));
        let (code, sentence) = ("alert-validation-failed", "Alert validation failed".to_owned());
        return Err(ApiError::Invalid { code, sentence, more: answer });
    }
    add("success", true.into());
    add("message", message(alerts.len(), intake).into());
    Ok(Json(Value::Object(answer)).into_response())
}

fn message(alerts: usize, intake: &Intake) -> String {
    let what = if alerts == 1 { "Alert".to_owned() } else { format!("{alerts} alerts") };
    match intake.told.len() {
        _ if alerts == 0 => "Nothing to tell".to_owned(),
        0 if alerts == intake.late => format!("{what} ignored: older than what is known"),
        0 if alerts == intake.repeated + intake.late => {
            format!("{what} known already, no channel is told again")
        }
        0 => format!("{what} stored, no channel is told"),
        1 => format!("{what} stored and queued for 1 channel"),
        many => format!("{what} stored and queued for {many} channels"),
    }
}

fn late(count: usize) -> Option<String> {
    let what = match count {
        0 => return None,
        1 => "1 alert is".to_owned(),
        many => format!("{many} alerts are"),
    };
    Some(format!("{what} older than what is known of the same: nothing of that was stored"))
}
