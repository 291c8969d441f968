//! What is refused, and how it is said: the one mapping from errors to answers.
//!
//! `{"success":false,"error":"<sentence>","message":"<sentence>","code":"<kebab-case>"}`: clients of
//! the replaced system read `error` on some paths and `message` on others, so both say the same.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::config::ApiSwitch;
use crate::store::StoreError;

/// How long a client should wait after a 503, in seconds.
const RETRY_AFTER_S: &str = "2";

/// Why a request is not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 404: no such path. The answer is plain text, as it always was.
    #[error("Not Found")]
    NotFound,
    /// 405: the path has other methods.
    #[error("Method not allowed")]
    MethodNotAllowed {
        /// Those it has, as `Allow` lists them.
        allow: String,
    },
    /// 403: switched off in `settings.json` `api`.
    #[error("{} API is disabled", .0.title())]
    Disabled(ApiSwitch),
    /// 415: the body is compressed.
    #[error("Content-Encoding is not supported: send the body as it is")]
    Encoded,
    /// 503: the body stopped arriving. Whose fault that is nobody knows: 408 would say that it is the
    /// sender's, and Alertmanager never sends again what it is to blame for.
    #[error("The body did not arrive in time: try again")]
    Stalled,
    /// 413: the body is too large.
    #[error("The body is larger than {} KiB", limit / 1024)]
    TooLarge {
        /// How many bytes are accepted.
        limit: usize,
    },
    /// 422: a list in the body is too long.
    #[error("At most {limit} entries are accepted at once")]
    TooMany {
        /// How many are accepted.
        limit: usize,
    },
    /// 400: the body ended early, or is no JSON, or is nested too deeply.
    #[error("The body cannot be read: {0}")]
    Malformed(String),
    /// 400: the request is JSON, but not what this endpoint takes.
    #[error("{sentence}")]
    Invalid {
        /// For programs, in kebab-case.
        code: &'static str,
        /// For people.
        sentence: String,
        /// Further keys of the answer.
        more: Map<String, Value>,
    },
    /// 401: the key is missing or wrong.
    #[error("Unauthorized - Invalid or missing API key")]
    Unauthorized,
    /// 401: `dashboard.access` is `password`, or the route shows more than everybody may see.
    #[error("Unauthorized - sign in on the page, or send READ_API_KEY as a bearer token")]
    NotAReader,
    /// 404: the service is not configured.
    #[error("Unknown serviceId")]
    UnknownService,
    /// 404: the group is not configured.
    #[error("Unknown group")]
    UnknownGroup,
    /// 404: the delivery log has no such entry.
    #[error("No delivery has this id; what still waits is tried again by itself")]
    UnknownDelivery,
    /// 409: it can be asked for, but not done as things are.
    #[error("{sentence}")]
    Conflict {
        /// For programs, in kebab-case.
        code: &'static str,
        /// For people.
        sentence: String,
    },
    /// 503: the server lacks a setting, named here, that this endpoint needs.
    #[error("Server misconfigured: {0} not set")]
    NotSet(&'static str),
    /// 503: the handler took too long.
    #[error("The request took too long: try again")]
    Overdue,
    /// 503: what this request needs is elsewhere and did not answer; named here.
    #[error("{0} is out of reach: try again")]
    OutOfReach(&'static str),
    /// 503 if the database may be back soon, else 500.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// 500: a fault of ours; the text goes to the log only.
    #[error("{0}")]
    Internal(String),
}

impl ApiError {
    /// A 400 with a code, a sentence and nothing else.
    pub fn invalid(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::Invalid { code, sentence: sentence.into(), more: Map::new() }
    }

    /// Status, code and sentence of the answer.
    fn answer(&self) -> (StatusCode, &'static str, String) {
        let (status, code) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::Disabled(_) => (StatusCode::FORBIDDEN, "api-disabled"),
            Self::Encoded => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding-not-supported"),
            Self::Stalled => (StatusCode::SERVICE_UNAVAILABLE, "request-timeout"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"),
            Self::TooMany { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "too-many-entries"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed-body"),
            Self::Invalid { code, .. } => (StatusCode::BAD_REQUEST, *code),
            Self::Unauthorized | Self::NotAReader => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::UnknownService => (StatusCode::NOT_FOUND, "unknown-service"),
            Self::UnknownGroup => (StatusCode::NOT_FOUND, "unknown-group"),
            Self::UnknownDelivery => (StatusCode::NOT_FOUND, "unknown-delivery"),
            Self::Conflict { code, .. } => (StatusCode::CONFLICT, *code),
            Self::NotSet(_) => (StatusCode::SERVICE_UNAVAILABLE, "not-configured"),
            Self::OutOfReach(_) => (StatusCode::SERVICE_UNAVAILABLE, "out-of-reach"),
            Self::Overdue => (StatusCode::SERVICE_UNAVAILABLE, "overdue"),
            Self::Store(StoreError::Unavailable(_)) => {
                let sentence = "The database is busy or out of reach: try again".to_owned();
                return (StatusCode::SERVICE_UNAVAILABLE, "store-unavailable", sentence);
            }
            Self::Store(_) | Self::Internal(_) => {
                let sentence = "Internal error".to_owned();
                return (StatusCode::INTERNAL_SERVER_ERROR, "internal", sentence);
            }
        };
        (status, code, self.to_string())
    }

    /// Logs what is ours to mend, under the id that the answer names.
    fn log(&self, status: StatusCode, request_id: &str) {
        if status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(error = %self, "a request was put off");
        } else {
            tracing::error!(request_id, error = %self, "a request failed");
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, sentence) = self.answer();
        if matches!(self, Self::NotFound) {
            return (status, sentence).into_response();
        }
        let mut body = json!({
            "success": false, "error": sentence, "message": sentence, "code": code,
        });
        if status.is_server_error() {
            let request_id = request_id();
            self.log(status, &request_id);
            body["requestId"] = request_id.into();
        }
        // The rest of the body would be taken for the next request.
        let closes = matches!(self, Self::Stalled);
        let mut allowed = None;
        match self {
            Self::Invalid { more, .. } => {
                body.as_object_mut().expect("it was made as an object").extend(more);
            }
            Self::MethodNotAllowed { allow } => allowed = HeaderValue::try_from(allow).ok(),
            _ => {}
        }
        let mut response = (status, axum::Json(body)).into_response();
        if let Some(allow) = allowed {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        if closes {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Headers that go with a status, whoever made the answer.
pub(super) fn complete(response: &mut Response) {
    let (name, value) = match response.status() {
        StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, "Bearer"),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            (header::RETRY_AFTER, RETRY_AFTER_S)
        }
        _ => return,
    };
    response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
}

/// Ties an answer to its line in the log: 16 random hex digits.
fn request_id() -> String {
    let number = getrandom::u64().unwrap_or_default();
    format!("{number:016x}")
}
