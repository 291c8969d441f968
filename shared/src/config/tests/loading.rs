//! Files, defaults, the index, the hash.

use std::path::Path;

use flatline_domain::Membership;

use super::{SERVICES, load, sentences, services};
use crate::config::{ApiSwitch, Config, Env};

#[test]
fn the_sample_configuration_loads_without_a_word() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let config = Config::load(&dir, &Env::default()).expect("loads");
    assert_eq!(config.warnings, []);
    assert!(config.services.iter().any(|service| service.auth_required));
}

#[test]
fn a_folder_needs_services_json_only() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Config::load(dir.path(), &Env::default()).unwrap_err();
    assert_eq!(
        sentences(&missing.0),
        [
            "services.json: is missing: it must name the services, as {\"services\": [{\"id\": \"my-service\"}]}"
        ]
    );
    std::fs::write(dir.path().join("services.json"), format!("\u{feff}{SERVICES}")).unwrap();
    let config = Config::load(dir.path(), &Env::default()).expect("loads");
    assert_eq!(
        sentences(&config.warnings),
        ["notifications.json channels: no channel is configured, so nobody is told of anything"]
    );
    let service = config.service("api").expect("is configured");
    assert_eq!(service.spec.name, "api");
    assert_eq!(service.spec.membership, Membership::Active);
    assert_eq!(service.spec.window_ms, 300_000);
    assert_eq!(service.spec.first_window_ms, Some(3_600_000));
    assert!(service.auth_required && service.spec.route.enabled);
    assert_eq!(service.uptime_threshold_set.as_deref(), Some("default"));
    assert_eq!(config.notify.cooldown_ms, 300_000);
    assert_eq!(config.notify.repeat_ms, Some(3_600_000));
    assert_eq!((config.notify.max_alerts, config.notify.max_age_days), (100, 7));
    assert_eq!((config.notify.fold_above, config.notify.request_timeout_ms), (3, 10_000));
    assert_eq!((config.settings.retention_days, config.settings.max_log_entries), (120, 100));
    assert_eq!(config.settings.disabled, [ApiSwitch::TestNotification]);
}

#[test]
fn a_file_that_cannot_be_read_is_not_taken_for_a_missing_one() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("services.json")).unwrap();
    std::fs::write(dir.path().join("settings.json"), b"{\"a\xff\": 1}").unwrap();
    let errors = sentences(&Config::load(dir.path(), &Env::default()).unwrap_err().0);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("services.json: cannot be read: "), "{errors:?}");
    assert!(errors[1].starts_with("settings.json: must be UTF-8: "), "{errors:?}");
}

#[test]
fn ui_json_stands_in_for_both_files_until_one_is_there() {
    let ui =
        r#"{"features": {"uptimeRetentionDays": 30}, "header": {"title": "T"}, "customCss": ""}"#;
    let config = load(&[("ui.json", ui)], &[]).expect("loads");
    assert_eq!(config.settings.retention_days, 30);
    assert_eq!(
        sentences(&config.warnings),
        ["ui.json: is deprecated: move it to settings.json and dashboard.json"]
    );
    let config = load(&[("ui.json", ui), ("settings.json", "{}")], &[]).expect("loads");
    assert_eq!(config.settings.retention_days, 30);
    let told = "ui.json: only allowedOrigins and features.uptimeRetentionDays are taken from it, where \
                settings.json has none: move them there and remove this file";
    assert_eq!(sentences(&config.warnings), [told]);
    assert_eq!(config.dashboard.header.title, "Flatline");
}

