//! Credentials of channels: from the environment, or, as in old files, from `config`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::reader::{Object, Place, wanted};
use super::{ChannelKind, Env, Secret};

/// The name of the variable with a credential of a channel: the channel's name in upper case, each
/// UTF-16 unit of it other than A-Z and 0-9 as `_`, which is how the replaced system made it.
pub fn variable_name(channel: &str, key: &str) -> String {
    let mut name = String::from("NOTIFICATION_");
    for c in channel.to_uppercase().chars() {
        if c.is_ascii_uppercase() || c.is_ascii_digit() {
            name.push(c);
        } else {
            name.extend(std::iter::repeat_n('_', c.len_utf16()));
        }
    }
    name.push('_');
    name.push_str(&key.to_ascii_uppercase());
    name
}

/// The credentials of one channel, by upper-case key, each with the place it was found at.
pub(super) struct Credentials {
    found: BTreeMap<String, (Secret, Place)>,
    elsewhere: bool,
}

impl Credentials {
    /// Environment first; what stands in `config` still works, with a warning.
    pub(super) fn read(
        config: &mut Object<'_>,
        kind: ChannelKind,
        channel: &str,
        env: &Env,
    ) -> Self {
        let mut found = BTreeMap::new();
        for key in kind.about().credentials {
            let variable = variable_name(channel, key);
            let written = from_config(config, key, &variable);
            let given = env.secret(&variable).map(|secret| (secret, Place::variable(&variable)));
            if let Some(credential) = given.or(written) {
                found.insert(key.to_ascii_uppercase(), credential);
            }
        }
        Self { found, elsewhere: env.leaves_credentials_elsewhere() }
    }

    /// One of them.
    pub(super) fn get(&self, key: &str) -> Option<(&str, &Place)> {
        self.found.get(key).map(|(secret, place)| (secret.expose(), place))
    }

    /// Adds one, unless the channel has one of its own.
    pub(super) fn offer(&mut self, key: &str, secret: Secret, place: Place) {
        self.found.entry(key.to_owned()).or_insert((secret, place));
    }

    /// Whether some may be missing here, because another function has them.
    pub(super) fn may_be_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// All of them, by upper-case key.
    pub(super) fn into_secrets(self) -> BTreeMap<String, Secret> {
        self.found.into_iter().map(|(key, (secret, _))| (key, secret)).collect()
    }
}

/// `config` without credentials and comments.
pub(super) fn options(config: &Object<'_>) -> Map<String, Value> {
    let is_credential =
        |key| ChannelKind::all().any(|kind| kind.about().credentials.contains(&key));
    let others = config.entries().filter(|(key, _)| !is_credential(key));
    others.map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

fn from_config(
    config: &mut Object<'_>,
    key: &'static str,
    variable: &str,
) -> Option<(Secret, Place)> {
    let place = config.place.key(key);
    let text = match config.value(key)? {
        Value::String(text) => text.clone(),
        // Chat ids of Telegram are numbers.
        Value::Number(number) => number.to_string(),
        other => {
            config.judge.error(&place, wanted("a text", other));
            return None;
        }
    };
    if text.is_empty() {
        return None;
    }
    let sentence =
        format!("a credential does not belong into a file; put it into the variable {variable}");
    config.judge.warn(&place, sentence);
    Some((Secret::new(text), place))
}
