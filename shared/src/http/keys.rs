//! Keys that requests carry.

use http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use super::ApiError;
use crate::config::{Config, Secret};

/// The token of `Authorization: Bearer <token>`; the scheme in any case. `None`: there is none.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = authorization(headers)?.split_once([' ', '\t'])?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The token of `Authorization`, with or without the scheme, as senders of alerts write it.
pub fn bearer_or_bare(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| authorization(headers).filter(|token| !token.is_empty()))
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok().map(str::trim)
}

/// Whether `given` is `expected`, in a time that does not depend on where they differ. An empty
/// expectation matches nothing.
pub fn matches(expected: &Secret, given: Option<&str>) -> bool {
    let expected = expected.expose().as_bytes();
    let given = given.unwrap_or_default().as_bytes();
    !expected.is_empty() && bool::from(expected.ct_eq(given))
}

/// Refuses a request without `ALERT_API_KEY`; with 503 if the server has none. The key may come
/// without the scheme.
pub fn require_alert_key(config: &Config, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = config.alert_key.as_ref().ok_or(ApiError::NotSet("ALERT_API_KEY"))?;
    if matches(key, bearer_or_bare(headers)) { Ok(()) } else { Err(ApiError::Unauthorized) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_any_case_and_needed() {
        for (sentence, value, token, bare) in [
            ("as documented", "Bearer key", Some("key"), Some("key")),
            ("in lower case", "bearer key", Some("key"), Some("key")),
            ("with more space", "BEARER   key ", Some("key"), Some("key")),
            ("without the scheme", "key", None, Some("key")),
            ("another scheme", "Basic a2V5", None, Some("Basic a2V5")),
            ("nothing behind the scheme", "Bearer ", None, Some("Bearer")),
            ("empty", "", None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(bearer(&headers), token, "{sentence}");
            assert_eq!(bearer_or_bare(&headers), bare, "{sentence}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    fn an_empty_key_matches_nothing() {
        assert!(matches(&Secret::new("k"), Some("k")));
        assert!(!matches(&Secret::new("k"), Some("kk")));
        assert!(!matches(&Secret::new(""), Some("")));
        assert!(!matches(&Secret::new("k"), None));
    }
}