#[test]
fn ui_json_never_speaks_against_settings_json() {
    let ui =
        r#"{"features": {"uptimeRetentionDays": 30}, "allowedOrigins": ["https://old.example"]}"#;
    let rows = [
        ("nothing is said", "{}", 30, "https://old.example"),
        ("days", r#"{"uptime": {"retentionDays": 7}}"#, 7, "https://old.example"),
        ("older days", r#"{"features": {"uptimeRetentionDays": 8}}"#, 8, "https://old.example"),
        ("origins", r#"{"allowedOrigins": ["https://new.example"]}"#, 30, "https://new.example"),
    ];
    for (sentence, settings, days, origin) in rows {
        let config = load(&[("ui.json", ui), ("settings.json", settings)], &[]).expect("loads");
        assert_eq!(config.settings.retention_days, days, "{sentence}");
        assert_eq!(config.settings.allowed_origins, [origin], "{sentence}");
    }
    // What is wrong in settings.json is told as before.
    for settings in ["[]", r#"{"features": 5}"#] {
        assert!(load(&[("ui.json", ui), ("settings.json", settings)], &[]).is_err(), "{settings}");
    }
}

#[test]
fn settings_have_their_order_of_precedence() {
    let rows = [
        ("no file: the defaults", "{}", "", 120, 100),
        ("features", r#"{"features": {"uptimeRetentionDays": 90}}"#, "", 90, 100),
        (
            "uptime beats features",
            r#"{"features": {"uptimeRetentionDays": 90}, "uptime": {"retentionDays": 60}}"#,
            "",
            60,
            100,
        ),
        ("the environment", "{}", "7", 120, 7),
        ("the file beats the environment", r#"{"maxLogEntries": 50}"#, "7", 120, 50),
    ];
    for (what, file, variable, days, entries) in rows {
        let config = load(&[("settings.json", file)], &[("MAX_LOG_ENTRIES", variable)]).unwrap();
        assert_eq!(config.settings.retention_days, days, "{what}");
        assert_eq!(config.settings.max_log_entries, entries, "{what}");
    }
}

#[test]
fn switches_are_on_but_for_test_notifications() {
    use ApiSwitch::{Alert, AlertHistory, Heartbeat, TestNotification};
    let rows: [(&str, &[ApiSwitch]); 4] = [
        (r#"{"api": {"enableTestNotificationEndpoint": true}}"#, &[]),
        (r#"{"api": {"enableHeartbeatEndpoint": false}}"#, &[Heartbeat, TestNotification]),
        (r#"{"api": {"enableAlertEndpoints": false}}"#, &[Alert, AlertHistory, TestNotification]),
        (
            r#"{"api": {"enableAlertEndpoints": false, "enableAlertEndpoint": true}}"#,
            &[AlertHistory, TestNotification],
        ),
    ];
    for (file, disabled) in rows {
        let config = load(&[("settings.json", file)], &[]).unwrap();
        assert_eq!(config.settings.disabled, disabled, "{file}");
        assert!(config.warnings.is_empty(), "{file}");
    }
}

#[test]
fn the_smallest_window_is_that_of_an_active_service() {
    let rows = [
        (r#"{"services": []}"#, 300_000),
        (r#"{"services": [{"id": "a", "stalenessThreshold": 900}]}"#, 900_000),
        (
            r#"{"services": [{"id": "a", "stalenessThreshold": 60},
                {"id": "b", "stalenessThreshold": 1, "enabled": false}]}"#,
            60_000,
        ),
    ];
    for (file, smallest_ms) in rows {
        assert_eq!(services(file).smallest_window_ms(), smallest_ms, "{file}");
    }
}

#[test]
fn ten_thousand_services_are_found_by_id() {
    let rows: Vec<String> = (0..10_000).map(|n| format!("{{\"id\": \"s{n}\"}}")).collect();
    let config = services(&format!("{{\"services\": [{}]}}", rows.join(",")));
    assert_eq!(config.services.len(), 10_000);
    for id in ["s0", "s4711", "s9999"] {
        assert_eq!(config.service(id).map(|service| service.spec.id.as_str()), Some(id));
    }
    assert!(config.service("s10000").is_none());
    assert!(config.service("S0").is_none(), "ids are case-sensitive");
}

const HASHED: &str = r#"{
    "groups": [{"id": "g", "name": "G", "services": ["a"], "stalenessThreshold": 60}],
    "services": [{"id": "a", "name": "A"}, {"id": "b"}]
}"#;

#[test]
fn the_hash_changes_with_what_decides_statuses_and_routes() {
    let of = |services: &str, notifications: &str| {
        let files = [("services.json", services), ("notifications.json", notifications)];
        load(&files, &[]).expect("loads").hash
    };
    let told = r#"{"channels": [{"type": "webhook", "name": "Ops"}]}"#;
    let before = of(HASHED, told);
    let rows = [
        ("another window", "\"stalenessThreshold\": 60", "\"stalenessThreshold\": 61"),
        (
            "a first window",
            "{\"id\": \"b\"}",
            "{\"id\": \"b\", \"firstHeartbeatWithinSeconds\": null}",
        ),
        ("a pause", "{\"id\": \"b\"}", "{\"id\": \"b\", \"enabled\": false}"),
        ("another service", "{\"id\": \"b\"}", "{\"id\": \"b\"}, {\"id\": \"c\"}"),
        (
            "a route",
            "{\"id\": \"b\"}",
            "{\"id\": \"b\", \"notifications\": {\"events\": [\"up\"]}}",
        ),
        ("a mute", "{\"id\": \"b\"}", "{\"id\": \"b\", \"notifications\": {\"enabled\": false}}"),
    ];
    for (what, from, to) in rows {
        assert!(HASHED.contains(from), "{what}");
        assert_ne!(of(&HASHED.replace(from, to), told), before, "{what}");
    }
    let rows = [
        ("a channel's events", told.replace("\"Ops\"", "\"Ops\", \"events\": [\"down\"]")),
        ("a disabled channel", told.replace("\"Ops\"", "\"Ops\", \"enabled\": false")),
        ("a renamed channel", told.replace("\"Ops\"", "\"ops\"")),
        ("all muted", told.replace("{\"channels", "{\"enabled\": false, \"channels")),
    ];
    for (what, notifications) in rows {
        assert_ne!(of(HASHED, &notifications), before, "{what}");
    }
}

#[test]
fn the_hash_stays_with_what_is_only_shown() {
    let hash = |files: &[(&str, &str)]| load(files, &[]).expect("loads").hash;
    let before = hash(&[("services.json", HASHED)]);
    let rows = [
        ("a group's title", "\"name\": \"G\"", "\"name\": \"Other\""),
        ("a service's title", "\"name\": \"A\"", "\"name\": \"Other\", \"description\": \"d\""),
        ("the order", r#"{"id": "a", "name": "A"}, {"id": "b"}"#, r#"{"id": "b"}, {"id": "a"}"#),
        ("keys", "{\"id\": \"b\"}", "{\"id\": \"b\", \"auth\": {\"required\": false}}"),
        ("a window said twice", "{\"id\": \"b\"}", "{\"id\": \"b\", \"stalenessThreshold\": 300}"),
    ];
    for (what, from, to) in rows {
        assert!(HASHED.contains(from), "{what}");
        assert_eq!(hash(&[("services.json", &HASHED.replace(from, to))]), before, "{what}");
    }
    let page = r#"{"header": {"title": "Other"}}"#;
    assert_eq!(hash(&[("services.json", HASHED), ("dashboard.json", page)]), before);
}

/// The samples of docs/configuration.md: fences that name a file.
fn samples(document: &str) -> Vec<(&str, &str)> {
    let fences = document.split("```json ").skip(1);
    fences
        .map(|fence| {
            let sample = fence.split("```").next().expect("split yields something");
            sample.split_once('\n').expect("a fence has lines")
        })
        .collect()
}

#[test]
fn the_samples_of_the_documentation_load_without_a_word() {
    let samples = samples(include_str!("../../../../docs/configuration.md"));
    let names: Vec<_> = samples.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["services.json", "notifications.json", "settings.json", "dashboard.json"]);
    assert_eq!(load(&samples, &[]).expect("loads").warnings, []);
}
