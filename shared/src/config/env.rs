//! The environment, read once. Secrets never show.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;

use super::Problem;
use super::reader::{Judge, Place};

/// Variables whose value may stand in the file that `<NAME>_FILE` names.
const OURS: [&str; 10] = [
    "ALERT_API_KEY",
    "ALERT_SENTRY_SECRET",
    "ALERT_SNS_TOPICS",
    "API_KEYS",
    "DASHBOARD_PASSWORD",
    "FLATLINE_",
    "MAX_LOG_ENTRIES",
    "NOTIFICATION_",
    "READ_API_KEY",
    "REQUEST_TIMEOUT",
];

/// A file with a value is read up to here, in bytes: keys of 10,000 services fit.
const FILE_LIMIT: u64 = 16 << 20;

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

/// The variables of the environment, read once at start. Its `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Env {
    variables: BTreeMap<String, String>,
    problems: Vec<Problem>,
    credentials_elsewhere: bool,
    page_elsewhere: bool,
}

impl Env {
    /// These variables; values that `<NAME>_FILE` points to are read now. What could not be read is
    /// told by [`super::Config::load`].
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let judge = Judge::default();
        let mut variables: BTreeMap<String, String> = variables.into_iter().collect();
        for (name, value) in from_files(&variables, &judge) {
            variables.insert(name, value);
        }
        let problems = judge.verdict().0;
        Self { variables, problems, ..Self::default() }
    }

    /// The variables of this process. Only mains call this.
    pub fn from_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let variables: Vec<_> = std::env::vars_os().collect();
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            let name = name.into_string().ok()?;
            // What is not UTF-8 stays recognisably wrong, and so is told where it is judged.
            Some((name, value.to_string_lossy().into_owned()))
        };
        Self::of(variables.into_iter().filter_map(text))
    }

    /// The same with one more variable, such as keys that were made at the first start.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same for a function that never talks to channels: on AWS only the notifier has their
    /// credentials, so here an enabled channel may lack them.
    #[must_use]
    pub fn without_channels(mut self) -> Self {
        self.credentials_elsewhere = true;
        self
    }

    /// The same for a function that shows no page: on AWS only the dashboard has the password, so
    /// here it may be missing.
    #[must_use]
    pub fn without_page(mut self) -> Self {
        self.page_elsewhere = true;
        self
    }

    /// Whether the page's password may be missing.
    pub(super) fn leaves_page_elsewhere(&self) -> bool {
        self.page_elsewhere
    }

    /// Whether enabled channels may lack their credentials.
    pub(super) fn leaves_credentials_elsewhere(&self) -> bool {
        self.credentials_elsewhere
    }

    /// The variable, if it is set and not empty. (`<NAME>_FILE` names a file to read it from.)
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the variable is there and empty.
    pub fn is_set_to_nothing(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(String::is_empty)
    }

    /// The variable as a secret.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }

    /// Names of the variables that are set and not empty.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let set = self.variables.iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, _)| name.as_str())
    }

    /// What could not be read, one per variable.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

fn from_files(variables: &BTreeMap<String, String>, judge: &Judge) -> Vec<(String, String)> {
    let mut read = Vec::new();
    for (file_name, path) in variables {
        let Some(name) = file_name.strip_suffix("_FILE") else { continue };
        if path.is_empty() || !OURS.iter().any(|ours| name.starts_with(ours)) {
            continue;
        }
        let place = Place::variable(file_name);
        if variables.get(name).is_some_and(|value| !value.is_empty()) {
            judge.error(&place, format!("{name} is set as well; set only one of the two"));
            continue;
        }
        match read_value(path) {
            Ok(value) if value.trim().is_empty() => judge.error(&place, "the file is empty"),
            Ok(value) => read.push((name.to_owned(), value)),
            Err(error) => judge.error(&place, format!("the file cannot be read: {error}")),
        }
    }
    read
}

/// The file's text without the line end that editors add.
fn read_value(path: &str) -> std::io::Result<String> {
    let mut value = String::new();
    let read = File::open(path)?.take(FILE_LIMIT + 1).read_to_string(&mut value)?;
    if read as u64 > FILE_LIMIT {
        return Err(std::io::Error::other("it is larger than 16 MiB"));
    }
    let value = value.strip_suffix('\n').unwrap_or(&value);
    Ok(value.strip_suffix('\r').unwrap_or(value).to_owned())
}
