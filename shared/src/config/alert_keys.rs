//! `ALERT_API_KEY`: who may send alerts.

use std::fmt;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::keys::decoded;
use super::reader::{Judge, Place, quoted};
use super::{Channel, Secret};

/// Bytes that the name of a key may have.
const NAME_MAX_BYTES: usize = 64;
/// What keys that we make begin with.
const OUR_KEYS: &str = "fl_";

/// One sender of alerts. Its `Debug` shows no key.
#[derive(Clone)]
pub struct AlertKey {
    /// What it is called; shown with what it sent. `None`: it is the only one and has no name.
    pub name: Option<String>,
    /// Names or types of the channels that it may tell; empty: all.
    pub channels: Vec<String>,
    /// SHA-256 of each of its keys: all have one length, so comparing tells nothing about theirs.
    digests: Vec<[u8; 32]>,
}

impl AlertKey {
    /// That of a sender that has no key and proves itself by another way.
    pub fn signed(name: &str) -> Self {
        Self { name: Some(name.to_owned()), channels: Vec::new(), digests: Vec::new() }
    }

    /// Whether it may tell every channel, and try them out, and see and replay deliveries.
    pub fn is_full(&self) -> bool {
        self.channels.is_empty()
    }

    /// Whether it may tell this channel.
    pub fn may_tell(&self, channel: &Channel) -> bool {
        self.is_full() || self.channels.iter().any(|name| channel.is_called(name))
    }
}

impl fmt::Debug for AlertKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("(no name)");
        formatter.debug_tuple("AlertKey").field(&name).field(&self.channels).finish()
    }
}

/// The keys of `ALERT_API_KEY`.
#[derive(Clone, Debug, Default)]
pub struct AlertKeys(Vec<AlertKey>);

impl AlertKeys {
    /// One key without a name.
    pub fn one(key: &Secret) -> Self {
        Self(vec![AlertKey {
            name: None,
            channels: Vec::new(),
            digests: vec![digest(key.expose())],
        }])
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose key this is. Every key is looked at, in constant time.
    pub fn find(&self, given: &str) -> Option<&AlertKey> {
        let given = digest(given);
        let same = |found: Choice, known: &[u8; 32]| found | known.ct_eq(&given);
        let matches = |key: &&AlertKey| bool::from(key.digests.iter().fold(Choice::from(0), same));
        let mut found = None;
        for key in &self.0 {
            found = found.or(Some(key).filter(matches));
        }
        found
    }

    /// Digests of all keys: what changes when one of them does.
    pub fn digests(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.0.iter().flat_map(|key| &key.digests)
    }

    /// Reads the text of the variable: a key, or a JSON object of names.
    pub(super) fn read(judge: &Judge, text: Option<&str>, channels: &[Channel]) -> Self {
        let place = Place::variable("ALERT_API_KEY");
        match senders(text.unwrap_or_default()) {
            Senders::None => Self::default(),
            Senders::One(key) => Self::one(&key),
            Senders::NotJson(error) => {
                judge.error(&place, format!("{SHAPE}; it is not valid JSON: {error}"));
                Self::default()
            }
            Senders::Named(entries) => {
                let reading = Reading { judge, place, channels };
                Self(
                    entries
                        .into_iter()
                        .enumerate()
                        .filter_map(|(at, it)| reading.key(at, it))
                        .collect(),
                )
            }
        }
    }
}

/// The first key of the text of `ALERT_API_KEY` that may do everything: what a command sends that runs
/// with the server's own environment.
pub fn full_alert_key(text: &Secret) -> Option<Secret> {
    match senders(text.expose()) {
        Senders::One(key) => Some(key),
        Senders::Named(entries) => {
            let is_full = |value: &&Value| value.get("channels").is_none_or(Value::is_null);
            entries.values().filter(is_full).find_map(|value| keys_of(value)?.into_iter().next())
        }
        Senders::None | Senders::NotJson(_) => None,
    }
}

const SHAPE: &str = "must be a key, or a JSON object of names to a key, a list of keys or \
                     {\"key\": .., \"channels\": [..]}";

/// What the variable holds.
enum Senders {
    None,
    One(Secret),
    Named(Map<String, Value>),
    NotJson(serde_json::Error),
}

fn senders(text: &str) -> Senders {
    let text = text.trim_start_matches('\u{feff}').trim();
    let decoded = decoded(text);
    match decoded.as_deref().unwrap_or(text) {
        "" => Senders::None,
        json if json.starts_with('{') => {
            serde_json::from_str(json).map_or_else(Senders::NotJson, Senders::Named)
        }
        key => Senders::One(Secret::new(key)),
    }
}

struct Reading<'a> {
    judge: &'a Judge,
    place: Place,
    channels: &'a [Channel],
}

impl Reading<'_> {
    /// One entry. It is not named: who mixes up name and key must not find the key in a log.
    fn key(&self, at: usize, (name, value): (String, Value)) -> Option<AlertKey> {
        let ordinal = at + 1;
        let wrong = |why: &str| {
            self.judge.error(&self.place, format!("entry {ordinal} by name {why}"));
            None
        };
        if name.starts_with(OUR_KEYS) {
            return wrong("has a key for its name: the name comes first, then the key");
        }
        if name.is_empty() || name.len() > NAME_MAX_BYTES || name.contains(char::is_control) {
            return wrong(&format!("needs a name of 1 to {NAME_MAX_BYTES} bytes"));
        }
        let Some(keys) = keys_of(&value).filter(|keys| !keys.is_empty()) else {
            return wrong("has no key: it is a text, or a list of texts, and not empty");
        };
        let fields = value.as_object().into_iter().flat_map(Map::keys);
        if fields.into_iter().any(|field| field != "key" && field != "channels") {
            return wrong("may have key and channels, and nothing else");
        }
        let channels = match value.get("channels") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => match texts(list).filter(|list| !list.is_empty()) {
                Some(channels) => channels,
                None => return wrong("has channels that are no names: leave them out for all"),
            },
        };
        for channel in &channels {
            self.judge_channel(ordinal, channel);
        }
        let digests = keys.iter().map(|key| digest(key.expose())).collect();
        Some(AlertKey { name: Some(name), channels, digests })
    }

    fn judge_channel(&self, ordinal: usize, name: &str) {
        if !self.channels.iter().any(|channel| channel.is_called(name)) {
            let known = self.channels.iter().map(|channel| channel.route.name.as_str());
            let (hint, name) = (self.judge.nearest(name, known), quoted(name));
            let sentence =
                format!("entry {ordinal} by name: no channel has the name or type {name}{hint}");
            self.judge.warn(&self.place, sentence);
        }
    }
}

/// The keys of an entry; `None` if it has another shape.
fn keys_of(value: &Value) -> Option<Vec<Secret>> {
    let keys = if value.is_object() { value.get("key")? } else { value };
    let keys = texts(keys)?;
    keys.iter().all(|key| !key.is_empty()).then(|| keys.into_iter().map(Secret::new).collect())
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(list) => list.iter().map(|it| it.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}
