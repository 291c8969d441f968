//! What may come in: how much of it, from which alarms, and where the checker proves that it does.

use serde_json::{Value, json};

use crate::template::{self, meaning, of_type, properties};
use crate::tools::root;

#[test]
fn pages_and_alerts_cannot_starve_heartbeats_checker_or_messages() {
    let Some(template) = template::transformed() else { return };
    let reserved = |name: &str| properties(template, name)["ReservedConcurrentExecutions"].clone();
    let up_to = |n: u64| json!({"Fn::If": ["Reserves", n, {"Ref": "AWS::NoValue"}]});
    assert_eq!((reserved("Checker"), reserved("Notifier")), (up_to(3), up_to(10)));
    assert_eq!((reserved("Dashboard"), reserved("Alert")), (up_to(20), up_to(20)));
    assert_eq!(reserved("Ingest"), Value::Null, "it takes what is left");
    assert_eq!(
        template["Parameters"]["ReserveConcurrency"]["Default"], "no",
        "a new account has 10"
    );
}

#[test]
fn the_http_api_is_throttled_and_logged() {
    let Some(template) = template::transformed() else { return };
    let stages = of_type(template, "AWS::ApiGatewayV2::Stage");
    let [(_, stage)] = &stages[..] else { panic!("{stages:?}") };
    assert_eq!(stage["StageName"], "$default", "paths begin with /");
    let limits = &stage["DefaultRouteSettings"];
    assert_eq!(meaning(&limits["ThrottlingRateLimit"]), "RequestsPerSecond");
    assert_eq!(meaning(&limits["ThrottlingBurstLimit"]), "RequestBurst");
    assert_eq!(meaning(&stage["AccessLogSettings"]["DestinationArn"]), "AccessLog.Arn");
    let format = stage["AccessLogSettings"]["Format"].as_str().expect("a format");
    let line: Value = serde_json::from_str(format).expect("each line is JSON");
    assert!(!format.contains("authorization"), "{line}");
}

#[test]
fn each_route_but_that_of_heartbeats_has_a_small_limit_of_its_own() {
    let Some(template) = template::transformed() else { return };
    let stages = of_type(template, "AWS::ApiGatewayV2::Stage");
    let settings = stages[0].1["RouteSettings"].as_object().expect("settings of routes");
    let paths = properties(template, "HttpApi")["Body"]["paths"].as_object().expect("paths");
    // AWS refuses a setting of a route that is not there.
    for path in settings.keys() {
        let path = path.trim_start_matches("ANY ");
        assert!(paths.contains_key(path), "{path} is no route: {paths:?}");
    }
    for path in paths.keys().filter(|path| !path.starts_with("/api/heartbeat")) {
        let key = if path == "$default" { path.clone() } else { format!("ANY {path}") };
        let limit = settings.get(&key).unwrap_or_else(|| panic!("{key} has no limit"));
        let wanted = if path == "$default" { "Page" } else { "Alert" };
        let wanted = format!("{wanted}RequestsPerSecond");
        assert_eq!(meaning(&limit["ThrottlingRateLimit"]), wanted, "{key}");
    }
}

/// Whether an event matches a pattern, by those rules of EventBridge that ours use.
fn matches(pattern: &Value, event: &Value) -> bool {
    let meets = |rule: &Value, value: &Value| {
        let prefix = &rule["anything-but"]["prefix"]["Fn::Sub"];
        let Some(prefix) = prefix.as_str() else { return rule == value };
        let prefix = [
            ("Partition", "aws"),
            ("Region", "us-east-1"),
            ("AccountId", "123456789012"),
            ("StackName", "flatline"),
        ]
        .iter()
        .fold(prefix.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{AWS::{name}}}"), value)
        });
        !value.as_str().expect("a text").starts_with(&prefix)
    };
    pattern.as_object().expect("a pattern").iter().all(|(key, rules)| {
        let values = event[key].as_array().cloned().unwrap_or_else(|| vec![event[key].clone()]);
        let rules = rules.as_array().expect("rules");
        values.iter().any(|value| rules.iter().any(|rule| meets(rule, value)))
    })
}

#[test]
fn alarms_of_this_stack_are_no_alerts_those_of_others_are() {
    let Some(template) = template::transformed() else { return };
    let pattern = &properties(template, "AlarmRule")["EventPattern"];
    let sample = root().join("events/alert-eventbridge-alarm.json");
    let sample = std::fs::read_to_string(sample).expect("the sample");
    let mut event: Value = serde_json::from_str(&sample).expect("JSON");
    assert!(matches(pattern, &event), "{event}");
    for (name, is_alert) in [
        ("flatline-DeadMessagesAlarm-1A2B3C4D5E6F", false),
        ("flatline-CheckerSilentAlarm-1A2B3C4D5E6F", false),
        ("shop-flatline-DiskFull-1A2B3C4D5E6F", true),
        ("flatlines", true),
    ] {
        let arn = format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}");
        event["resources"] = json!([arn]);
        assert_eq!(matches(pattern, &event), is_alert, "{name}");
    }
    // A name of ours would not begin with that of the stack.
    for (name, alarm) in of_type(template, "AWS::CloudWatch::Alarm") {
        assert!(alarm.get("AlarmName").is_none(), "{name}");
    }
}

#[test]
fn the_proof_goes_to_the_http_api_unless_told_otherwise() {
    let Some(template) = template::transformed() else { return };
    let url = &properties(template, "Checker")["Environment"]["Variables"]["FLATLINE_CANARY_URL"];
    let own = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}";
    assert_eq!(*url, json!({"Fn::If": ["HasCanaryUrl", {"Ref": "CanaryUrl"}, {"Fn::Sub": own}]}));
    assert_eq!(template["Parameters"]["CanaryUrl"]["Default"], "");
}

#[test]
fn events_of_health_come_where_they_are_asked_for() {
    let Some(template) = template::transformed() else { return };
    let rule = properties(template, "HealthRule");
    let sample = root().join("events/alert-eventbridge-health.json");
    let sample = std::fs::read_to_string(sample).expect("the sample");
    let event: Value = serde_json::from_str(&sample).expect("JSON");
    assert!(matches(&rule["EventPattern"], &event), "{event}");
    assert_eq!(template["Parameters"]["HealthEvents"]["Default"], "no");
    let target = &rule["Targets"][0];
    assert_eq!(meaning(&target["Arn"]), "Alert.Arn");
    assert_eq!(meaning(&target["DeadLetterConfig"]["Arn"]), "DeadLetters.Arn");
    for name in ["HealthRule", "HealthRulePermission"] {
        assert_eq!(template["Resources"][name]["Condition"], "TakesHealthEvents", "{name}");
    }
}
