//! Which web pages may read answers of the API.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// The request's `Origin`, if it is allowed: listed exactly, or everything is.
pub(super) fn allowed_origin(headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let listed = |entry: &String| entry == "*" || entry.as_bytes() == origin.as_bytes();
    allowed.iter().any(listed).then(|| origin.clone())
}

/// The answer to OPTIONS on a path that there is.
pub(super) fn preflight(methods: &str, origin: Option<&HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let methods = HeaderValue::from_str(methods).expect("names of methods are plain ASCII");
    headers.insert(header::ALLOW, methods.clone());
    if origin.is_some() {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
    response
}

/// Lets the origin read an answer. Every answer says that it depends on the origin, so that no cache
/// gives one page what another may read.
pub(super) fn share(response: &mut Response, origin: Option<HeaderValue>) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

/// One `Vary` header instead of several. Of headers with one name lambda_http hands on the first only,
/// and a cache would give everybody what was compressed for one.
pub async fn join_vary(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let values: Vec<_> =
        headers.get_all(header::VARY).iter().filter_map(|value| value.to_str().ok()).collect();
    if let (2.., Ok(joined)) = (values.len(), HeaderValue::try_from(values.join(", "))) {
        headers.insert(header::VARY, joined);
    }
    response
}
