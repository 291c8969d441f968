use flatline_domain::Membership;

use super::*;
use crate::config::Env;
use serde_json::json;

const NOW: UnixMs = UnixMs(1_000_000);

fn config(notifications: &str) -> Config {
    let services = r#"{"services": [{"id": "api", "name": "API"}]}"#;
    let files = [("services.json", services), ("notifications.json", notifications)];
    let env = Env::default().without_channels();
    Config::from_json(files, &env).unwrap_or_else(|errors| panic!("{:?}", errors.0))
}

/// Three channels that deliver and one that does not.
const CHANNELS: &str = r#"{"channels": [
    {"type": "webhook", "name": "all"},
    {"type": "webhook", "name": "downs", "events": ["down"]},
    {"type": "webhook", "name": "ups", "events": ["up"]},
    {"type": "webhook", "name": "off", "enabled": false}
]}"#;

fn transition(from: Status, to: Status, reason: Reason) -> Transition {
    let since = UnixMs(500_000);
    Transition { version: 7, from, to, since, at: UnixMs(900_000), decided_at: NOW, reason }
}

fn told(channel: &str, status: Status) -> (String, Told) {
    (channel.to_owned(), Told { status, version: 3, at: UnixMs(1) })
}

fn rows(config: &Config, spec: &ServiceSpec, one: Transition, informed: &Informed) -> Vec<String> {
    let record = ServiceRecord::new(spec, UnixMs(0));
    let transitions = [one];
    let commit = commit_for(config, spec, &record, &transitions, NOW, informed, Said::default());
    let row = |row: &NewDelivery| format!("{} {}", row.channel, row.delivery.queued.event.as_str());
    commit.outbox.iter().map(row).collect()
}

#[test]
fn one_row_for_each_channel_that_takes_the_event() {
    use Status::{Down, Unknown, Up};
    let config = config(CHANNELS);
    let spec = &config.services[0].spec;
    let muted = ServiceSpec {
        route: flatline_domain::ServiceRoute { enabled: false, ..spec.route.clone() },
        ..spec.clone()
    };
    let nobody: &[&str] = &[];
    let down = transition(Up, Down, Reason::Silence);
    let up = transition(Down, Up, Reason::Recovered);
    let first = transition(Unknown, Up, Reason::FirstHeartbeat);
    for (sentence, spec, one, expected) in [
        ("down", spec, down, ["all down", "downs down"].as_slice()),
        ("up", spec, up, ["all up", "ups up"].as_slice()),
        ("the first heartbeat is no event", spec, first, nobody),
        ("a muted service tells nobody", &muted, down, nobody),
    ] {
        assert_eq!(rows(&config, spec, one, &Informed::default()), expected, "{sentence}");
    }
}

