//! Templates of users, as the replaced system had them.

use flatline_domain::Status;
use serde_json::{Value, json};

use super::fixture::{body, config_with, retold, rows, sent};

fn told(templates: &Value, name: &str, event: &str, text: Option<&str>) -> Value {
    let config = config_with(templates);
    let (mut row, also) = rows(event);
    if let Some(text) = text {
        retold(&mut row, text);
    }
    body(&sent(&config, name, &row, &also))
}

#[test]
fn shipped_templates_say_what_they_said() {
    let field = |name: &str, label: &str, value: &str, flag: &str| json!({name: label, "value": value, flag: true});
    let templates = json!({
        "discord": {
            "title": "{{emoji}} Service {{eventType}}: {{serviceName}}",
            "description": "Service **{{serviceName}}** is now **{{eventType}}**",
            "fields": [field("name", "Last Seen", "{{lastSeen}}", "inline")],
            "footer": "Cloudflare Heartbeat Monitor",
        },
        "slack": {"text": "{{emoji}} Service Alert: {{serviceName}}", "fields": [field("title", "Service ID", "{{serviceId}}", "short")], "footer": "f"},
        "telegram": {"message": "{{emoji}} *Service {{eventType}}*\n*Service:* {{serviceName}}\n*Time:* {{timestampISO}}"},
        "email": {"subject": "[{{eventType}}] {{serviceName}}", "body": "Status: {{eventType}}"},
        "pushover": {"title": "Heartbeat Monitor Alert", "message": "Service {{serviceName}} is {{eventType}}"},
        "pagerduty": {"summary": "Service {{serviceName}} is {{eventType}}", "severity": "critical"},
        "webhook": {"body": "{\"text\": \"{{serviceName}} is {{eventType}}\"}"},
    });
    for name in ["discord", "slack", "telegram", "mailgun", "pushover", "pagerduty", "webhook"] {
        insta::assert_json_snapshot!(
            format!("template_{name}"),
            told(&templates, name, "down", None)
        );
    }
}

#[test]
fn values_in_templates_stay_values() {
    let templates = json!({
        "discord": {"description": "**{{serviceName}}**"},
        "slack": {"text": "*{{serviceName}}*"},
        "telegram": {"message": "*{{serviceName}}* [x]({{link}})"},
        "webhook": {"body": "{\"text\": \"{{serviceName}}\"}"},
    });
    let rows = [
        ("discord", "/embeds/0/description", "*x* @everyone", r"**\*x\* \@everyone**"),
        ("slack", "/text", "*x* <!channel>", "*∗x∗ &lt;!channel&gt;*"),
        (
            "telegram",
            "/text",
            "*x* <b> @a",
            "<b>*x* &lt;b&gt; @\u{2060}a</b> <a href=\"https://status.example/services/api\">x</a>",
        ),
        ("webhook", "/text", "\"}\n\\", "\"}\n\\"),
    ];
    for (name, pointer, text, expected) in rows {
        let told = told(&templates, name, "down", Some(text));
        assert_eq!(told.pointer(pointer).unwrap(), expected, "{name}");
    }
}

#[test]
fn external_templates_know_labels_and_leave_out_what_is_missing() {
    let templates = json!({"pushover_external": {
        "title": "{{severity | upper}} {{title}}",
        "message": "{{message}} on {{env}}{{host}} {{labels.env}}{{labels.host}}{% if source %} from {{source}}{% endif %}",
    }});
    let told = told(&templates, "pushover", "alert", None);
    assert_eq!(told["title"], "CRITICAL Critical DB");
    assert_eq!(told["message"], "Primary down on prod prod from prometheus");
}

#[test]
fn a_template_that_fails_leaves_the_default_text() {
    let templates = json!({"pushover": {"message": "{{ serviceName + 1 }}"}});
    let told = told(&templates, "pushover", "down", None);
    assert!(told["message"].as_str().unwrap().starts_with("No heartbeat for 5 min"), "{told}");
}

#[test]
fn a_long_text_of_a_template_is_cut_whole() {
    let templates = json!({
        "discord": {"title": "{{serviceName}}"},
        "telegram": {"message": "*{{serviceName}}*"},
    });
    let long = "*<".repeat(5_000);
    let title = told(&templates, "discord", "down", Some(&long));
    let title = title["embeds"][0]["title"].as_str().unwrap();
    assert!(title.encode_utf16().count() <= 256 && title.ends_with('\u{2026}'), "{title}");
    assert_eq!(
        title.matches('\\').count() * 2 + 1,
        title.chars().count(),
        "an escape was cut: {title}"
    );
    let text = told(&templates, "telegram", "down", Some(&long));
    assert!(
        text["text"].as_str().unwrap().contains("<b>Service DOWN</b>"),
        "the default one: {text}"
    );
}

