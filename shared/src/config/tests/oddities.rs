//! What is odd and no error, word for word, and nothing else.

use super::{load, warnings};

type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const ODDITIES: &[Row] = &[
    ("nothing", "services.json", r#"{"services": []}"#, &[]),
    (
        "comments and schemas",
        "services.json",
        r#"{"$schema": "x", "_why": 1, "services": [{"id": "a", "_": {}, "auth": {"_b": 1}}]}"#,
        &[],
    ),
    (
        "a misspelt key",
        "services.json",
        r#"{"services": [{"id": "a", "stalenesThreshold": 5}]}"#,
        &[
            "services.json services[0].stalenesThreshold: is not a known key; the nearest known one is \
             'stalenessThreshold'",
        ],
    ),
    (
        "misspelt keys everywhere",
        "services.json",
        r#"{"service": 1, "services": [{"id": "a", "notifications": {"event": []}}],
            "groups": [{"id": "g", "auth": {"require": true}}]}"#,
        &[
            "services.json groups[0].auth.require: is not a known key; the nearest known one is \
             'required'",
            "services.json services[0].notifications.event: is not a known key; the nearest known one \
             is 'events'",
            "services.json service: is not a known key; the nearest known one is 'services'",
        ],
    ),
    (
        "a key that stands there twice",
        "services.json",
        r#"{"services": [{"id": "a", "id": "b", "auth": {"required": true, "required": true}}],
            "services": [{"id": "a", "_x": null, "_x": -1.5}]}"#,
        &[
            "services.json services[0].id: stands here twice: only the last one counts",
            "services.json services[0].auth.required: stands here twice: only the last one counts",
            "services.json services[0]._x: stands here twice: only the last one counts",
            "services.json services: stands here twice: only the last one counts",
        ],
    ),
    (
        "a key that is like no other",
        "services.json",
        r#"{"services": [{"id": "a", "foo": 1}]}"#,
        &["services.json services[0].foo: is not a known key"],
    ),
    (
        "ids that something else takes for more or less than an id",
        "services.json",
        r#"{"services": [{"id": ".."}, {"id": "a,b"}, {"id": " c"}]}"#,
        &[
            "services.json services[0].id: has no page of its own: browsers take it for a folder",
            "services.json services[1].id: has a comma, which clients take for the end of an id",
            "services.json services[2].id: begins or ends with white space, which clients take away",
        ],
    ),
    (
        "a type that no channel has",
        "services.json",
        r#"{"services": [{"id": "a", "notifications": {"channels": ["telegram", "ops"]}}]}"#,
        &["services.json services[0].notifications.channels[0]: there is no channel \"telegram\""],
    ),
    (
        "levels that cannot be told apart",
        "settings.json",
        r#"{"uptimeThresholds": [{"name": "a", "min": 0}, {"name": "a", "min": 0},
            {"name": "very good", "min": 9}]}"#,
        &[
            "settings.json uptimeThresholds[1].name: \"a\" is the name of another level as well",
            "settings.json uptimeThresholds[1].min: 0 is the share of another level as well: one of them \
             is never reached",
            "settings.json uptimeThresholds[2].name: is more than letters, digits, '-' and '_', so \
             customCss cannot name its class",
        ],
    ),
    (
        "nobody hears of a silence",
        "notifications.json",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "events": ["up"]}]}"#,
        &[
            "notifications.json channels: no enabled channel takes 'down', so nobody is told when a \
           service falls silent",
        ],
    ),
    (
        "a service listed twice",
        "services.json",
        r#"{"services": [{"id": "a"}], "groups": [{"id": "g", "services": ["a", "a"]}]}"#,
        &["services.json groups[0].services[1]: service \"a\" is listed twice"],
    ),
    (
        "a channel that is not there beside one that is",
        "services.json",
        r#"{"services": [{"id": "a", "notifications": {"channels": ["Opss", "Ops"]}}]}"#,
        &[
            "services.json services[0].notifications.channels[0]: there is no channel \"Opss\"; the \
             nearest known one is 'Ops'",
        ],
    ),
    (
        "no channel",
        "notifications.json",
        "{}",
        &[
            "notifications.json channels: no channel is configured, so nobody is told of anything",
            "environment NOTIFICATION_OPS_URL: no channel has this variable",
        ],
    ),
    (
        "a fallback that is disabled",
        "notifications.json",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "enabled": false, "fallback": true}]}"#,
        &[
            "notifications.json channels[0].fallback: the channel is disabled, so nothing falls back \
             to it",
        ],
    ),
    (
        "a fallback",
        "notifications.json",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "fallback": true}]}"#,
        &[],
    ),
    (
        "an option that a webhook does not have",
        "notifications.json",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "config": {"header": {}}}]}"#,
        &[
            "notifications.json channels[0].config.header: is not a known key; the nearest known one \
             is 'headers'",
        ],
    ),
    (
        "headers that are not sent",
        "notifications.json",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "config": {"headers":
            {"Host": "x", "Authorization": "Bearer YOUR_TOKEN", "X-Note": "YOUR_TOKEN"}}}]}"#,
        &[
            "notifications.json channels[0].config.headers.Authorization: is not sent until \
             NOTIFICATION_OPS_AUTHTOKEN says what YOUR_TOKEN stands for",
            "notifications.json channels[0].config.headers.Host: this header is not sent: it belongs to \
             the connection",
        ],
    ),
    (
        "a template of no type",
        "notifications.json",
        r#"{"channels": [{"type": "webhook", "name": "Ops"}],
            "templates": {"slak_external": {}, "slack_external": {}, "email": {}, "_x": 1}}"#,
        &[
            "notifications.json templates.slak_external: there is no channel type of this name; the \
             nearest known one is 'slack'",
        ],
    ),
    (
        "settings that are known and not used yet, and one that is not known",
        "settings.json",
        r#"{"features": {"show90DayHistory": true, "autoRefreshSeconds": 0, "showRefrehButton": true},
            "alertHistory": {"defaultRecentPeriodHours": 24, "defaultLimit": 20},
            "alertNotifications": {"pollingIntervalSeconds": 60, "severityFilter": ["critical"]},
            "api": {"enableAlertEndpoints": true}, "allowedOrigins": "*",
            "dashboard": {"access": "public"}}"#,
        &["settings.json features.showRefrehButton: is not a known key; the nearest known one is \
             'showRefreshButton'"],
    ),
    (
        "a page's keys",
        "dashboard.json",
        r#"{"header": {"titel": "T"}, "theme": {"colors": {"light": {}}}, "customCss": "",
            "uptimeThresholds": [{"name": "all", "min": 0, "color": "red", "label": "All"}]}"#,
        &["dashboard.json header.titel: is not a known key; the nearest known one is 'title'"],
    ),
];

