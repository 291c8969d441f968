//! Payloads as tools send them, each file with its source, and what is made of them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use http::HeaderValue;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn payload_files() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/format/payloads");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn cases(file: &PathBuf) -> Vec<Value> {
    let content: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(content["source"].as_str().is_some_and(|source| !source.is_empty()), "{file:?}");
    content["cases"].as_array().unwrap().clone()
}

fn headers(case: &Value) -> HeaderMap {
    let pairs = case["headers"].as_object().into_iter().flatten();
    let header = |(name, value): (&String, &Value)| {
        (name.parse().unwrap(), HeaderValue::from_str(value.as_str().unwrap()).unwrap())
    };
    pairs.map(header).collect::<Vec<(http::HeaderName, _)>>().into_iter().collect()
}

fn known(headers: &HeaderMap, body: &Value) -> Option<&'static str> {
    let payload = Payload { headers, body: Fields::of_body(body).ok()? };
    FORMATS.iter().find(|format| (format.knows)(&payload)).map(|format| format.name)
}

#[test]
fn payloads_are_read_as_they_are_meant() {
    for file in payload_files() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut told = String::new();
        for case in cases(&file) {
            let (it, headers) = (case["it"].as_str().unwrap(), headers(&case));
            let read = parse(None, &headers, &case["body"]);
            let format = known(&headers, &case["body"]);
            writeln!(told, "## {it}").unwrap();
            match read {
                Ok(parsed) => {
                    assert_eq!(format, Some(name.as_str()), "{name}: {it}");
                    writeln!(told, "{parsed:#?}\n").unwrap();
                }
                Err(error) => writeln!(told, "refused: {error}\n").unwrap(),
            }
        }
        insta::assert_snapshot!(name, told);
    }
}

#[test]
fn every_format_has_payloads() {
    let mut names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    names.sort_unstable();
    let stem = |file: PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<_> = payload_files().into_iter().map(stem).collect();
    files.sort_unstable();
    assert_eq!(names, files);
}

#[test]
fn a_format_that_is_named_reads_what_it_would_not_be_given() {
    let body = json!({"title": "t", "message": "m", "type": "failure"});
    let read = |named| parse(named, &HeaderMap::new(), &body);
    assert_eq!(read(None).unwrap().alerts[0].source, "external");
    assert_eq!(read(Some("Apprise")).unwrap().alerts[0].source, "apprise");
    assert_eq!(read(Some("nagios")), Err(FormatError::NoFormat("nagios".to_owned())));
    let sentence = "alerts must be a list".to_owned();
    assert_eq!(read(Some("alertmanager")), Err(FormatError::Field(sentence)));
}

#[test]
fn the_rule_of_another_tool_is_none_of_grafana() {
    for (more, format) in [("severity", "generic"), ("state", "grafana-legacy")] {
        let body = json!({"title": "t", "message": "m", "ruleId": 5, more: "critical"});
        assert_eq!(known(&HeaderMap::new(), &body), Some(format), "{more}");
    }
}

#[test]
fn five_hundred_alerts_are_five_hundred_alerts() {
    let alert = |n: usize| json!({"labels": {"alertname": "X", "n": n}, "fingerprint": n});
    for version in ["1", "4"] {
        let alerts: Vec<_> = (0..500).map(alert).collect();
        let body = json!({"version": version, "externalURL": "http://am", "alerts": alerts});
        let parsed = parse(None, &HeaderMap::new(), &body).unwrap();
        assert_eq!(parsed.alerts.len(), 500);
        let keys: std::collections::BTreeSet<_> =
            parsed.alerts.iter().map(|alert| alert.dedup_key.clone()).collect();
        assert_eq!(keys.len(), 500, "each has a key of its own");
    }
}

/// Names that formats look at, so that arbitrary JSON gets past the first look.
const NAMES: [&str; 38] = [
    "alerts",
    "annotations",
    "labels",
    "version",
    "orgId",
    "evalMatches",
    "ruleId",
    "tags",
    "heartbeat",
    "monitor",
    "msg",
    "status",
    "source",
    "transition",
    "title",
    "message",
    "type",
    "data",
    "snitch",
    "code",
    "endpoint",
    "detail-type",
    "detail",
    "state",
    "AlarmName",
    "NewStateValue",
    "AlarmArn",
    "Trigger",
    "Dimensions",
    "TopicArn",
    "Type",
    "Message",
    "Signature",
    "SigningCertURL",
    "eventArn",
    "eventTypeCode",
    "metric_alert",
    "event",
];

/// Words that formats look for.
const WORDS: [&str; 12] = [
    "",
    "datadog",
    "healthchecks",
    "gatus",
    "snitch.missing",
    "failure",
    "Notification",
    "1",
    "CloudWatch Alarm State Change",
    "AWS Health Event",
    "arn:aws:cloudwatch:é:x:alarm:y",
    "[é",
];

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(WORDS.to_vec()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let names = prop::sample::select(NAMES.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..8)
                .prop_map(|pairs| pairs.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_json_makes_a_format_panic(body in arbitrary_json(), as_text in any::<bool>()) {
        let mut headers = HeaderMap::new();
        if as_text {
            headers.insert("sentry-hook-resource", HeaderValue::from_static("issue"));
        }
        let published = json!({
            "Type": "Notification", "TopicArn": "t", "Message": body.to_string(), "Timestamp": "t",
            "MessageId": "i", "Signature": "s", "SigningCertURL": "u",
        });
        for body in [&body, &published] {
            for name in FORMATS.iter().map(|format| Some(format.name)).chain([None]) {
                let Ok(parsed) = parse(name, &headers, body) else { continue };
                for alert in parsed.alerts {
                    prop_assert!(!alert.title.is_empty(), "{name:?}");
                    prop_assert!(!alert.severity.is_empty() && !alert.source.is_empty());
                }
            }
        }
    }
}

/// The blocks that a heading of docs/alert-sources.md has in this language.
fn templates(heading: &str) -> String {
    let page = include_str!("../../../../docs/alert-sources.md");
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let line = section.lines().map(str::trim).find(|line| line.starts_with("{ \"source\""));
    line.unwrap().to_owned()
}

#[test]
fn the_templates_of_the_documents_are_known() {
    for (heading, name, pairs, title) in [
        (
            "Healthchecks\n",
            "healthchecks",
            &[("$NAME_JSON", r#""a \"b\"""#), ("$BODY_JSON", r#""""#), ("$STATUS", "up")][..],
            "a \"b\"",
        ),
        (
            "Gatus\n",
            "gatus",
            &[("[ENDPOINT_NAME]", "shop"), ("[ALERT_TRIGGERED_OR_RESOLVED]", "RESOLVED")],
            "shop",
        ),
    ] {
        let replaced = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
        let body: Value =
            serde_json::from_str(&pairs.iter().fold(templates(heading), replaced)).unwrap();
        assert_eq!(known(&HeaderMap::new(), &body), Some(name));
        let alert = parse(None, &HeaderMap::new(), &body).unwrap().alerts.remove(0);
        assert_eq!((alert.title.as_str(), alert.phase), (title, Phase::Resolved), "{heading}");
    }
}
