//! Mistakes in `channels` of `notifications.json`.

use super::errors;
use super::mistakes::{Row, judge};

pub(super) const CHANNELS: &[Row] = &[
    (
        "no type",
        r#"{"channels": [{"name": "Ops"}]}"#,
        &[" channels[0].type: must be one of discord, slack, telegram, email, webhook, pushover, \
         pagerduty, and is missing"],
    ),
    (
        "an unknown type",
        r#"{"channels": [{"type": "teams", "name": "Ops"}]}"#,
        &[" channels[0].type: must be one of discord, slack, telegram, email, webhook, pushover, \
         pagerduty, not \"teams\""],
    ),
    (
        "no name",
        r#"{"channels": [{"type": "slack"}]}"#,
        &[" channels[0].name: must be a text, and is missing"],
    ),
    (
        "an empty name",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": ""}]}"#,
        &[" channels[0].name: must be 1 to 100 bytes long, not 0"],
    ),
    (
        "a tab in a name",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a\tb"}]}"#,
        &[" channels[0].name: must have no control characters"],
    ),
    (
        "one name in two cases",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a"}, {"type": "slack", "enabled": false, "name": "A"}]}"#,
        &[" channels[1].name: must be unique in any case, and \"A\" is used twice"],
    ),
    (
        "one variable for two",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a b"}, {"type": "slack", "enabled": false, "name": "A-B"}]}"#,
        &[
            " channels[1].name: must differ from \"a b\" by more than punctuation: the variables of \
         both would begin with NOTIFICATION_A_B_",
        ],
    ),
    (
        "an enabled webhook without address",
        r#"{"channels": [{"type": "webhook", "name": "My hook"}]}"#,
        &[" channels[0].config: the channel is enabled and has no address: set \
         NOTIFICATION_MY_HOOK_URL"],
    ),
    (
        "an unknown event",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a", "events": ["reminder"]}]}"#,
        &[" channels[0].events[0]: must be one of down, up, degraded, not \"reminder\""],
    ),
    (
        "config is a text",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a", "config": "x"}]}"#,
        &[" channels[0].config: must be an object, not a text"],
    ),
    (
        "externalAlerts is a text",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a", "config": {"externalAlerts": "no"}}]}"#,
        &[" channels[0].config.externalAlerts: must be true or false, not a text"],
    ),
    (
        "a credential is a list",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a", "config": {"webhookUrl": ["s3cret"]}}]}"#,
        &[" channels[0].config.webhookUrl: must be a text, not a list"],
    ),
    (
        "two fallbacks",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a", "fallback": true}, {"type": "slack", "enabled": false, "name": "b", "fallback": true}]}"#,
        &[" channels[1].fallback: must be true on one channel only"],
    ),
    (
        "a method",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "config": {"method": "HEAD"}}]}"#,
        &[" channels[0].config.method: must be one of POST, PUT, PATCH, DELETE, GET, not \"HEAD\""],
    ),
    (
        "an enabled telegram without credentials",
        r#"{"channels": [{"type": "telegram", "name": "Bot"}]}"#,
        &[
            " channels[0].config: the channel is enabled and has no bot token: set \
             NOTIFICATION_BOT_BOTTOKEN",
            " channels[0].config: the channel is enabled and has no chat id: set \
             NOTIFICATION_BOT_CHATID",
        ],
    ),
    (
        "an enabled discord without credentials",
        r#"{"channels": [{"type": "discord", "name": "Dis cord"}]}"#,
        &[" channels[0].config: the channel is enabled and has no address: set \
         NOTIFICATION_DIS_CORD_WEBHOOKURL"],
    ),
    (
        "an enabled slack without credentials",
        r#"{"channels": [{"type": "slack", "name": "Slack"}]}"#,
        &[" channels[0].config: the channel is enabled and has no address: set \
         NOTIFICATION_SLACK_WEBHOOKURL"],
    ),
    (
        "an enabled pushover without credentials",
        r#"{"channels": [{"type": "pushover", "name": "Push"}]}"#,
        &[
            " channels[0].config: the channel is enabled and has no user key: set \
             NOTIFICATION_PUSH_USERKEY",
            " channels[0].config: the channel is enabled and has no API token: set \
             NOTIFICATION_PUSH_APITOKEN",
        ],
    ),
    (
        "an enabled pagerduty without credentials",
        r#"{"channels": [{"type": "pagerduty", "name": "Pager"}]}"#,
        &[" channels[0].config: the channel is enabled and has no routing key: set \
         NOTIFICATION_PAGER_ROUTINGKEY"],
    ),
    (
        "an enabled mailgun without anything",
        r#"{"channels": [{"type": "email", "name": "Mail", "config": {"provider": "mailgun"}}]}"#,
        &[
            " channels[0].config.from: the channel is enabled and needs this text",
            " channels[0].config.to: the channel is enabled and needs a list of at least one address",
            " channels[0].config: the channel is enabled and has no API key: set \
             NOTIFICATION_MAIL_APIKEY",
            " channels[0].config: the channel is enabled and has no domain: set \
             NOTIFICATION_MAIL_DOMAIN",
        ],
    ),
    (
        "no mailbox",
        r#"{"channels": [{"type": "email", "name": "Mail", "enabled": false, "config": {"from": "x", "to": ["a@example.com\r\nBcc: b@example.com"]}}]}"#,
        &[
            " channels[0].config.from: must be an address, such as ops@example.com or Ops \
             <ops@example.com>",
            " channels[0].config.to[0]: must be an address, such as ops@example.com or Ops \
             <ops@example.com>",
        ],
    ),
    (
        "an unknown provider",
        r#"{"channels": [{"type": "email", "name": "Mail", "enabled": false, "config": {"provider": "sendmail"}}]}"#,
        &[" channels[0].config.provider: must be one of ses, mailgun, smtp, not \"sendmail\""],
    ),
    (
        "an impatient emergency",
        r#"{"channels": [{"type": "pushover", "name": "P", "enabled": false, "config": {"emergency": true, "retrySeconds": 5}}]}"#,
        &[
            " channels[0].config.retrySeconds: must be a whole number of seconds from 30 to 10800, not 5",
        ],
    ),
    (
        "a region",
        r#"{"channels": [{"type": "pagerduty", "name": "P", "enabled": false, "config": {"region": "mars"}}]}"#,
        &[" channels[0].config.region: must be one of us, eu, not \"mars\""],
    ),
    (
        "headers are a list",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "config": {"headers": []}}]}"#,
        &[" channels[0].config.headers: must be an object, not a list"],
    ),
    (
        "a header is a number",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "config": {"headers": {"X-A": 1}}}]}"#,
        &[" channels[0].config.headers.X-A: must be a text, not 1"],
    ),
    (
        "a header's name",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "config": {"headers": {"X A": "b"}}}]}"#,
        &[" channels[0].config.headers[\"X A\"]: \"X A\" is no name of a header"],
    ),
    (
        "a header's line break",
        r#"{"channels": [{"type": "webhook", "name": "Ops", "config": {"headers": {"X-A": "s3cret\r\n"}}}]}"#,
        &[" channels[0].config.headers.X-A: must be a text without line breaks and control \
         characters"],
    ),
    (
        "a base address",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a", "config": {"baseUrl": "ftp://x"}}]}"#,
        &[" channels[0].config.baseUrl: must be an https URL"],
    ),
    (
        "nothing to fold",
        r#"{"channels": [{"type": "slack", "enabled": false, "name": "a", "config": {"foldAbove": 0}}]}"#,
        &[
            " channels[0].config.foldAbove: must be a whole number of messages from 1 to 1000, not 0",
        ],
    ),
    (
        "incidents as one",
        r#"{"channels": [{"type": "pagerduty", "enabled": false, "name": "a", "config": {"foldAbove": 3}}]}"#,
        &[" channels[0].config.foldAbove: a channel of this type holds an incident for each \
             service, so messages are never told as one: remove it"],
    ),
];

