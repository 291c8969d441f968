//! `ALERT_API_KEY` in all its shapes.

use super::{errors, load, warnings};
use crate::config::{Secret, full_alert_key};

const CHANNELS: &str = r#"{"channels": [
  {"type": "webhook", "name": "Ops", "config": {"url": "https://hooks.example/x"}}]}"#;

fn files() -> [(&'static str, &'static str); 1] {
    [("notifications.json", CHANNELS)]
}

#[test]
fn each_sender_has_a_name_keys_and_channels() {
    for (sentence, text, given, expected) in [
        ("a key has no name", "secret", "secret", Some((None, 0))),
        ("another is wrong", "secret", "secre", None),
        ("nothing is wrong, too", "secret", "", None),
        ("by name", r#"{"am": "k1", "cron": "k2"}"#, "k2", Some((Some("cron"), 0))),
        (
            "two while one takes the place of the other",
            r#"{"am": ["k1", "k2"]}"#,
            "k2",
            Some((Some("am"), 0)),
        ),
        ("limited", r#"{"am": {"key": "k1", "channels": ["Ops"]}}"#, "k1", Some((Some("am"), 1))),
        (
            "limited to one",
            r#"{"am": {"key": ["k0", "k1"], "channels": "webhook"}}"#,
            "k1",
            Some((Some("am"), 1)),
        ),
        ("the whole text is no key then", r#"{"am": "k1"}"#, r#"{"am": "k1"}"#, None),
        ("as keygen --base64 writes it", "eyJhbSI6ImsxIn0=", "k1", Some((Some("am"), 0))),
    ] {
        let config = load(&files(), &[("ALERT_API_KEY", text)]).expect("loads");
        let found = config.alert_keys.find(given);
        let found = found.map(|key| (key.name.as_deref(), key.channels.len()));
        assert_eq!(found, expected, "{sentence}");
        assert!(!format!("{:?}", config.alert_keys).contains("k1"), "{sentence}");
    }
    assert!(load(&files(), &[]).expect("loads").alert_keys.is_empty());
}

#[test]
fn a_key_tells_its_channels_and_no_others() {
    let text = r#"{"a": "k1", "b": {"key": "k2", "channels": ["ops"]}, "c": {"key": "k3", "channels": ["slack"]}}"#;
    let config = load(&files(), &[("ALERT_API_KEY", text)]).expect("loads");
    for (key, expected) in [("k1", true), ("k2", true), ("k3", false)] {
        let found = config.alert_keys.find(key).unwrap();
        assert_eq!(found.may_tell(&config.channels[0]), expected, "{key}");
    }
}

#[test]
fn what_cannot_be_meant_is_an_error_that_shows_no_key() {
    for (text, expected) in [
        ("{", "it is not valid JSON"),
        (r#"{"am": 5}"#, "entry 1 by name has no key"),
        (r#"{"am": ""}"#, "entry 1 by name has no key"),
        (r#"{"am": []}"#, "entry 1 by name has no key"),
        (r#"{"am": {"channels": ["Ops"]}}"#, "entry 1 by name has no key"),
        (r#"{"am": {"key": "k", "channels": []}}"#, "has channels that are no names"),
        (r#"{"am": {"key": "k", "chanels": ["Ops"]}}"#, "may have key and channels"),
        (r#"{"fl_secret": "grafana"}"#, "has a key for its name"),
        (r#"{"": "k"}"#, "needs a name"),
    ] {
        let found = errors(&files(), &[("ALERT_API_KEY", text)]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(expected), "{text}: {found:?}");
        assert!(!found[0].contains("secret"), "{found:?}");
    }
    let text = r#"{"am": {"key": "k", "channels": ["Opps"]}}"#;
    let warnings = warnings(&files(), &[("ALERT_API_KEY", text)]).join("\n");
    assert!(warnings.contains("no channel has the name or type \"Opps\""), "{warnings}");
}

#[test]
fn commands_send_the_first_key_that_may_do_everything() {
    for (text, expected) in [
        ("secret", Some("secret")),
        (r#"{"a": {"key": "k1", "channels": ["Ops"]}, "b": ["k2", "k3"]}"#, Some("k2")),
        (r#"{"a": {"key": "k1", "channels": ["Ops"]}}"#, None),
    ] {
        let found = full_alert_key(&Secret::new(text));
        assert_eq!(found, expected.map(Secret::new), "{text}");
    }
}
