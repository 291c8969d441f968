//! The channels of the tests, and configurations of them.

use flatline_shared::config::{Config, Env};
use serde_json::{Value, json};

/// The configuration: each channel `Name` is a webhook at `https://name.example/`.
pub fn config(ids: &[String], channels: &Value, cooldown_min: u32) -> Config {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, value: Value| {
        std::fs::write(dir.path().join(name), value.to_string()).unwrap();
    };
    let service =
        |id: &String| json!({"id": id, "name": id.to_uppercase(), "stalenessThreshold": 60});
    write("services.json", json!({"services": ids.iter().map(service).collect::<Vec<_>>()}));
    write(
        "notifications.json",
        json!({"channels": channels, "settings": {"cooldownMinutes": cooldown_min}}),
    );
    let variable = |channel: &Value| {
        let name = channel["name"].as_str().unwrap();
        let (key, value) = match channel["type"].as_str().unwrap() {
            "pagerduty" => ("ROUTINGKEY", "key".to_owned()),
            "slack" => ("WEBHOOKURL", format!("https://{}.example/", name.to_lowercase())),
            _ => ("URL", format!("https://{}.example/", name.to_lowercase())),
        };
        (format!("NOTIFICATION_{}_{key}", name.to_uppercase()), value)
    };
    let mut variables: Vec<_> = channels.as_array().unwrap().iter().map(variable).collect();
    variables.push(("API_KEYS".to_owned(), json!({"*": "key"}).to_string()));
    variables.push(("FLATLINE_PUBLIC_URL".to_owned(), "https://status.example".to_owned()));
    Config::load(dir.path(), &Env::of(variables)).unwrap()
}

pub fn webhook(name: &str) -> Value {
    json!({"type": "webhook", "name": name, "enabled": true})
}

/// A channel that keeps an incident open until it is told of the end.
pub fn pager(name: &str) -> Value {
    json!({"type": "pagerduty", "name": name, "enabled": true})
}

/// A channel as people read it: three messages at once, then one each 20 s.
pub fn folding(name: &str) -> Value {
    json!({"type": "webhook", "name": name, "enabled": true, "config": {"foldAbove": 3}})
}

/// The channel that is told of what others cannot be told; of nothing else.
pub fn stand_in(name: &str) -> Value {
    json!({"type": "webhook", "name": name, "enabled": true, "fallback": true, "events": ["degraded"]})
}
