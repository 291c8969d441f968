//! Mistakes in `services.json`.

use super::mistakes::{Row, judge};
use super::{errors, load};

pub(super) const SERVICES: &[Row] = &[
    ("no services", "{}", &[" services: must be a list of services, and is missing"]),
    ("services is no list", r#"{"services": {}}"#, &[" services: must be a list, not an object"]),
    (
        "a service is no object",
        r#"{"services": ["api"]}"#,
        &[" services[0]: must be an object, not a text"],
    ),
    (
        "no id",
        r#"{"services": [{"name": "A"}]}"#,
        &[" services[0].id: must be a text, and is missing"],
    ),
    (
        "a number for id",
        r#"{"services": [{"id": 5}]}"#,
        &[" services[0].id: must be a text, not 5"],
    ),
    (
        "an empty id",
        r#"{"services": [{"id": ""}]}"#,
        &[" services[0].id: must be 1 to 100 bytes long, not 0"],
    ),
    (
        "a line break in an id",
        r#"{"services": [{"id": "a\nb"}]}"#,
        &[" services[0].id: must have no control characters"],
    ),
    (
        "a hash in an id",
        r##"{"services": [{"id": "#canary"}]}"##,
        &[" services[0].id: must have no '#'"],
    ),
    (
        "the name of the key for everything",
        r#"{"services": [{"id": "*"}], "groups": [{"id": "*", "services": ["*"]}]}"#,
        &[
            " groups[0].id: must not be \"*\": in API_KEYS that is the key for everything",
            " services[0].id: must not be \"*\": in API_KEYS that is the key for everything",
        ],
    ),
    (
        "one id twice",
        r#"{"services": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}"#,
        &[" services[2].id: must be unique, and services[0] has the id \"a\" too"],
    ),
    (
        "one group id twice",
        r#"{"services": [], "groups": [{"id": "g"}, {"id": "g"}]}"#,
        &[" groups[1].id: must be unique, and groups[0] has the id \"g\" too"],
    ),
    (
        "no time at all",
        r#"{"services": [{"id": "a", "stalenessThreshold": 0}]}"#,
        &[" services[0].stalenessThreshold: must be a whole number of seconds from 1 to \
         34560000, not 0"],
    ),
    (
        "too long",
        r#"{"services": [{"id": "a", "stalenessThreshold": 34560001}]}"#,
        &[" services[0].stalenessThreshold: must be a whole number of seconds from 1 to \
         34560000, not 34560001"],
    ),
    (
        "half a second",
        r#"{"services": [{"id": "a", "stalenessThreshold": 1.5}]}"#,
        &[" services[0].stalenessThreshold: must be a whole number of seconds from 1 to \
         34560000, not 1.5"],
    ),
    (
        "a duration",
        r#"{"services": [{"id": "a", "stalenessThreshold": "5m"}]}"#,
        &[" services[0].stalenessThreshold: must be a whole number of seconds from 1 to \
         34560000, not a text"],
    ),
    (
        "false is not never",
        r#"{"services": [{"id": "a", "firstHeartbeatWithinSeconds": false}]}"#,
        &[" services[0].firstHeartbeatWithinSeconds: must be a whole number of seconds from 1 \
         to 34560000, not false"],
    ),
    (
        "yes",
        r#"{"services": [{"id": "a", "enabled": "yes"}]}"#,
        &[" services[0].enabled: must be true or false, not a text"],
    ),
    (
        "auth is a flag",
        r#"{"services": [{"id": "a", "auth": false}]}"#,
        &[" services[0].auth: must be an object, not false"],
    ),
    (
        "required is a text",
        r#"{"services": [{"id": "a", "auth": {"required": "no"}}]}"#,
        &[" services[0].auth.required: must be true or false, not a text"],
    ),
    (
        "a key in the file",
        r#"{"services": [{"id": "a", "apiKey": "s3cret"}]}"#,
        &[" services[0].apiKey: apiKey does not belong here: put the key into the environment \
         variable API_KEYS, under the id of the service or group"],
    ),
    (
        "an unknown event",
        r#"{"services": [{"id": "a", "notifications": {"events": ["up", "recovery"]}}]}"#,
        &[" services[0].notifications.events[1]: must be one of down, up, degraded, not \
         \"recovery\""],
    ),
    (
        "events is a word",
        r#"{"services": [{"id": "a", "notifications": {"events": "down"}}]}"#,
        &[" services[0].notifications.events: must be a list, not a text"],
    ),
    (
        "an unknown threshold set",
        r#"{"services": [{"id": "a", "uptimeThresholdSet": "defualt"}]}"#,
        &[" services[0].uptimeThresholdSet: settings.json has no uptimeThresholds named \
         \"defualt\"; the nearest known one is 'default'"],
    ),
    (
        "a group of nobody",
        r#"{"services": [{"id": "api"}], "groups": [{"id": "g", "services": ["apj"]}]}"#,
        &[" groups[0].services[0]: there is no service \"apj\"; the nearest known one is 'api'"],
    ),
    (
        "a group of numbers",
        r#"{"services": [{"id": "a"}], "groups": [{"id": "g", "services": [1]}]}"#,
        &[" groups[0].services[0]: must be a text, not 1"],
    ),
    (
        "two groups",
        r#"{"services": [{"id": "a"}],
        "groups": [{"id": "g", "services": ["a"]}, {"id": "h", "services": ["a"]}]}"#,
        &[" groups[1].services[0]: a service has one group, and \"g\" lists it already"],
    ),
    (
        "a group called like a service of another",
        r#"{"services": [{"id": "a"}, {"id": "h"}],
        "groups": [{"id": "g", "services": ["a", "h"]}, {"id": "h"}]}"#,
        &[
            " groups[1].id: \"h\" is also the id of a service outside this group, so that a key for \
         one would open the other; rename one",
        ],
    ),
];

