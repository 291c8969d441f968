//! Query parameters: what each may be, and what is said where it is something else.
//!
//! Names and values are decoded as forms are: `+` is a space, `%2B` a plus. Of a parameter that is
//! there more than once the first counts, and an empty one is as good as none.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use flatline_domain::UnixMs;
use flatline_shared::config::{Config, Service};
use flatline_shared::http::ApiError;
use flatline_shared::render::time::parse_rfc3339;
use http::request::Parts;
use url::form_urlencoded;

/// The largest number of entries that is ever answered.
pub const MAX_LIMIT: usize = 1_000;

/// The longest period that can be asked for, in hours: a leap year.
const MAX_HOURS: f64 = 8_784.0;

const MS_PER_HOUR: f64 = 3_600_000.0;

/// The query of a request, decoded.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the `?`.
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// All values of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The same query with another value of this name, encoded.
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(key, _)| key != name);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others.map(|(key, value)| (key, value)));
        query.append_pair(name, value).finish()
    }

    /// The service that `serviceId` names.
    ///
    /// # Errors
    /// 400 without the parameter, 404 if no such service is configured.
    pub fn service<'a>(&self, config: &'a Config) -> Result<&'a Service, ApiError> {
        let missing =
            || ApiError::invalid("missing-parameter", "serviceId parameter required".to_owned());
        self.service_if_any(config)?.ok_or_else(missing)
    }

    /// The service that `serviceId` names, if it names one.
    ///
    /// # Errors
    /// 404 if no such service is configured.
    pub fn service_if_any<'a>(&self, config: &'a Config) -> Result<Option<&'a Service>, ApiError> {
        let named = |id| config.service(id).ok_or(ApiError::UnknownService);
        self.get("serviceId").map(named).transpose()
    }

    /// `limit`: how many entries at most; more than [`MAX_LIMIT`] is as much as that.
    ///
    /// # Errors
    /// 400 if it is no whole number, or a negative one.
    pub fn limit(&self) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(None) };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            let sentence =
                format!("limit must be a whole number from 0; at most {MAX_LIMIT} are answered");
            return Err(invalid(sentence));
        }
        // Digits that do not fit are more than can be answered as well.
        Ok(Some(text.parse().unwrap_or(MAX_LIMIT).min(MAX_LIMIT)))
    }

    /// `hours`: how far back; 0 is no limit.
    ///
    /// # Errors
    /// 400 if it is no number, negative, or longer than a year.
    pub fn hours(&self) -> Result<Option<f64>, ApiError> {
        let Some(text) = self.get("hours") else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(hours) if (0.0..=MAX_HOURS).contains(&hours) => Ok(Some(hours)),
            _ => {
                let sentence =
                    format!("hours must be a number of hours up to {MAX_HOURS}, or 0 for no limit");
                Err(invalid(sentence))
            }
        }
    }

    /// `since`: only what is newer.
    ///
    /// # Errors
    /// 400 if it is no instant.
    pub fn since(&self) -> Result<Option<UnixMs>, ApiError> {
        let Some(text) = self.get("since") else { return Ok(None) };
        instant(text).map(Some).ok_or_else(|| {
            invalid(
                "since must be a time as in RFC 3339 with an offset, such as \
                 2026-11-22T12:00:00Z, or in milliseconds since 1970",
            )
        })
    }
}

/// The first instant that is `hours` ago or less; none for 0.
pub fn hours_ago(now: UnixMs, hours: f64) -> UnixMs {
    if hours == 0.0 { UnixMs(0) } else { now.plus_ms(-((hours * MS_PER_HOUR) as i64)) }
}

/// 400 for a parameter that cannot be what it is.
pub fn invalid(sentence: impl Into<String>) -> ApiError {
    ApiError::invalid("invalid-parameter", sentence)
}

/// RFC 3339 with any offset, or Unix milliseconds.
fn instant(text: &str) -> Option<UnixMs> {
    if let Ok(ms) = text.parse::<i64>() {
        return Some(UnixMs(ms));
    }
    parse_rfc3339(text).or_else(|| parse_rfc3339(&with_plus(text)?))
}

/// The text with the plus of its offset, which whoever does not encode it sends as a space.
fn with_plus(text: &str) -> Option<String> {
    let (time, offset) = text.rsplit_once(' ')?;
    time.contains(':').then(|| format!("{time}+{offset}"))
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
