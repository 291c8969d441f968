//! The reference is what the reader reads, and what schemas and documentation say.

mod generated;
mod specimen;

use serde_json::Value;

use super::{Key, dashboard, notifications, services, settings};
use crate::config::{Config, ConfigErrors, Env};

/// The files and their keys.
const FILES: [(&str, &[Key]); 4] = [
    ("services.json", services::FILE),
    ("notifications.json", notifications::FILE),
    ("settings.json", settings::FILE),
    ("dashboard.json", dashboard::FILE),
];

/// Loads a good configuration with this file in the place of its own.
fn load(file: &str, document: &Value) -> Result<Config, ConfigErrors> {
    let variables = [("NOTIFICATION_X_URL", "https://hook.example"), ("DASHBOARD_PASSWORD", "p")];
    let env = Env::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let mut texts: Vec<(&str, String)> = vec![
        ("services.json", r#"{"services": [{"id": "x"}]}"#.to_owned()),
        ("notifications.json", r#"{"channels": [{"type": "webhook", "name": "x"}]}"#.to_owned()),
    ];
    texts.retain(|(name, _)| *name != file);
    texts.push((file, document.to_string()));
    Config::from_json(texts.iter().map(|(name, text)| (*name, text.as_str())), &env)
}
