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
