//! Bodies: JSON and forms of any Content-Type, within limits.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde_json::Value;

use super::mend::mended;
use super::{ApiError, form_data};

/// The largest body that is read.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// The largest body of alerts: in a big outage Alertmanager sends a group of hundreds, of 1 KiB each,
/// and never sends again what a 4xx refuses. Lambda takes 6 MB, in which a quote needs two.
pub const MAX_ALERT_BYTES: usize = 2 * 1024 * 1024;

/// The deepest nesting of arrays and objects that is read.
const MAX_NESTING: usize = 64;

/// A body that is too large is read on and dropped up to here, so that a client that is still
/// sending gets to see the answer instead of a broken connection.
const MAX_DROPPED_BYTES: usize = 16 * 1024 * 1024;

/// The longest pause while a body arrives.
const MAX_PAUSE: Duration = Duration::from_secs(15);

/// A JSON body. Content-Type is never looked at, a byte order mark is skipped, and bytes that are no
/// UTF-8 become U+FFFD, as clients of the replaced system know it. So does half of a surrogate pair;
/// a number that is out of range becomes a string.
#[derive(Debug)]
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        Ok(Self(parse(&sent(request, MAX_BODY_BYTES).await?)?))
    }
}

/// The same of alerts, with its bytes as they were sent, which may be signed. It may also be the field `data` of a
/// form, as some tools send it.
#[derive(Debug)]
pub struct SentJson {
    /// What was sent.
    pub bytes: Vec<u8>,
    /// What it says.
    pub json: Value,
}

impl<S: Send + Sync> FromRequest<S> for SentJson {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let bytes = sent(request, MAX_ALERT_BYTES).await?;
        let json = parse(form_data::field(&bytes, "data").unwrap_or(&bytes))?;
        Ok(Self { bytes, json })
    }
}

/// A body as browsers send forms: names with values, decoded. The same limits as for [`JsonBody`].
#[derive(Debug)]
pub struct FormBody(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let body = sent(request, MAX_BODY_BYTES).await?;
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// The bytes of a body that is no larger than `limit`.
async fn sent(request: Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    if is_encoded(request.headers()) {
        return Err(ApiError::Encoded);
    }
    read(request, limit).await
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().any(|value| {
        let value = value.as_bytes().trim_ascii();
        !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
    })
}

async fn read(request: Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut body = request.into_body();
    let mut read = Vec::new();
    let mut total_bytes = 0;
    while let Some(data) = next_bytes(&mut body).await? {
        total_bytes += data.len();
        if total_bytes <= limit {
            read.extend_from_slice(&data);
        } else if total_bytes > MAX_DROPPED_BYTES {
            break;
        }
    }
    if total_bytes > limit { Err(ApiError::TooLarge { limit }) } else { Ok(read) }
}

/// The next bytes; none of what is no data. `None`: the body is complete.
async fn next_bytes(body: &mut Body) -> Result<Option<Bytes>, ApiError> {
    match tokio::time::timeout(MAX_PAUSE, body.frame()).await {
        Ok(Some(Ok(frame))) => Ok(Some(frame.into_data().unwrap_or_default())),
        Ok(Some(Err(error))) => Err(ApiError::Malformed(error.to_string())),
        Ok(None) => Ok(None),
        Err(_) => Err(ApiError::Stalled),
    }
}

fn parse(body: &[u8]) -> Result<Value, ApiError> {
    let text = String::from_utf8_lossy(body);
    let text = match &text {
        Cow::Borrowed(text) => text.trim_start_matches('\u{feff}'),
        Cow::Owned(text) => text.trim_start_matches('\u{feff}'),
    };
    if nesting(text) > MAX_NESTING {
        let why = format!("it is nested deeper than {MAX_NESTING} levels");
        return Err(ApiError::Malformed(why));
    }
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&mended(text)))
        .map_err(|error| ApiError::Malformed(error.to_string()))
}

/// The deepest nesting of the text, seen without parsing it.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_strings() {
        for (sentence, text, expected) in [
            ("a number is flat", "5", 0),
            ("an object is one level", r#"{"a":1}"#, 1),
            ("siblings do not add up", "[[],[],{}]", 2),
            ("brackets in strings do not count", r#"["[[[[\"[[["]"#, 1),
            ("an escaped backslash does not escape the quote", r#"["\\",[]]"#, 2),
        ] {
            assert_eq!(nesting(text), expected, "{sentence}");
        }
    }

    #[test]
    fn nesting_of_64_is_read_and_65_is_not() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(nested(64).as_bytes()).is_ok());
        assert!(matches!(parse(nested(65).as_bytes()), Err(ApiError::Malformed(_))));
        assert!(matches!(parse("[".repeat(200_000).as_bytes()), Err(ApiError::Malformed(_))));
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_bad_bytes_are_replaced() {
        assert_eq!(parse(b"\xef\xbb\xbf{}").unwrap(), serde_json::json!({}));
        assert_eq!(parse(b"\"a\xff\"").unwrap(), serde_json::json!("a\u{fffd}"));
        assert_eq!(parse(br#""a\ud83d""#).unwrap(), serde_json::json!("a\u{fffd}"));
        assert_eq!(parse(b"1e999").unwrap(), serde_json::json!("1e999"));
    }
}
