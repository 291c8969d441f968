//! The environment, read once. Secrets never show.

use std::collections::BTreeMap;
use std::fmt;

/// A value that must not be seen in logs, answers, pages or rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

/// The variables of the environment, read once at start.
#[derive(Clone, Default)]
pub struct Env {
    variables: BTreeMap<String, String>,
}

impl Env {
    /// These variables, as tests and `flatline` give them.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    /// The variable, if it is set and not empty. (`<NAME>_FILE` names a file to read it from.)
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The variable as a secret.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }
}
