//! One mistake per row: what is told of it, word for word, and nothing else.

use super::errors;

/// What is wrong, the file's text, all that is told.
pub(super) type Row = (&'static str, &'static str, &'static [&'static str]);

pub(super) fn judge(file: &str, rows: &[Row]) {
    for (what, text, expected) in rows {
        let expected: Vec<String> =
            expected.iter().map(|sentence| format!("{file}{sentence}")).collect();
        assert_eq!(errors(&[(file, text)], &[]), expected, "{what}: {text}");
    }
}

#[test]
fn any_file() {
    judge(
        "services.json",
        &[
            ("empty", "", &[": is not valid JSON: EOF while parsing a value at line 1 column 0"]),
            (
                "a comma too many",
                "{\"services\": [],\n}",
                &[": is not valid JSON: trailing comma at line 2 column 1"],
            ),
            ("a list", "[]", &[": must be an object, not a list"]),
            ("null", "null", &[": must be an object, not null"]),
        ],
    );
    judge("settings.json", &[("a text", "\"x\"", &[": must be an object, not a text"])]);
    judge("dashboard.json", &[("a number", "5", &[": must be an object, not 5"])]);
}

pub(super) const NOTIFICATION_SETTINGS: &[Row] = &[
    ("enabled is a number", r#"{"enabled": 1}"#, &[" enabled: must be true or false, not 1"]),
    (
        "a negative cooldown",
        r#"{"settings": {"cooldownMinutes": -1}}"#,
        &[" settings.cooldownMinutes: must be a number of minutes from 0 to 43200, not -1"],
    ),
    (
        "reminders in words",
        r#"{"settings": {"repeatAlertMinutes": "hourly"}}"#,
        &[" settings.repeatAlertMinutes: must be a number of minutes from 0 to 43200, not a text"],
    ),
    (
        "no zone",
        r#"{"settings": {"timezone": "Europe/ Berlin"}}"#,
        &[" settings.timezone: must be the name of a time zone, such as UTC or Europe/Berlin"],
    ),
    (
        "an offset",
        r#"{"settings": {"timezone": "+02:00"}}"#,
        &[" settings.timezone: must be the name of a time zone, such as UTC or Europe/Berlin"],
    ),
    (
        "an address is no range",
        r#"{"settings": {"allowPrivate": ["10.0.0.0/8", "10.0.0.1"]}}"#,
        &[" settings.allowPrivate[1]: must be a range of addresses, such as 10.0.0.0/8, \
         192.168.1.5/32 or fd00::/8"],
    ),
    (
        "one range without a list",
        r#"{"settings": {"allowPrivate": "10.0.0.0/8"}}"#,
        &[" settings.allowPrivate: must be a list, not a text"],
    ),
    (
        "no day",
        r#"{"settings": {"alertHistory": {"maxAgeDays": 0}}}"#,
        &[
            " settings.alertHistory.maxAgeDays: must be a whole number of days from 1 to 3650, not 0",
        ],
    ),
    (
        "a template is a text",
        r#"{"templates": {"slack": "x"}}"#,
        &[" templates.slack: must be an object, not a text"],
    ),
];

#[test]
fn notification_settings() {
    judge("notifications.json", NOTIFICATION_SETTINGS);
}

pub(super) const SETTINGS: &[Row] = &[
    (
        "no day kept",
        r#"{"uptime": {"retentionDays": 0}}"#,
        &[" uptime.retentionDays: must be a whole number of days from 1 to 3650, not 0"],
    ),
    (
        "an unknown profile",
        r#"{"uptime": {"thresholdProfile": "strict"}}"#,
        &[" uptime.thresholdProfile: there are no uptimeThresholds named \"strict\""],
    ),
    (
        "a set without a floor",
        r#"{"uptimeThresholds": {"strict": [{"name": "good", "min": 99}]}}"#,
        &[
            " uptimeThresholds.strict: must have one threshold with \"min\": 0, for everything below \
         the others",
        ],
    ),
    (
        "one list without a floor",
        r#"{"uptimeThresholds": [{"name": "good", "min": 99}]}"#,
        &[" uptimeThresholds: must have one threshold with \"min\": 0, for everything below the \
         others"],
    ),
    (
        "more than all",
        r#"{"uptimeThresholds": {"a": [{"name": "x", "min": 101}, {"name": "y", "min": 0}]}}"#,
        &[" uptimeThresholds.a[0].min: must be a number of percent from 0 to 100, not 101"],
    ),
    (
        "a switch is a number",
        r#"{"api": {"enableStatusEndpoint": 0}}"#,
        &[" api.enableStatusEndpoint: must be true or false, not 0"],
    ),
    (
        "an origin with a path",
        r#"{"allowedOrigins": ["https://a.example", "https://a.example/"]}"#,
        &[" allowedOrigins[1]: must be * or an origin as browsers send it, such as \
         https://example.com (in lower case, no path, no slash at the end)"],
    ),
    (
        "origins are a text",
        r#"{"allowedOrigins": "https://a.example"}"#,
        &[" allowedOrigins: must be a list, not a text"],
    ),
    (
        "a page behind a password",
        r#"{"dashboard": {"access": "password"}}"#,
        &[
            " dashboard.access: the page needs a password, and none is set: put it into the variable \
         DASHBOARD_PASSWORD",
        ],
    ),
    (
        "no log entry",
        r#"{"maxLogEntries": 0}"#,
        &[" maxLogEntries: must be a whole number of entries from 1 to 1000, not 0"],
    ),
];

#[test]
fn settings() {
    judge("settings.json", SETTINGS);
}

#[test]
fn variables() {
    const PUBLIC: &str = "environment FLATLINE_PUBLIC_URL: must be the http or https URL of the page, \
                          such as https://status.example.com, without user name, query and fragment";
    let rows = [
        (
            "REQUEST_TIMEOUT",
            "10s",
            "environment REQUEST_TIMEOUT: must be a whole number of ms from 1 to 10000",
        ),
        (
            "REQUEST_TIMEOUT",
            "0",
            "environment REQUEST_TIMEOUT: must be a whole number of ms from 1 to 10000",
        ),
        (
            "MAX_LOG_ENTRIES",
            "many",
            "environment MAX_LOG_ENTRIES: must be a whole number of entries from 1 to 1000",
        ),
        ("FLATLINE_PUBLIC_URL", "status.example.com", PUBLIC),
        ("FLATLINE_PUBLIC_URL", "ftp://status.example.com", PUBLIC),
        ("FLATLINE_PUBLIC_URL", "https://me:s3cret@status.example.com", PUBLIC),
        ("FLATLINE_PUBLIC_URL", "https://status.example.com/?a=b", PUBLIC),
    ];
    for (name, value, expected) in rows {
        assert_eq!(errors(&[], &[(name, value)]), [expected], "{name}={value}");
    }
}

#[test]
fn everything_is_told_at_once_and_file_by_file() {
    let services = r#"{"services": [
        {"id": 1, "enabled": 2},
        {"id": "a", "stalenessThreshold": -1, "uptimeThresholdSet": "in the broken file"}
    ]}"#;
    let notifications = r#"{"channels": [{"type": "x", "name": 7}], "settings": 3}"#;
    let files = [
        ("settings.json", "{"),
        ("notifications.json", notifications),
        ("services.json", services),
    ];
    assert_eq!(
        errors(&files, &[("API_KEYS", "{")]),
        [
            "services.json services[0].id: must be a text, not 1",
            "services.json services[0].enabled: must be true or false, not 2",
            "services.json services[1].stalenessThreshold: must be a whole number of seconds from 1 to \
             34560000, not -1",
            "notifications.json settings: must be an object, not 3",
            "notifications.json channels[0].type: must be one of discord, slack, telegram, email, \
             webhook, pushover, pagerduty, not \"x\"",
            "notifications.json channels[0].name: must be a text, not 7",
            "settings.json: is not valid JSON: EOF while parsing an object at line 1 column 1",
            "environment API_KEYS: must be a JSON object of service id, group id or \"*\" to a key or a \
             list of keys; it is not valid JSON: EOF while parsing an object at line 1 column 1",
        ]
    );
}

#[test]
fn a_broken_file_is_not_held_against_the_others() {
    let services = r#"{"services": [{"id": "a", "notifications": {"channels": ["Ops"]}}]}"#;
    let files = [("services.json", services), ("notifications.json", "[]")];
    let told = "notifications.json: must be an object, not a list";
    assert_eq!(errors(&files, &[]), [told]);
}
