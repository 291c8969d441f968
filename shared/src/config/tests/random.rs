//! Whatever the files hold, loading ends with a configuration or with problems that say where.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Config, Env};

/// Keys that the files know, so that random objects reach deep.
const KEYS: [&str; 30] = [
    "services",
    "groups",
    "id",
    "name",
    "enabled",
    "stalenessThreshold",
    "firstHeartbeatWithinSeconds",
    "uptimeThresholdSet",
    "auth",
    "required",
    "notifications",
    "channels",
    "events",
    "type",
    "config",
    "url",
    "method",
    "headers",
    "settings",
    "cooldownMinutes",
    "repeatAlertMinutes",
    "timezone",
    "allowPrivate",
    "foldAbove",
    "templates",
    "uptimeThresholds",
    "thresholdProfile",
    "allowedOrigins",
    "apiKey",
    "fallback",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (1_i64..100).prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["webhook", "down", "UTC", "10.0.0.0/8", "http://[::1]/", "*"])
            .prop_map(Value::from),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        9 => prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    leaf().prop_recursive(6, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|pairs| Value::from(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn has_place(text: &str, file: &str, path: &str) -> bool {
    let is_object = matches!(serde_json::from_str(text), Ok(Value::Object(_)));
    let is_file = ["services.json", "notifications.json", "settings.json"].contains(&file);
    is_file && (!path.is_empty() || !is_object)
}

proptest! {
    #[test]
    fn loading_never_panics_and_each_problem_has_its_place(
        services in any_value(), notifications in any_value(), settings in any_value(),
    ) {
        let files: Vec<(&str, String)> = vec![
            ("services.json", services.to_string()),
            ("notifications.json", notifications.to_string()),
            ("settings.json", settings.to_string()),
        ];
        let texts = files.iter().map(|(name, text)| (*name, text.as_str()));
        let problems = match Config::from_json(texts, &Env::default()) {
            Ok(config) => config.warnings,
            Err(errors) => {
                prop_assert!(!errors.0.is_empty());
                errors.0
            }
        };
        for problem in problems {
            let text = files.iter().find(|(name, _)| *name == problem.file);
            let text = text.map_or("{}", |(_, text)| text.as_str());
            prop_assert!(has_place(text, &problem.file, &problem.path), "{problem}");
            prop_assert!(!problem.sentence.is_empty());
        }
    }

    #[test]
    fn text_that_is_no_json_is_told(text in "\\PC{0,40}") {
        if let Err(errors) = Config::from_json([("services.json", text.as_str())], &Env::default()) {
            prop_assert!(errors.0.iter().all(|problem| problem.file == "services.json"));
        }
    }

    #[test]
    fn keys_never_panic_and_are_never_shown(text in "\\PC{0,40}") {
        let env = Env::default().with("API_KEYS", &format!("{text}k3y-k3y"));
        if let Err(errors) = Config::from_json([("services.json", super::SERVICES)], &env) {
            prop_assert!(errors.0.iter().all(|problem| !problem.sentence.contains("k3y-k3y")));
        }
    }
}