#[test]
fn channels() {
    judge("notifications.json", CHANNELS);
}

#[test]
fn addresses_of_webhooks() {
    const PLAIN: &str = "must be https; http is only for hosts in notifications.json \
                         settings.allowPrivate";
    const PRIVATE: &str = "is an address of a private network: name its range in \
                           notifications.json settings.allowPrivate";
    let rows = [
        ("a private address", "https://192.168.0.9/x", "[]", Some(PRIVATE)),
        ("this machine", "https://[::1]/x", "[]", Some(PRIVATE)),
        ("an allowed private address", "https://192.168.0.9/x", r#"["192.168.0.0/16"]"#, None),
        ("https", "https://hook.example/in?token=t", "[]", None),
        ("a port", "https://hook.example:8443/in", "[]", None),
        (
            "no scheme",
            "hook.example/in",
            "[]",
            Some("must be an https URL: relative URL without a base"),
        ),
        ("another scheme", "file:///etc/passwd", "[]", Some("must be an https URL")),
        (
            "a user",
            "https://me@hook.example/",
            "[]",
            Some("must have no user name and no password in the URL"),
        ),
        (
            "a password",
            "https://:pw@hook.example/",
            "[]",
            Some("must have no user name and no password in the URL"),
        ),
        ("http to a name", "http://hook.example/", "[]", Some(PLAIN)),
        ("http to an address", "http://10.0.0.1/", "[]", Some(PLAIN)),
        ("http to another range", "http://10.0.0.1/", r#"["192.168.0.0/16"]"#, Some(PLAIN)),
        ("http to an allowed address", "http://10.0.0.1:9000/in", r#"["10.0.0.0/8"]"#, None),
        ("http to the same, in version 6", "http://[::ffff:10.0.0.1]/", r#"["10.0.0.0/8"]"#, None),
        ("http to version 6", "http://[::1]:9000/", r#"["::1/128"]"#, None),
        ("a name is judged when connecting", "http://receiver.lan/", r#"["10.0.0.0/8"]"#, None),
    ];
    for (what, url, ranges, complaint) in rows {
        let file = format!(
            r#"{{"channels": [{{"type": "webhook", "name": "Ops"}}], "settings": {{"allowPrivate": {ranges}}}}}"#
        );
        let found = errors(&[("notifications.json", &file)], &[("NOTIFICATION_OPS_URL", url)]);
        let told = |sentence| format!("environment NOTIFICATION_OPS_URL: {sentence}");
        assert_eq!(found, complaint.map(told).into_iter().collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn roads_to_mail_servers() {
    const PRIVATE: &str = "host: is an address of a private network: name its range in \
                           notifications.json settings.allowPrivate";
    const PLAIN: &str = "encryption: can be none only for a host in notifications.json \
                         settings.allowPrivate: use tls or starttls";
    for (host, encryption, ranges, complaint) in [
        ("smtp.example.com", "tls", "[]", None),
        ("8.8.8.8", "starttls", "[]", None),
        ("127.0.0.1", "tls", "[]", Some(PRIVATE)),
        ("[::1]", "starttls", "[]", Some(PRIVATE)),
        ("10.0.0.1", "none", r#"["192.168.0.0/16"]"#, Some(PRIVATE)),
        ("10.0.0.1", "none", r#"["10.0.0.0/8"]"#, None),
        ("8.8.8.8", "none", r#"["10.0.0.0/8"]"#, Some(PLAIN)),
        ("smtp.example.com", "none", "[]", Some(PLAIN)),
        ("mail.lan", "none", r#"["10.0.0.0/8"]"#, None),
    ] {
        let file = format!(
            r#"{{"channels": [{{"type": "email", "name": "Mail", "config": {{"provider": "smtp", "from": "a@example.com", "to": ["b@example.com"], "host": "{host}", "encryption": "{encryption}"}}}}], "settings": {{"allowPrivate": {ranges}}}}}"#
        );
        let found = errors(&[("notifications.json", &file)], &[]);
        let told = |sentence| format!("notifications.json channels[0].config.{sentence}");
        let expected: Vec<_> = complaint.map(told).into_iter().collect();
        assert_eq!(found, expected, "{host} {encryption} {ranges}");
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_refused() {
    let file = r#"{"channels": [{"type": "webhook", "name": "Ops"}]}"#;
    let url = ("NOTIFICATION_OPS_URL", "https://hook.example/");
    let found =
        errors(&[("notifications.json", file)], &[url, ("NOTIFICATION_OPS_AUTHTOKEN", "a\nb")]);
    let sentence = "must be a text without line breaks and control characters";
    assert_eq!(found, [format!("environment NOTIFICATION_OPS_AUTHTOKEN: {sentence}")]);
}

#[test]
fn a_disabled_channel_needs_no_address() {
    let file = r#"{"channels": [{"type": "webhook", "name": "Later", "enabled": false}]}"#;
    assert!(errors(&[("notifications.json", file)], &[]).is_empty());
}

#[test]
fn twenty_four_channels_can_be_enabled() {
    let file = |count: usize| {
        let one = |n| format!(r#"{{"type": "slack", "name": "c{n}"}}"#);
        let off = r#"{"type": "slack", "name": "off", "enabled": false}"#.to_owned();
        let all: Vec<String> = (0..count).map(one).chain([off]).collect();
        format!(r#"{{"channels": [{}]}}"#, all.join(","))
    };
    let names: Vec<String> = (0..25).map(|n| format!("NOTIFICATION_C{n}_WEBHOOKURL")).collect();
    let urls: Vec<_> = names.iter().map(|name| (name.as_str(), "https://hook.example/")).collect();
    assert!(errors(&[("notifications.json", &file(24))], &urls[..24]).is_empty());
    assert_eq!(
        errors(&[("notifications.json", &file(25))], &urls),
        ["notifications.json channels: at most 24 channels can be enabled, not 25"]
    );
}
