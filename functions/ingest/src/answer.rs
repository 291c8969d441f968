//! From results to the one answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use flatline_domain::UnixMs;
use flatline_shared::http::ApiError;
use flatline_shared::render::time::rfc3339;
use http::StatusCode;
use serde_json::{Value, json};

use crate::admission::Failure;
use crate::batch::BeatResult;
use crate::entry::Entry;

/// Answers a request whose entries had these results.
pub(crate) fn answer(
    entries: &[Entry],
    results: &[BeatResult],
    now: UnixMs,
) -> Result<Response, ApiError> {
    if let ([entry], [Ok(heard)]) = (entries, results) {
        return Ok(single(entry, *heard));
    }
    let failures: Vec<Failure> = results.iter().filter_map(|result| result.err()).collect();
    let succeeded = results.len() - failures.len();
    let entry_results = entries.iter().zip(results).enumerate();
    let list: Value = entry_results.map(|(index, (entry, one))| line(index, entry, *one)).collect();
    if failures.is_empty() {
        let message = format!("Batch heartbeat received for {succeeded} service(s)");
        return Ok(Json(json!({
            "success": true, "message": message, "timestamp": rfc3339(now), "results": list,
        }))
        .into_response());
    }
    if failures.contains(&Failure::Busy) {
        return Ok(try_again(&failures, &list));
    }
    if succeeded == 0 {
        return all_failed(&failures, &list);
    }
    let message = format!("Partial success: {succeeded} succeeded, {} failed", failures.len());
    let body = json!({ "success": true, "message": message, "results": list });
    Ok((StatusCode::MULTI_STATUS, Json(body)).into_response())
}

fn single(entry: &Entry, heard: UnixMs) -> Response {
    let mut body = json!({
        "success": true, "message": "Heartbeat received", "timestamp": rfc3339(heard),
    });
    warn(&mut body, entry);
    Json(body).into_response()
}

/// The result of one entry. A malformed one has no id to know it by, so its place is told.
fn line(index: usize, entry: &Entry, result: BeatResult) -> Value {
    let mut line = match result {
        Ok(heard) => {
            json!({ "serviceId": entry.id, "success": true, "timestamp": rfc3339(heard) })
        }
        Err(failure) => json!({
            "serviceId": entry.id,
            "success": false,
            "error": failure.to_string(),
            "code": failure.code(),
        }),
    };
    if result.is_ok() {
        warn(&mut line, entry);
    }
    if entry.malformed.is_some() {
        line["index"] = index.into();
    }
    line
}

fn warn(body: &mut Value, entry: &Entry) {
    if !entry.content.warnings.is_empty() {
        body["warnings"] = json!(entry.content.warnings);
    }
}

/// What is worth a retry decides first. Clients send a request again only as a whole; what was stored is
/// stated again then, which is better than a heartbeat that nobody sends again.
fn try_again(failures: &[Failure], list: &Value) -> Response {
    let busy = failures.iter().filter(|failure| **failure == Failure::Busy).count();
    let message = format!("The database did not take {busy} of the heartbeats: send them again");
    let body = json!({
        "success": false, "message": message, "error": message,
        "code": Failure::Busy.code(), "results": list,
    });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

/// Our own faults decide first; 401 only if nothing but keys failed.
fn all_failed(failures: &[Failure], list: &Value) -> Result<Response, ApiError> {
    let (status, code) = if failures.contains(&Failure::Fault) {
        return Err(ApiError::Internal("no heartbeat of the request was stored".into()));
    } else if failures.iter().all(|failure| *failure == Failure::Key) {
        (StatusCode::UNAUTHORIZED, Failure::Key.code())
    } else {
        (StatusCode::BAD_REQUEST, "all-failed")
    };
    let message = "All heartbeats failed";
    let body = json!({
        "success": false, "message": message, "error": message, "code": code, "results": list,
    });
    Ok((status, Json(body)).into_response())
}

impl Failure {
    /// For programs.
    const fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-entry",
            Self::Key => "invalid-api-key",
            Self::Unknown => "unknown-service",
            Self::Busy => "store-unavailable",
            Self::Fault => "internal",
        }
    }
}
