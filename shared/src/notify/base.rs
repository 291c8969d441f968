//! Addresses of vendors, and `config.baseUrl` in their place.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::{Ahead, HttpRequest, Message, Outgoing, RequestError};
use crate::config::Channel;

/// The address of `path` at the vendor, or at `config.baseUrl`.
pub(super) fn at(channel: &Channel, vendor: &str, path: &str) -> Result<Url, RequestError> {
    let base = channel.option("baseUrl").unwrap_or(vendor).trim_end_matches('/');
    format!("{base}{path}").parse().map_err(|_| RequestError::Url)
}

/// A credential that is an address; `config.baseUrl` takes the place of its beginning.
pub(super) fn secret_url(channel: &Channel, key: &'static str) -> Result<Url, RequestError> {
    let secret = channel.secret(key).ok_or(RequestError::Missing(key))?;
    let url: Url = secret.parse().map_err(|_| RequestError::Url)?;
    let Some(base) = channel.option("baseUrl") else { return Ok(url) };
    let mut moved: Url = base.parse().map_err(|_| RequestError::Url)?;
    moved.set_path(&format!("{}{}", moved.path().trim_end_matches('/'), url.path()));
    moved.set_query(url.query());
    Ok(moved)
}

/// A POST of JSON.
pub(super) fn post_json(url: Url, body: &Value) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Outgoing::Http(HttpRequest {
        method: Method::POST,
        url,
        headers,
        body: body.to_string().into(),
    })
}

/// Nothing goes ahead of a message.
#[expect(clippy::unnecessary_wraps, reason = "others may fail")]
pub(super) const fn nothing(_: &Message<'_>, _: &Channel) -> Result<Vec<Ahead>, RequestError> {
    Ok(Vec::new())
}

/// The body of an answer as JSON; null if it is none.
pub(super) fn json(answer: &super::Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}
