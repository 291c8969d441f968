use serde_json::{Value, json};

use crate::config::{ConfigDir, KEY};

fn file(dir: &ConfigDir, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(dir.path().join(name)).unwrap()).unwrap()
}

#[test]
fn what_is_built_is_what_is_written() {
    let dir = ConfigDir::new()
        .and_then(|dir| dir.service("api", 5))
        .and_then(|dir| dir.service("db", 30))
        .and_then(|dir| dir.without_service("db"))
        .and_then(|dir| dir.hook("http://127.0.0.1:1/x"))
        .and_then(|dir| dir.notify_setting("cooldownMinutes", json!(5)))
        .unwrap()
        .variable("FLATLINE_PUBLIC_URL", "https://status.example.org");
    let services = json!([{"id": "api", "name": "api", "stalenessThreshold": 5}]);
    assert_eq!(file(&dir, "services.json")["services"], services);
    let notifications = file(&dir, "notifications.json");
    assert_eq!(notifications["channels"][0]["name"], "hook");
    assert_eq!(notifications["settings"]["cooldownMinutes"], 5);
    assert_eq!(notifications["settings"]["allowPrivate"], json!(["127.0.0.0/8"]));
    assert_eq!(file(&dir, "settings.json")["api"]["enableTestNotificationEndpoint"], true);
    let variables: std::collections::BTreeMap<_, _> = dir.variables().into_iter().collect();
    assert_eq!(variables["API_KEYS"], json!({"*": KEY}).to_string());
    assert_eq!(variables["NOTIFICATION_HOOK_URL"], "http://127.0.0.1:1/x");
    assert_eq!(variables["FLATLINE_PUBLIC_URL"], "https://status.example.org");
}