#[test]
fn services_and_groups() {
    judge("services.json", SERVICES);
}

#[test]
fn a_group_may_be_called_like_its_own_service() {
    let text = r#"{"services": [{"id": "a"}], "groups": [{"id": "a", "services": ["a"]}]}"#;
    assert!(load(&[("services.json", text)], &[]).is_ok());
}

#[test]
fn a_service_that_nobody_would_hear_of_is_refused() {
    const NOTIFICATIONS: &str = r#"{"channels": [
        {"type": "webhook", "name": "Ops"},
        {"type": "slack", "name": "Off", "enabled": false},
        {"type": "slack", "name": "Good news", "events": ["up"]}
    ]}"#;
    const LOST: &str =
        "no channel is left for 'down': name one that exists, is enabled and takes it";
    let rows = [
        ("one good name is enough", r#"["off", "ops"]"#, "", true),
        ("a missing one alone", r#"["pager"]"#, "", false),
        ("a disabled one alone", r#"["off"]"#, "", false),
        ("what is left takes no down", r#"["off", "good news"]"#, "", false),
        ("named on purpose, all there: a choice", r#"["good news"]"#, "", true),
        ("wants no down", r#"["off"]"#, r#", "events": ["up"]"#, true),
        ("wants nothing", r#"["off"]"#, r#", "enabled": false"#, true),
    ];
    for (what, channels, rest, is_fine) in rows {
        let route = format!(r#""notifications": {{"channels": {channels}{rest}}}"#);
        let own = format!(r#"{{"services": [{{"id": "a", {route}}}]}}"#);
        let inherited = format!(
            r#"{{"groups": [{{"id": "g", "services": ["a", "b"], {route}}}], "services": [{{"id": "a"}}, {{"id": "b"}}]}}"#
        );
        for (place, services) in [("services[0]", own), ("groups[0]", inherited)] {
            let files =
                [("services.json", services.as_str()), ("notifications.json", NOTIFICATIONS)];
            let told = format!("services.json {place}.notifications.channels: {LOST}");
            let expected: Vec<String> = if is_fine { vec![] } else { vec![told] };
            let url = ("NOTIFICATION_GOOD_NEWS_WEBHOOKURL", "https://hook.example/");
            assert_eq!(errors(&files, &[url]), expected, "{what}");
        }
    }
}