#[test]
fn a_service_or_its_group_says_who_is_told_of_what() {
    let down = transition(Status::Up, Status::Down, Reason::Silence);
    let up = transition(Status::Down, Status::Up, Reason::Recovered);
    for (sentence, route, expected) in [
        ("nothing is said", "{}", "all down, downs down, all up, ups up"),
        ("channels", r#"{"channels": ["UPS", "downs"]}"#, "downs down, ups up"),
        ("events", r#"{"events": ["up"]}"#, "all up, ups up"),
        ("both", r#"{"channels": ["downs", "all"], "events": ["up"]}"#, "all up"),
        ("nobody", r#"{"enabled": false}"#, ""),
    ] {
        let own = format!(r#"{{"services": [{{"id": "api", "notifications": {route}}}]}}"#);
        let inherited = format!(
            r#"{{"services": [{{"id": "api"}}],
                "groups": [{{"id": "g", "services": ["api"], "notifications": {route}}}]}}"#
        );
        for services in [own, inherited] {
            let files = [("services.json", services.as_str()), ("notifications.json", CHANNELS)];
            let config = Config::from_json(files, &Env::default().without_channels()).unwrap();
            let spec = &config.services[0].spec;
            let told = [down, up].map(|one| rows(&config, spec, one, &Informed::default()));
            assert_eq!(told.concat().join(", "), expected, "{sentence}: {services}");
        }
    }
}

#[test]
fn closing_rows_go_to_who_was_told_of_trouble_or_still_will_be() {
    let config = config(CHANNELS);
    let spec = ServiceSpec { membership: Membership::Paused, ..config.services[0].spec.clone() };
    let pause = transition(Status::Down, Status::Paused, Reason::Paused);
    let informed = Informed {
        told: BTreeMap::from([
            told("all", Status::Up),
            told("downs", Status::Down),
            told("off", Status::Down),
        ]),
        waiting: BTreeSet::from(["ups".to_owned()]),
    };
    assert_eq!(rows(&config, &spec, pause, &informed), ["downs up", "ups up"]);
    assert_eq!(rows(&config, &spec, pause, &Informed::default()), [""; 0]);
    let record = ServiceRecord::new(&spec, UnixMs(0));
    let transitions = [pause];
    let commit = commit_for(&config, &spec, &record, &transitions, NOW, &informed, Said::default());
    assert!(commit.outbox.iter().all(|row| row.delivery.queued.closing));
}

#[test]
fn nothing_is_queued_when_notifications_are_off() {
    let config = config(&CHANNELS.replacen('{', "{\"enabled\": false, ", 1));
    let spec = &config.services[0].spec;
    let down = transition(Status::Up, Status::Down, Reason::Silence);
    assert_eq!(rows(&config, spec, down, &Informed::default()), [""; 0]);
}

#[test]
fn a_reminder_is_due_only_if_somebody_takes_it() {
    use Status::{Degraded, Down, Up};
    let hour = NOW.plus_ms(3_600_000);
    let ups_only = r#"{"channels": [{"type": "webhook", "name": "ups", "events": ["up"]}]}"#;
    for (sentence, notifications, from, to, expected) in [
        ("down", CHANNELS, Up, Down, hour),
        ("degraded is no reason", CHANNELS, Up, Degraded, UnixMs::NEVER),
        ("up ends it", CHANNELS, Down, Up, UnixMs::NEVER),
        ("nobody takes it", ups_only, Up, Down, UnixMs::NEVER),
    ] {
        let config = config(notifications);
        let spec = &config.services[0].spec;
        let record = ServiceRecord::new(spec, UnixMs(0));
        let transitions = [transition(from, to, Reason::Reported)];
        let informed = Informed::default();
        let commit =
            commit_for(&config, spec, &record, &transitions, NOW, &informed, Said::default());
        assert_eq!(commit.wake, expected, "{sentence}");
    }
}

#[test]
fn a_notice_says_what_happened_and_fits() {
    let config = config(CHANNELS);
    let spec = &config.services[0].spec;
    let mut record = ServiceRecord::new(spec, UnixMs(0));
    record.last_beat = Some(UnixMs(950_000));
    record.gap = Some(flatline_domain::Gap { from: UnixMs(400_000), to: UnixMs(950_000) });
    let down = transition(Status::Up, Status::Down, Reason::Silence);
    let message = "\u{1}".repeat(1_000);
    let said = Said { message: Some(&message), metadata: None };
    let notice = notice(spec, &record, &down, said);
    assert_eq!(notice.last_seen, Some(UnixMs(400_000)), "before the silence that is told");
    assert_eq!((notice.name.as_str(), notice.reason.as_str()), ("API", "silence"));
    assert!(serde_json::to_string(&notice).unwrap().len() <= 1_024);
    assert!(notice.message.is_some(), "some of it fits");
}

#[test]
fn a_notice_carries_metadata_as_far_as_it_fits() {
    let config = config(CHANNELS);
    let spec = &config.services[0].spec;
    let record = ServiceRecord::new(spec, UnixMs(0));
    let down = transition(Status::Up, Status::Down, Reason::Reported);
    let long = "x".repeat(2_000);
    for (sentence, metadata, expected) in [
        ("texts as they are", json!({"host": "db-1"}), vec![("host", "db-1")]),
        (
            "everything else as JSON",
            json!({"disk": 0.91, "raid": [1, 2], "ok": null}),
            vec![("disk", "0.91"), ("ok", "null"), ("raid", "[1,2]")],
        ),
        ("no object", json!(["a"]), vec![("metadata", "[\"a\"]")]),
        ("null is nothing", json!(null), vec![]),
        ("what is too large goes", json!({"a": "1", "dump": long}), vec![("a", "1")]),
    ] {
        let said = Said { message: Some("disk full"), metadata: Some(&metadata) };
        let notice = notice(spec, &record, &down, said);
        let labels: Vec<_> =
            notice.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(labels, expected, "{sentence}");
        assert_eq!(notice.message.as_deref(), Some("disk full"), "{sentence}");
        assert!(serde_json::to_string(&notice).unwrap().len() <= NOTICE_MAX_BYTES, "{sentence}");
    }
}

#[test]
fn metadata_is_left_out_where_the_configuration_says_so() {
    let off = CHANNELS.replacen('{', "{\"settings\": {\"includeMetadata\": false}, ", 1);
    let metadata = json!({"host": "db-1"});
    let said = Said { message: Some("disk full"), metadata: Some(&metadata) };
    for (notifications, expected) in [(CHANNELS, 1), (off.as_str(), 0)] {
        let config = config(notifications);
        let spec = &config.services[0].spec;
        let record = ServiceRecord::new(spec, UnixMs(0));
        let transitions = [transition(Status::Up, Status::Down, Reason::Reported)];
        let commit =
            commit_for(&config, spec, &record, &transitions, NOW, &Informed::default(), said);
        let notice = &commit.outbox[0].delivery.notice;
        assert_eq!(notice.labels.len(), expected);
        assert_eq!(notice.message.as_deref(), Some("disk full"), "the message is another matter");
    }
}
