//! One channel of each type, and one delivery of each event.

use std::collections::BTreeMap;

use flatline_domain::{Event, QueuedNotice, Status, UnixMs};
use serde_json::{Value, json};

use crate::config::{Channel, Config, Env};
use crate::notify::{Message, Outgoing, format};
use crate::store::{Delivery, Lane, Notice, OutboxRow};

pub(in crate::notify) const DOWN_AT: UnixMs = UnixMs(1_795_344_741_683); // 2026-11-22T10:52:21.683Z
/// When the messages of these tests are sent.
pub(in crate::notify) const NOW: UnixMs = UnixMs(1_795_344_743_000);

/// The words of events, as tests name them.
const EVENTS: [&str; 8] =
    ["down", "up", "degraded", "reminder", "alert", "resolved", "test", "folded"];

const CHANNELS: &str = r#"[
    {"type": "discord", "name": "discord"},
    {"type": "slack", "name": "slack"},
    {"type": "telegram", "name": "telegram", "config": {"topicId": 7}},
    {"type": "email", "name": "ses", "config": {"from": "Flatline <flatline@example.com>", "to": ["ops@example.com", "Ops <b@example.com>"], "region": "eu-central-1"}},
    {"type": "email", "name": "mailgun", "config": {"provider": "mailgun", "from": "flatline@example.com", "to": ["ops@example.com"], "region": "eu"}},
    {"type": "email", "name": "smtp", "config": {"provider": "smtp", "from": "flatline@example.com", "to": ["ops@example.com"], "host": "mail.example.com", "encryption": "starttls"}},
    {"type": "webhook", "name": "webhook", "config": {"headers": {"X-Team": "ops"}}},
    {"type": "pushover", "name": "pushover", "config": {"emergency": true, "sound": "siren"}},
    {"type": "pagerduty", "name": "pagerduty", "config": {"region": "eu"}}
]"#;

const SECRETS: [(&str, &str); 16] = [
    ("NOTIFICATION_DISCORD_WEBHOOKURL", "https://discord.example/api/webhooks/1/tok"),
    ("NOTIFICATION_SLACK_WEBHOOKURL", "https://hooks.slack.example/services/T/B/X"),
    ("NOTIFICATION_TELEGRAM_BOTTOKEN", "123:ABC"),
    ("NOTIFICATION_TELEGRAM_CHATID", "-100"),
    ("NOTIFICATION_SES_ACCESSKEYID", "AKIDEXAMPLE"),
    ("NOTIFICATION_SES_SECRETACCESSKEY", "ses-secret"),
    ("NOTIFICATION_MAILGUN_APIKEY", "mg-key"),
    ("NOTIFICATION_MAILGUN_DOMAIN", "mg.example.com"),
    ("NOTIFICATION_SMTP_USERNAME", "flatline"),
    ("NOTIFICATION_SMTP_PASSWORD", "smtp-secret"),
    ("NOTIFICATION_WEBHOOK_URL", "https://hook.example/in"),
    ("NOTIFICATION_WEBHOOK_SIGNINGSECRET", "whsec_c2lnbmluZy1zZWNyZXQ="),
    ("NOTIFICATION_PUSHOVER_USERKEY", "po-user"),
    ("NOTIFICATION_PUSHOVER_APITOKEN", "po-token"),
    ("NOTIFICATION_PAGERDUTY_ROUTINGKEY", "pd-key"),
    ("FLATLINE_PUBLIC_URL", "https://status.example"),
];

/// A configuration with all of them, with these templates.
pub(in crate::notify) fn config_with(templates: &Value) -> Config {
    let notifications = format!(
        r#"{{"channels": {CHANNELS}, "templates": {templates}, "settings": {{"timezone": "Europe/Berlin"}}}}"#
    );
    let files = [
        ("services.json", r#"{"services": [{"id": "api"}]}"#),
        ("notifications.json", notifications.as_str()),
    ];
    let env = Env::of(SECRETS.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Config::from_json(files, &env).unwrap_or_else(|errors| panic!("{:#?}", errors.0))
}

/// A configuration with all of them.
pub(in crate::notify) fn config() -> Config {
    config_with(&json!({}))
}

/// Names of the channels.
pub(in crate::notify) fn names(config: &Config) -> Vec<&str> {
    config.channels.iter().map(|channel| channel.route.name.as_str()).collect()
}

/// What a channel may be told: many as one only where no incident is held of each.
pub(in crate::notify) fn events(config: &Config, name: &str) -> Vec<&'static str> {
    let holds_incidents = channel(config, name).route.tracks_incidents;
    EVENTS.into_iter().filter(|event| !holds_incidents || *event != "folded").collect()
}

pub(in crate::notify) fn channel<'c>(config: &'c Config, name: &str) -> &'c Channel {
    config.channels.iter().find(|channel| channel.route.name == name).expect("is configured")
}

