use crate::config::{Config, Env};

fn told(templates: &str) -> (Vec<String>, Vec<String>) {
    let file = format!(
        r#"{{"channels": [{{"type": "slack", "name": "a", "enabled": false}}], "templates": {templates}}}"#
    );
    let files = [
        ("services.json", r#"{"services": [{"id": "api"}]}"#),
        ("notifications.json", file.as_str()),
    ];
    let lines =
        |problems: &[crate::config::Problem]| problems.iter().map(ToString::to_string).collect();
    match Config::from_json(files, &Env::default()) {
        Ok(config) => (Vec::new(), lines(&config.warnings)),
        Err(errors) => (lines(&errors.0), Vec::new()),
    }
}

#[test]
fn templates_that_cannot_work_are_refused_at_start() {
    let long = format!(r#"{{"slack": {{"text": "{}"}}}}"#, "x".repeat(8_193));
    let rows = [
        (
            r#"{"slack": {"text": "{{serviceNam}}"}}"#,
            "slack.text: there is no {{serviceNam}}; the nearest known one is 'serviceName'",
        ),
        (r#"{"slack": {"text": 5}}"#, "slack.text: must be a text, not 5"),
        (
            r#"{"slack": {"text": "{% for a in b %}{% endfor %}"}}"#,
            "slack.text: only if, elif, else and endif may stand between {% and %}, not \"for\"",
        ),
        (
            r#"{"slack": {"text": "{{ serviceName | safe }}"}}"#,
            "slack.text: there is no filter \"safe\" here; there are capitalize, default, lower, title, trim and upper",
        ),
        (
            r#"{"telegram_external": {"message": "{{ a"}}"#,
            "telegram_external.message: a tag that begins with {{ has no end",
        ),
        (
            r#"{"discord": {"fields": [{"name": "{{x}}", "value": ""}]}}"#,
            "discord.fields[0].name: there is no {{x}}",
        ),
        (r#"{"discord": {"fields": "x"}}"#, "discord.fields: must be a list, not a text"),
        (
            r#"{"webhook": {"body": "{{serviceName}} is {{status}}"}}"#,
            "webhook.body: becomes no JSON, which webhooks announce: write it such as {\"text\": \"{{message}}\"}",
        ),
        (
            r#"{"webhook_external": {"body": "{\"text\": {{message}}x}"}}"#,
            "webhook_external.body: becomes no JSON, which webhooks announce: write it such as {\"text\": \"{{message}}\"}",
        ),
        (
            r#"{"pagerduty": {"severity": "high"}}"#,
            "pagerduty.severity: must be critical, error, warning or info, not \"high\"",
        ),
        (&long, "slack.text: must have at most 8192 bytes, not 8193"),
    ];
    for (templates, expected) in rows {
        let expected = format!("notifications.json templates.{expected}");
        assert_eq!(told(templates).0, [expected], "{templates:.80}");
    }
    let (errors, _) = told(r#"{"slack": {"text": "{{ serviceName + }}"}}"#);
    assert!(
        errors[0].starts_with("notifications.json templates.slack.text: is no template: "),
        "{errors:?}"
    );
}

#[test]
fn odd_templates_are_told() {
    let rows = [
        (
            r#"{"slack": {"txt": "x"}}"#,
            "slack.txt: is not a known key; the nearest known one is 'text'",
        ),
        (
            r#"{"slak": {}}"#,
            "slak: there is no channel type of this name; the nearest known one is 'slack'",
        ),
    ];
    for (templates, expected) in rows {
        assert_eq!(
            told(templates).1,
            [format!("notifications.json templates.{expected}")],
            "{templates}"
        );
    }
    let (errors, warnings) = told(r#"{"slack_external": {"text": "{{anything}} {{labels.x}}"}}"#);
    assert_eq!((errors, warnings), (vec![], vec![]), "labels have any name");
}

#[test]
fn what_may_work_is_not_refused() {
    let rows = [
        (
            r#"{"webhook": {"body": "{\"t\": \"{{message}} {{metadata.host}}\"}"}}"#,
            "texts in quotes",
        ),
        (r#"{"webhook": {"body": "{\"n\": {{metadata.count}}}"}}"#, "a number, if there is one"),
        (
            r#"{"webhook": {"body": "{\"m\": {% if message %}\"{{message}}\"{% else %}null{% endif %}}"}}"#,
            "one of two",
        ),
        (r#"{"webhook_external": {"body": "[\"{{anything}}\", \"{{labels.x}}\"]"}}"#, "labels"),
        (r#"{"pagerduty": {"severity": " Critical "}}"#, "in any case"),
        (r#"{"pagerduty": {"severity": ""}}"#, "nothing is the default"),
        (r#"{"pagerduty_external": {"severity": "{{severity}}"}}"#, "known when it is sent"),
    ];
    for (templates, what) in rows {
        assert_eq!(told(templates), (vec![], vec![]), "{what}: {templates}");
    }
}

#[test]
fn a_webhook_that_announces_a_text_may_have_any_body() {
    let rows = [("text/plain", true), ("application/cloudevents+json", false)];
    for (media_type, is_fine) in rows {
        let file = format!(
            r#"{{"channels": [{{"type": "webhook", "name": "a", "enabled": false, "config": {{"headers": {{"Content-Type": "{media_type}"}}}}}}], "templates": {{"webhook": {{"body": "{{{{message}}}} x"}}}}}}"#
        );
        let files = [
            ("services.json", r#"{"services": [{"id": "api"}]}"#),
            ("notifications.json", file.as_str()),
        ];
        assert_eq!(Config::from_json(files, &Env::default()).is_ok(), is_fine, "{media_type}");
    }
}
