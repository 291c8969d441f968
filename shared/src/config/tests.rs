//! The configuration, row by row.

mod additions;
mod alert_keys;
mod environment;
mod inheritance;
mod loading;
mod mistakes;
mod oddities;
mod page;
mod random;
mod wrong_channels;
mod wrong_services;

use super::{Config, ConfigErrors, Env, Problem};

/// One service, one webhook: nothing is wrong and nothing is odd.
const SERVICES: &str = r#"{"services": [{"id": "api"}]}"#;
const NOTIFICATIONS: &str = r#"{"channels": [{"type": "webhook", "name": "Ops"}]}"#;

fn env(variables: &[(&str, &str)]) -> Env {
    let address = ("NOTIFICATION_OPS_URL", "https://hook.example/in");
    let all = std::iter::once(&address).chain(variables);
    Env::of(all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// Loads the two files above, where `files` does not put others in their place.
fn load(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let standard = [("services.json", SERVICES), ("notifications.json", NOTIFICATIONS)];
    Config::from_json(standard.iter().chain(files).copied(), &env(variables))
}

/// `services.json` alone, which must be fine.
fn services(text: &str) -> Config {
    load(&[("services.json", text)], &[]).expect("is a good configuration")
}

fn sentences(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}

/// Everything that is wrong, as it is printed.
fn errors(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Vec<String> {
    load(files, variables).map_or_else(|errors| sentences(&errors.0), |_| Vec::new())
}

/// Everything that is odd, as it is printed.
fn warnings(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Vec<String> {
    match load(files, variables) {
        Ok(config) => sentences(&config.warnings),
        Err(errors) => panic!("must load: {:?}", sentences(&errors.0)),
    }
}

/// Files of the rows that have a mistake of type, which a schema must refuse too. It leaves open what
/// `config` of a channel and `templates` hold.
pub(super) fn mistakes_of_type() -> Vec<(&'static str, &'static str)> {
    let words = [
        "true or false",
        "a whole number of",
        "a number of",
        "a list",
        "an object",
        "a text",
        "one of",
    ];
    let is_of_type = |sentence: &&str| {
        let said = words.iter().any(|word| sentence.contains(&format!(": must be {word}")));
        said && !sentence.contains(".config.") && !sentence.contains(" templates.")
    };
    let files = [
        ("services.json", wrong_services::SERVICES),
        ("notifications.json", wrong_channels::CHANNELS),
        ("notifications.json", mistakes::NOTIFICATION_SETTINGS),
        ("settings.json", mistakes::SETTINGS),
    ];
    let rows = files.into_iter().flat_map(|(file, rows)| rows.iter().map(move |row| (file, row)));
    let wrong = rows.filter(|(_, (_, _, told))| told.iter().any(is_of_type));
    wrong.map(|(file, (_, text, _))| (file, *text)).collect()
}
