//! A service overrides its group, key by key.

use flatline_domain::EventFilter;

use super::{load, services};

/// What a service is after inheritance, as text: one line is easy to compare.
fn outcome(group: &str, service: &str) -> String {
    let text = format!(
        r#"{{"groups": [{{"id": "g", "services": ["a"]{group}}}], "services": [{{"id": "a"{service}}}]}}"#
    );
    let settings = r#"{"uptimeThresholds": {"strict": [{"name": "all", "min": 0}]}}"#;
    let notifications = r#"{"channels": [
        {"type": "webhook", "name": "Ops"},
        {"type": "slack", "name": "Team A"},
        {"type": "slack", "name": "Team B"}
    ]}"#;
    let files = [
        ("services.json", text.as_str()),
        ("settings.json", settings),
        ("notifications.json", notifications),
    ];
    let url = "https://hook.example/";
    let urls = [("NOTIFICATION_TEAM_A_WEBHOOKURL", url), ("NOTIFICATION_TEAM_B_WEBHOOKURL", url)];
    let config = load(&files, &urls).expect("loads");
    assert_eq!(config.warnings, [], "{text}");
    let service = &config.services[0];
    let events = service.spec.route.events;
    let letter = |takes: bool, letter: &'static str| if takes { letter } else { "-" };
    format!(
        "window {} first {:?} set {} auth {} notify {} channels {:?} events {}{}{}",
        service.spec.window_ms / 1_000,
        service.spec.first_window_ms.map(|ms| ms / 1_000),
        service.uptime_threshold_set.as_deref().unwrap_or("none"),
        service.auth_required,
        service.spec.route.enabled,
        service.spec.route.channels,
        letter(events.down, "d"),
        letter(events.up, "u"),
        letter(events.degraded, "g"),
    )
}

#[test]
fn each_key_is_inherited_by_itself() {
    const ALL: &str = r#", "stalenessThreshold": 60, "firstHeartbeatWithinSeconds": 10,
        "uptimeThresholdSet": "strict", "auth": {"required": false},
        "notifications": {"enabled": false, "channels": ["ops"], "events": ["down"]}"#;
    let rows = [
        (
            "nothing is said: the defaults",
            "",
            "",
            "window 300 first Some(3600) set default auth true notify true channels [] events dug",
        ),
        (
            "the group says everything",
            ALL,
            "",
            "window 60 first Some(10) set strict auth false notify false channels [\"Ops\"] events d--",
        ),
        (
            "the service says everything",
            "",
            ALL,
            "window 60 first Some(10) set strict auth false notify false channels [\"Ops\"] events d--",
        ),
        (
            "the service's window only",
            ALL,
            ", \"stalenessThreshold\": 5",
            "window 5 first Some(10) set strict auth false notify false channels [\"Ops\"] events d--",
        ),
        (
            "null is never, and beats the group's seconds",
            ALL,
            ", \"firstHeartbeatWithinSeconds\": null",
            "window 60 first None set strict auth false notify false channels [\"Ops\"] events d--",
        ),
        (
            "seconds beat the group's never",
            ", \"firstHeartbeatWithinSeconds\": null",
            ", \"firstHeartbeatWithinSeconds\": 9",
            "window 300 first Some(9) set default auth true notify true channels [] events dug",
        ),
        (
            "one key of notifications leaves the others to the group",
            ALL,
            ", \"notifications\": {\"enabled\": true}",
            "window 60 first Some(10) set strict auth false notify true channels [\"Ops\"] events d--",
        ),
        (
            "an empty list of the service is no restriction, whatever the group says",
            ALL,
            ", \"notifications\": {\"channels\": [], \"events\": []}",
            "window 60 first Some(10) set strict auth false notify false channels [] events dug",
        ),
        (
            "an empty auth says nothing",
            ALL,
            ", \"auth\": {}",
            "window 60 first Some(10) set strict auth false notify false channels [\"Ops\"] events d--",
        ),
        (
            "a type means all its channels, each once, and any case will do",
            "",
            ", \"notifications\": {\"channels\": [\"SLACK\", \"team a\", \"WebHook\"], \"events\": [\"UP\"]}",
            "window 300 first Some(3600) set default auth true notify true \
             channels [\"Team A\", \"Team B\", \"Ops\"] events -u-",
        ),
    ];
    for (what, group, service, expected) in rows {
        assert_eq!(outcome(group, service), expected, "{what}");
    }
}

#[test]
fn services_know_their_group_and_groups_their_services() {
    let config = services(
        r#"{"groups": [{"id": "g", "name": "Group", "services": ["b", "a"]}],
            "services": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}"#,
    );
    let groups: Vec<_> = config.services.iter().map(|service| service.group.as_deref()).collect();
    assert_eq!(groups, [Some("g"), Some("g"), None]);
    assert_eq!(config.groups[0].name, "Group");
    assert_eq!(config.groups[0].services, ["b", "a"]);
}

#[test]
fn a_name_that_leads_nowhere_never_means_every_channel() {
    let text = r#"{"services": [{"id": "a", "enabled": false,
        "notifications": {"channels": ["gone"]}}]}"#;
    assert_eq!(services(text).services[0].spec.route.channels, ["gone"]);
}

#[test]
fn switched_off_notifications_mute_every_service() {
    let off = r#"{"enabled": false, "channels": [{"type": "webhook", "name": "Ops"}]}"#;
    let config = load(&[("notifications.json", off)], &[]).expect("loads");
    assert!(!config.notifications_enabled);
    assert!(!config.services[0].spec.route.enabled);
    assert_eq!(config.services[0].spec.route.events, EventFilter::ALL);
}
