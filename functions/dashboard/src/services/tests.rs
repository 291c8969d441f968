use serde_json::{Value, json};

use super::services;
use crate::fixture::configured;

#[test]
fn groups_and_services_are_put_together_in_the_order_of_the_file() {
    let files = [(
        "services.json",
        r#"{
            "groups": [{
                "id": "core", "name": "Core Services", "services": ["db", "api"],
                "stalenessThreshold": 900, "uptimeThresholdSet": "default",
                "auth": {"required": false}, "notifications": {"events": ["down"]}
            }],
            "services": [
                {"id": "api", "description": "Public API"},
                {"id": "db", "name": "DB", "stalenessThreshold": 180, "auth": {"required": true},
                 "notifications": {"_why": "on call", "enabled": true, "events": ["down", "up"]}},
                {"id": "off", "enabled": false}
            ]
        }"#,
    )];
    let expected = json!([
        {
            "id": "api", "name": "api", "description": "Public API", "enabled": true,
            "stalenessThreshold": 900, "groupId": "core", "groupName": "Core Services",
            "uptimeThresholdSet": "default", "auth": {"required": false},
        },
        {
            "id": "db", "name": "DB", "enabled": true, "stalenessThreshold": 180,
            "notifications": {"enabled": true, "events": ["down", "up"]},
            "groupId": "core", "groupName": "Core Services",
            "uptimeThresholdSet": "default", "auth": {"required": true},
        },
        {
            "id": "off", "name": "off", "enabled": false, "stalenessThreshold": 300,
            "groupId": Value::Null, "groupName": "Ungrouped",
            "uptimeThresholdSet": "default", "auth": {"required": true},
        },
    ]);
    assert_eq!(serde_json::to_value(services(&configured(files, &[]))).unwrap(), expected);
}