/// A transition of the service `api`.
fn turned(event: Event, status: Status, previous: Status, reason: &str) -> OutboxRow {
    let queued = QueuedNotice {
        version: 7,
        n: 0,
        event,
        status,
        committed_at: DOWN_AT.plus_ms(700),
        next_at: None,
        closing: false,
    };
    let notice = Notice {
        id: "api".to_owned(),
        name: "Production API".to_owned(),
        status,
        previous,
        at: DOWN_AT,
        since: DOWN_AT.plus_ms(-86_400_000),
        last_seen: Some(DOWN_AT.plus_ms(-300_000)),
        window_ms: 300_000,
        reason: reason.to_owned(),
        message: None,
        severity: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        channels: Vec::new(),
        phase: None,
        link: None,
    };
    let delivery = Delivery { lane: Lane::Service("api".to_owned()), queued, notice };
    let key = "s#api#00000000000000000007#0000".to_owned();
    OutboxRow {
        channel: "hook".to_owned(),
        key,
        delivery,
        attempts: 0,
        last_error: None,
        copied_at: None,
        undelivered: None,
    }
}

fn alert(status: Status, previous: Status) -> OutboxRow {
    let mut row = turned(Event::Alert, status, previous, "prometheus");
    row.delivery.lane = Lane::Alert("0123456789abcdef0123456789abcdef".to_owned());
    row.delivery.notice.link = Some("https://prometheus.example/graph?g0=up".to_owned());
    let notice = &mut row.delivery.notice;
    notice.name = "Critical DB".to_owned();
    notice.message = Some("Primary down".to_owned());
    notice.severity = Some("critical".to_owned());
    notice.labels = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
    notice.annotations = BTreeMap::from([("runbook".to_owned(), "https://r.example".to_owned())]);
    row
}

/// The delivery that one of [`EVENTS`] stands for, and what is folded into it.
pub(in crate::notify) fn rows(event: &str) -> (OutboxRow, Vec<OutboxRow>) {
    let one = match event {
        "down" => {
            let mut row = turned(Event::Down, Status::Down, Status::Up, "silence");
            row.delivery.notice.message = Some("disk at 91 %".to_owned());
            row.delivery.notice.labels = BTreeMap::from([("host".to_owned(), "db-1".to_owned())]);
            row
        }
        "up" => turned(Event::Up, Status::Up, Status::Down, "recovered"),
        "degraded" => {
            let mut row = turned(Event::Degraded, Status::Degraded, Status::Up, "reported");
            row.delivery.notice.message = Some("disk at 91 %".to_owned());
            row
        }
        "reminder" => {
            let mut row = turned(Event::Reminder, Status::Down, Status::Up, "silence");
            row.delivery.queued.n = 2;
            row.delivery.queued.committed_at = DOWN_AT.plus_ms(7_200_000);
            row
        }
        "alert" => alert(Status::Down, Status::Unknown),
        "resolved" => alert(Status::Up, Status::Down),
        "test" => turned(Event::Test, Status::Unknown, Status::Unknown, "test"),
        "folded" => {
            let mut web = rows("down").0;
            web.delivery.notice.name = "Web shop".to_owned();
            let mut mail = rows("degraded").0;
            mail.delivery.notice.name = "Mail".to_owned();
            return (rows("up").0, vec![web, mail, rows("alert").0]);
        }
        other => panic!("no event {other}"),
    };
    (one, Vec::new())
}

/// What `change` makes of every text of others in the delivery.
pub(in crate::notify) fn retold(row: &mut OutboxRow, text: &str) {
    let notice = &mut row.delivery.notice;
    notice.name = text.to_owned();
    notice.message = Some(text.to_owned());
    notice.labels = BTreeMap::from([("label".to_owned(), text.to_owned())]);
    if row.delivery.queued.event == Event::Alert {
        notice.reason = text.to_owned();
        notice.severity = Some(text.to_owned());
        notice.annotations = BTreeMap::from([("note".to_owned(), text.to_owned())]);
    }
}

/// What the channel is sent for a delivery.
pub(in crate::notify) fn sent(
    config: &Config,
    name: &str,
    row: &OutboxRow,
    also: &[OutboxRow],
) -> Outgoing {
    let channel = channel(config, name);
    let rows = [std::slice::from_ref(row), also].concat();
    let message = Message::folded(&rows, config, NOW).expect("there is one");
    let format = format(channel.kind).expect("every type has a format");
    (format.request)(&message, channel).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the channel is sent ahead of a delivery.
pub(in crate::notify) fn ahead(
    config: &Config,
    name: &str,
    row: &OutboxRow,
    also: &[OutboxRow],
) -> Vec<Outgoing> {
    let channel = channel(config, name);
    let rows = [std::slice::from_ref(row), also].concat();
    let message = Message::folded(&rows, config, NOW).expect("there is one");
    let format = format(channel.kind).expect("every type has a format");
    let ahead = (format.ahead)(&message, channel).unwrap_or_else(|error| panic!("{name}: {error}"));
    ahead.into_iter().map(|ahead| ahead.outgoing).collect()
}

/// The body as JSON; a form as an object of lists, an e-mail as its lines.
pub(in crate::notify) fn body(outgoing: &Outgoing) -> Value {
    match outgoing {
        Outgoing::Smtp(mail) => {
            let text = String::from_utf8(mail.message.to_vec()).expect("is ASCII");
            text.split("\r\n").collect()
        }
        Outgoing::Http(request) => serde_json::from_slice(&request.body).unwrap_or_else(|_| {
            let mut form = json!({});
            for (name, value) in url::form_urlencoded::parse(&request.body) {
                let values = &mut form[name.as_ref()];
                let mut list = values.as_array().cloned().unwrap_or_default();
                list.push(value.into());
                *values = list.into();
            }
            form
        }),
    }
}
