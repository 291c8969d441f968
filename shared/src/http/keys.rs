//! Keys that requests carry.

use http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use super::{ApiError, basic};
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
/// without the scheme, or as a password. The log says why; a missing setting is logged with its 503.
pub fn require_alert_key(config: &Config, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = config.alert_key.as_ref().ok_or(ApiError::NotSet("ALERT_API_KEY"))?;
    let password = basic::password(headers);
    let given = password.as_deref().or_else(|| bearer_or_bare(headers));
    if matches(key, given) {
        return Ok(());
    }
    let reason = if given.is_some() { "wrong alert key" } else { "no key was sent" };
    tracing::info!(reason, "an alert was refused");
    Err(ApiError::Unauthorized)
}

#[cfg(test)]
mod tests {
    use std::io::Seek;
    use std::sync::Arc;

    use super::*;
    use crate::config::Env;

    /// What is logged while this runs.
    fn logged(run: impl FnOnce()) -> String {
        let sink = Arc::new(tempfile::tempfile().unwrap());
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::clone(&sink));
        tracing::subscriber::with_default(subscriber.finish(), run);
        (&*sink).rewind().unwrap();
        std::io::read_to_string(&*sink).unwrap()
    }

    #[test]
    fn a_refused_alert_is_logged_with_its_reason_and_without_its_key() {
        let key = ("ALERT_API_KEY".to_owned(), "alert-secret".to_owned());
        let files = [("services.json", r#"{"groups": [], "services": []}"#)];
        let config = Config::from_json(files, &Env::of([key])).unwrap();
        for (sentence, value, reason) in [
            ("a wrong key", Some("Bearer guessed"), "wrong alert key"),
            ("none", None, "no key was sent"),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(value.map(|value| (header::AUTHORIZATION, value.parse().unwrap())));
            let log = logged(|| {
                let refused = require_alert_key(&config, &headers);
                assert!(matches!(refused, Err(ApiError::Unauthorized)), "{sentence}");
            });
            assert!(log.contains(&format!("an alert was refused reason={reason:?}")), "{log}");
            assert_eq!(log.lines().count(), 1, "{sentence}");
            assert!(!log.contains("guessed") && !log.contains("alert-secret"), "{log}");
        }
    }

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