#[test]
fn what_the_service_said_last_can_be_told() {
    let body = r#"{"text": "{{message}} on {{metadata.host}}{{metadata.nothing}}"}"#;
    let templates = json!({"webhook": {"body": body}});
    let told = |event| told(&templates, "webhook", event, None);
    assert_eq!(told("down"), json!({"text": "disk at 91 % on db-1"}));
    assert_eq!(told("up"), json!({"text": " on "}), "it said nothing");
}

#[test]
fn a_test_looks_like_the_event_that_is_tried_out() {
    let templates = json!({
        "slack": {"text": "{{eventType}} {{serviceName}}"},
        "slack_external": {"text": "external {{eventType}} {{status}}"},
    });
    for (status, n, severity, by_template, by_default) in [
        (Status::Down, 0, None, "DOWN Production API", "Test: Service DOWN"),
        (Status::Down, 1, None, "STILL DOWN Production API", "Test: Service STILL DOWN"),
        (Status::Up, 0, None, "UP Production API", "Test: Service UP"),
        (Status::Degraded, 0, None, "DEGRADED Production API", "Test: Service DEGRADED"),
        (Status::Down, 0, Some("critical"), "external ALERT firing", "Test: Alert"),
        (Status::Unknown, 0, None, "TEST Production API", "Test message"),
    ] {
        let (mut row, _) = rows("test");
        row.delivery.notice.status = status;
        row.delivery.queued.n = n;
        row.delivery.notice.severity = severity.map(str::to_owned);
        let text = |templates: &Value| body(&sent(&config_with(templates), "slack", &row, &[]));
        assert_eq!(text(&templates)["text"], by_template);
        let default = text(&json!({})).to_string();
        assert!(default.contains(by_default), "{default}");
        assert!(default.contains("nothing has happened"), "{default}");
    }
}

#[test]
fn a_template_that_leaves_nothing_to_see_is_told_in_our_words() {
    let nothing = "{{metadata.nothing}} ";
    let templates = json!({
        "discord": {"title": nothing, "fields": [{"name": nothing, "value": "x"}], "footer": "f"},
        "slack": {"text": nothing, "fields": [{"title": "Host", "value": "{{metadata.host}}"}]},
        "telegram": {"message": nothing},
        "email": {"subject": nothing, "body": nothing},
        "pushover": {"title": nothing, "message": nothing},
        "pagerduty": {"summary": nothing, "severity": nothing},
    });
    let pointers = [
        ("discord", "/embeds/0/title", "🔴 Service DOWN: Production API"),
        ("slack", "/text", "🔴 Service DOWN: Production API"),
        ("slack", "/attachments/0/fields/0/value", "db-1"),
        ("telegram", "/parse_mode", "HTML"),
        ("mailgun", "/subject/0", "[DOWN] Production API"),
        ("pushover", "/title", "🔴 Service DOWN: Production API"),
        ("pagerduty", "/payload/severity", "critical"),
    ];
    for (name, pointer, expected) in pointers {
        let told = told(&templates, name, "down", None);
        assert_eq!(told.pointer(pointer).unwrap(), expected, "{name}: {told}");
    }
    let telegram = told(&templates, "telegram", "down", None);
    assert!(telegram["text"].as_str().unwrap().contains("<b>Service DOWN</b>"), "{telegram}");
}

#[test]
fn a_slack_template_without_a_text_has_one_of_ours() {
    let templates = json!({"slack": {"footer": "f"}});
    let told = told(&templates, "slack", "down", Some("*x* <!channel> :fire:"));
    assert_eq!(told["text"], "🔴 Service DOWN: ∗x∗ &lt;!channel&gt; ∶fire∶");
}

#[test]
fn a_footer_of_discord_shows_values_as_they_are() {
    let templates = json!({"discord": {"title": "t", "footer": "{{serviceName}} \\ a"}});
    let told = told(&templates, "discord", "down", Some("db-1 (*x*)"));
    assert_eq!(told["embeds"][0]["footer"]["text"], "db-1 (*x*) \\ a");
}
