//! Variables, files of variables, keys, credentials.

use std::path::Path;

use super::{errors, load, sentences, warnings};
use crate::config::{ApiKeys, Env, Secret, variable_name};

#[test]
fn keys_open_what_they_are_for_and_nothing_else() {
    let keys = r#"{"api": "key-api", "core": ["key-core", "key-core-new"], "*": "key-any",
        "empty": "", "hollow": [], "blank": [""]}"#;
    let keys = load(&[], &[("API_KEYS", keys)]).expect("loads").api_keys;
    let none = None;
    let rows = [
        ("the service's own key", "api", Some("core"), Some("key-api"), true),
        ("the group's, where the service has one", "api", Some("core"), Some("key-core"), false),
        ("the one for any, where the service has one", "api", none, Some("key-any"), false),
        ("the group's key", "db", Some("core"), Some("key-core"), true),
        ("the group's other key", "db", Some("core"), Some("key-core-new"), true),
        ("the one for any, where the group has one", "db", Some("core"), Some("key-any"), false),
        ("the one for any", "db", none, Some("key-any"), true),
        ("a key of another service", "db", none, Some("key-api"), false),
        ("an empty entry is passed over", "empty", Some("core"), Some("key-core"), true),
        ("an empty list is passed over", "hollow", none, Some("key-any"), true),
        ("a list of nothing is passed over", "blank", none, Some("key-any"), true),
        ("no key", "api", none, none, false),
        ("an empty key", "empty", none, Some(""), false),
        ("a key cut short", "api", none, Some("key-ap"), false),
        ("a key with more", "api", none, Some("key-api2"), false),
        ("a key in another case", "api", none, Some("KEY-API"), false),
        ("a service called like the one for any", "*", none, Some("key-any"), true),
    ];
    for (what, service, group, key, expected) in rows {
        assert_eq!(keys.allows(service, group, key), expected, "{what}");
    }
    for (key, expected) in
        [("key-api", true), ("key-core-new", true), ("key-any", true), ("nope", false), ("", false)]
    {
        assert_eq!(keys.knows(Some(key)), expected, "{key}");
    }
    assert!(!keys.knows(None));
}

#[test]
fn no_keys_open_nothing() {
    let keys = load(&[], &[]).expect("loads").api_keys;
    assert!(keys.is_empty());
    assert!(!keys.allows("api", None, Some("any")));
    assert!(!keys.allows("api", None, Some("")) && !keys.knows(Some("")));
}

#[test]
fn keys_that_cannot_be_read_stop_the_start_and_are_not_shown() {
    const SHAPE: &str = "environment API_KEYS: must be a JSON object of service id, group id or \"*\" \
                         to a key or a list of keys";
    let rows = [
        (
            "{\"api\": \"s3cret\"",
            "; it is not valid JSON: EOF while parsing an object at line 1 column 16",
        ),
        ("s3cret", "; it is not valid JSON: expected value at line 1 column 1"),
        ("\"s3cret\"", ""),
        ("[\"s3cret\"]", ""),
        ("{\"api\": 5}", "; entry 1 by name is neither"),
        ("{\"z\": {\"s3cret\": 1}, \"api\": \"s3cret\"}", "; entry 2 by name is neither"),
        ("{\"api\": [\"s3cret\", null]}", "; entry 1 by name is neither"),
    ];
    for (text, rest) in rows {
        assert_eq!(errors(&[], &[("API_KEYS", text)]), [format!("{SHAPE}{rest}")], "{text}");
    }
}

#[test]
fn keys_for_nothing_and_services_without_keys_are_told() {
    let rows = [
        (r#"{"api": "k"}"#, vec![]),
        (r#"{"*": "k"}"#, vec![]),
        (
            r#"{"apj": "k"}"#,
            vec![
                "environment API_KEYS: entry 1 by name is for no service and no group; the nearest known \
                 one is 'api'",
                "environment API_KEYS: has no key for service \"api\": heartbeats are refused",
            ],
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(warnings(&[], &[("API_KEYS", text)]), expected, "{text}");
    }
}

#[test]
fn a_variable_may_stand_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, "from-file\r\n").unwrap();
    let path = path.to_str().unwrap();
    let config = load(&[], &[("ALERT_API_KEY_FILE", path)]).expect("loads");
    assert!(config.alert_keys.find("from-file").is_some());
    let env = Env::of([("SSL_CERT_FILE".to_owned(), "/nowhere".to_owned())]);
    assert_eq!((env.get("SSL_CERT"), env.problems()), (None, [].as_slice()), "not one of ours");
}

#[test]
fn an_empty_file_is_not_taken_for_no_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for text in ["", "\n"] {
        std::fs::write(file.path(), text).unwrap();
        let found = errors(&[], &[("API_KEYS_FILE", file.path().to_str().unwrap())]);
        assert_eq!(found, ["environment API_KEYS_FILE: the file is empty"]);
    }
}

#[test]
fn keys_may_be_wrapped_in_base64() {
    // {"api": "k"}, and a text that is base64 of something else.
    let config = load(&[], &[("API_KEYS", "eyJhcGkiOiAiayJ9")]).expect("loads");
    assert!(config.api_keys.allows("api", None, Some("k")));
    assert_eq!(errors(&[], &[("API_KEYS", "czNjcmV0")]).len(), 1);
}

