//! Keys that requests carry.

use http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use super::{ApiError, basic};
use crate::config::{AlertKey, Config, Secret};

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

/// Whose key of `ALERT_API_KEY` a request has, which may come without the scheme or as a password;
/// refuses it without one, with 503 if the server has none. The log says why; a missing setting is logged with its 503.
pub fn alert_key<'a>(config: &'a Config, headers: &HeaderMap) -> Result<&'a AlertKey, ApiError> {
    if config.alert_keys.is_empty() {
        return Err(ApiError::NotSet("ALERT_API_KEY"));
    }
    let password = basic::password(headers);
    let given = password.as_deref().or_else(|| bearer_or_bare(headers));
    given
        .and_then(|given| config.alert_keys.find(given))
        .ok_or_else(|| refused(if given.is_some() { "wrong alert key" } else { "no key was sent" }))
}

/// Refuses a request without a key of `ALERT_API_KEY` that may do everything, as [`alert_key`] does.
pub fn require_alert_key(config: &Config, headers: &HeaderMap) -> Result<(), ApiError> {
    match alert_key(config, headers)? {
        key if key.is_full() => Ok(()),
        _ => Err(refused("this key is for alerts to some channels only")),
    }
}

fn refused(reason: &str) -> ApiError {
    tracing::info!(reason, "an alert was refused");
    ApiError::Unauthorized
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
    fn a_key_for_some_channels_opens_nothing_but_alerts() {
        let text = r#"{"am": "full", "cron": {"key": "some", "channels": ["webhook"]}}"#;
        let env = Env::of([("ALERT_API_KEY".to_owned(), text.to_owned())]);
        let files = [("services.json", r#"{"groups": [], "services": []}"#)];
        let config = Config::from_json(files, &env).unwrap();
        for (value, name, is_full) in [("full", "am", true), ("Bearer some", "cron", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(alert_key(&config, &headers).unwrap().name.as_deref(), Some(name));
            assert_eq!(require_alert_key(&config, &headers).is_ok(), is_full, "{value}");
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