#[test]
fn oddities_are_told_and_do_not_stop_the_start() {
    for (what, file, text, expected) in ODDITIES {
        assert_eq!(warnings(&[(file, text)], &[]), *expected, "{what}");
    }
}

#[test]
fn a_disabled_channel_beside_an_enabled_one_is_told() {
    let notifications = r#"{"channels": [{"type": "webhook", "name": "Ops"},
        {"type": "slack", "name": "Off", "enabled": false}]}"#;
    let services = r#"{"services": [{"id": "a", "notifications": {"channels": ["off", "ops"]}}]}"#;
    assert_eq!(
        warnings(&[("services.json", services), ("notifications.json", notifications)], &[]),
        [
            "services.json services[0].notifications.channels[0]: channel \"off\" is disabled, so it is \
             told nothing"
        ]
    );
}

#[test]
fn a_misspelt_variable_is_told() {
    assert_eq!(
        warnings(&[], &[("NOTIFICATION_OPS_AUTH_TOKEN", "x"), ("NOTIFICATION_OPS_AUTHTOKEN", "x")]),
        [
            "environment NOTIFICATION_OPS_AUTH_TOKEN: no channel has this variable; the nearest known one \
             is 'NOTIFICATION_OPS_AUTHTOKEN'"
        ]
    );
}

#[test]
fn only_types_with_incidents_of_their_own_are_always_told_of_the_end() {
    let notifications = r#"{"channels": [
        {"type": "webhook", "name": "Ops"},
        {"type": "PagerDuty", "name": "Pager", "events": ["down"]}
    ]}"#;
    let pager = ("NOTIFICATION_PAGER_ROUTINGKEY", "key");
    let config = load(&[("notifications.json", notifications)], &[pager]).expect("loads");
    let tracks = config.channels.iter().map(|channel| channel.route.tracks_incidents);
    assert_eq!(tracks.collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_service_whose_channels_take_no_down_is_told() {
    let notifications = r#"{"channels": [{"type": "webhook", "name": "Ops"},
        {"type": "webhook", "name": "Good news", "events": ["up"], "config": {}}]}"#;
    let services = r#"{"services": [{"id": "a", "notifications": {"channels": ["good news"]}},
        {"id": "b", "notifications": {"channels": ["good news"], "events": ["up"]}},
        {"id": "c", "notifications": {"channels": ["good news", "ops"]}}]}"#;
    let files = [("services.json", services), ("notifications.json", notifications)];
    let url = ("NOTIFICATION_GOOD_NEWS_URL", "https://hook.example/up");
    let told = "services.json services[0].notifications.channels: no enabled one of them takes 'down', so \
                nobody is told of a silence";
    assert_eq!(warnings(&files, &[url]), [told]);
}

#[test]
fn a_key_in_a_file_is_refused_once() {
    let file = ("services.json", r#"{"services": [{"id": "a", "apiKey": "s3cret"}]}"#);
    let errors = load(&[file], &[]).expect_err("a key is no configuration");
    assert_eq!((errors.0.len(), errors.1.len()), (1, 0), "{errors:?}");
}