#[test]
fn more_log_entries_than_there_can_be_are_a_warning() {
    let variable = ("MAX_LOG_ENTRIES", "2000");
    assert_eq!(load(&[], &[variable]).expect("loads").settings.max_log_entries, 1_000);
    assert_eq!(warnings(&[], &[variable]), ["environment MAX_LOG_ENTRIES: at most 1000 are shown"]);
}

#[test]
fn a_file_that_cannot_be_read_and_a_double_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let absent = dir.path().join("absent");
    let found = errors(&[], &[("ALERT_API_KEY_FILE", absent.to_str().unwrap())]);
    assert_eq!(found.len(), 1, "{found:?}");
    let begin = "environment ALERT_API_KEY_FILE: the file cannot be read: ";
    assert!(found[0].starts_with(begin), "{found:?}");
    assert_eq!(
        errors(&[], &[("ALERT_API_KEY_FILE", "x"), ("ALERT_API_KEY", "y")]),
        ["environment ALERT_API_KEY_FILE: ALERT_API_KEY is set as well; set only one of the two"]
    );
}

#[test]
fn names_of_channels_map_to_names_of_variables() {
    let rows = [
        ("Ops", "url", "NOTIFICATION_OPS_URL"),
        ("Telegram Bot", "chatId", "NOTIFICATION_TELEGRAM_BOT_CHATID"),
        ("a-b.c/2", "url", "NOTIFICATION_A_B_C_2_URL"),
        ("stra\u{df}e \u{e9}", "url", "NOTIFICATION_STRASSE___URL"),
        ("\u{1f600}", "url", "NOTIFICATION____URL"),
    ];
    for (channel, key, expected) in rows {
        assert_eq!(variable_name(channel, key), expected, "{channel}");
    }
}

#[test]
fn credentials_come_from_the_environment_first() {
    let written = r#"{"channels": [{"type": "webhook", "name": "Ops",
        "config": {"url": "https://file.example", "authToken": "t0ken", "method": "put",
            "headers": {"_why": "a comment", "X-A": "b"}}}]}"#;
    let files = [("notifications.json", written)];
    let channel = load(&files, &[]).expect("loads").channels.remove(0);
    assert_eq!(channel.secrets["URL"].expose(), "https://hook.example/in");
    assert_eq!(channel.secrets["AUTHTOKEN"].expose(), "t0ken");
    let options = serde_json::Value::from(channel.options.clone());
    assert_eq!(options, serde_json::json!({"method": "PUT", "headers": {"X-A": "b"}}));
    let without = load(&files, &[("NOTIFICATION_OPS_URL", "")]).expect("loads");
    assert_eq!(without.channels[0].secrets["URL"].expose(), "https://file.example");
    assert_eq!(
        sentences(&without.warnings),
        [
            "notifications.json channels[0].config.url: a credential does not belong into a file; put \
             it into the variable NOTIFICATION_OPS_URL",
            "notifications.json channels[0].config.authToken: a credential does not belong into a \
             file; put it into the variable NOTIFICATION_OPS_AUTHTOKEN",
        ]
    );
    assert!(!format!("{without:?}").contains("t0ken"));
}

#[test]
fn nothing_that_is_printed_shows_a_secret() {
    let keys = ApiKeys::of([("api".to_owned(), vec![Secret::new("s3cret")])]);
    let env = Env::of([("ALERT_API_KEY".to_owned(), "s3cret".to_owned())]);
    let notifications = r#"{"channels": [{"type": "webhook", "name": "Ops",
        "config": {"headers": {"X-Key": "s3cret"}}}]}"#;
    let variables =
        [("NOTIFICATION_OPS_URL", "https://h.example/s3cret"), ("ALERT_API_KEY", "s3cret")];
    let config = load(&[("notifications.json", notifications)], &variables).expect("loads");
    let printed = format!("{keys:?} {env:?} {config:?} {:?}", Secret::new("s3cret"));
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[test]
fn the_public_address_has_no_slash_at_its_end() {
    let rows = [
        ("https://status.example.com", "https://status.example.com"),
        ("https://status.example.com/", "https://status.example.com"),
        ("http://10.0.0.1:8080/flatline/", "http://10.0.0.1:8080/flatline"),
    ];
    for (text, expected) in rows {
        let config = load(&[], &[("FLATLINE_PUBLIC_URL", text)]).expect("loads");
        assert_eq!(config.public_url.as_deref(), Some(expected), "{text}");
    }
    assert_eq!(load(&[], &[("FLATLINE_PUBLIC_URL", "")]).expect("loads").public_url, None);
}

#[test]
fn the_time_limit_of_requests_is_never_above_ten_seconds() {
    for (text, expected_ms) in [("2500", 2_500), ("10000", 10_000), ("60000", 10_000)] {
        let config = load(&[], &[("REQUEST_TIMEOUT", text)]).expect("loads");
        assert_eq!(config.notify.request_timeout_ms, expected_ms, "{text}");
    }
}

#[test]
fn the_environment_of_this_process_is_read() {
    assert!(Env::from_process().get("PATH").is_some_and(|path| Path::new(path) != Path::new("")));
    assert_eq!(Env::default().with("A", "b").get("A"), Some("b"));
}
