//! `API_KEYS`: who may send heartbeats for what.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::reader::{Judge, Place, quoted};
use super::{Group, Secret, Service};

/// The entry that opens every service without an entry of its own or of its group.
const ANY: &str = "*";

/// SHA-256 of a key: all have one length, so comparing tells nothing about the keys' lengths.
type KeyDigest = [u8; 32];

/// The keys of `API_KEYS`, by service id, group id or `*`. Its `Debug` shows names only.
#[derive(Clone, Default)]
pub struct ApiKeys {
    entries: BTreeMap<String, Vec<KeyDigest>>,
    all: HashSet<KeyDigest>,
}

impl ApiKeys {
    /// These keys by entry name; empty keys do not count.
    pub fn of(entries: impl IntoIterator<Item = (String, Vec<Secret>)>) -> Self {
        let digests = |keys: Vec<Secret>| -> Vec<KeyDigest> {
            let keys = keys.iter().map(Secret::expose).filter(|key| !key.is_empty());
            keys.map(digest).collect()
        };
        let entries: BTreeMap<_, _> =
            entries.into_iter().map(|(name, keys)| (name, digests(keys))).collect();
        let all = entries.values().flatten().copied().collect();
        Self { entries, all }
    }

    /// Reads the JSON object of `API_KEYS`.
    pub(super) fn read(judge: &Judge, text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::default() };
        let place = Place::variable("API_KEYS");
        let text = text.trim_start_matches('\u{feff}').trim();
        let decoded = decoded(text);
        let value = match serde_json::from_str(decoded.as_deref().unwrap_or(text)) {
            Ok(Value::Object(map)) => map,
            Ok(_) => {
                judge.error(&place, SHAPE);
                return Self::default();
            }
            // serde_json's errors of syntax name a position and never the text there.
            Err(error) => {
                judge.error(&place, format!("{SHAPE}; it is not valid JSON: {error}"));
                return Self::default();
            }
        };
        Self::of(value.into_iter().enumerate().map(|(index, (name, value))| {
            let keys = keys_of(value).unwrap_or_else(|| {
                let ordinal = index + 1;
                judge.error(&place, format!("{SHAPE}; entry {ordinal} by name is neither"));
                Vec::new()
            });
            (name, keys)
        }))
    }

    /// Whether `key` may send for a service of this group: of service, group and `*` the first
    /// non-empty entry is the only one tried. Constant time in the keys.
    pub fn allows(&self, service: &str, group: Option<&str>, key: Option<&str>) -> bool {
        let (Some(keys), Some(key)) = (self.tried(service, group), key) else { return false };
        let digest = digest(key);
        let same = |found: Choice, known: &KeyDigest| found | known.ct_eq(&digest);
        bool::from(keys.iter().fold(Choice::from(0), same))
    }

    fn tried(&self, service: &str, group: Option<&str>) -> Option<&Vec<KeyDigest>> {
        let names = [Some(service), group, Some(ANY)];
        let mut entries = names.into_iter().flatten().filter_map(|name| self.entries.get(name));
        entries.find(|keys| !keys.is_empty())
    }

    /// Whether `key` is valid for anything at all (such a sender may learn that an id is unknown).
    /// Looks up a digest: how long that takes tells nothing about keys that the sender lacks.
    pub fn knows(&self, key: Option<&str>) -> bool {
        key.is_some_and(|key| self.all.contains(&digest(key)))
    }

    /// Whether there is any key for a service of this group.
    pub fn covers(&self, service: &str, group: Option<&str>) -> bool {
        self.tried(service, group).is_some()
    }

    /// Whether no key was given at all.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Entry names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}

/// Warns of entries for nothing, and of services that nobody can report for. An entry's name is not
/// shown: who mixes up key and id must not find the key in a log.
pub(super) fn judge(judge: &Judge, keys: &ApiKeys, services: &[Service], groups: &[Group]) {
    if keys.is_empty() {
        return;
    }
    let place = Place::variable("API_KEYS");
    let ids = services.iter().map(|service| service.spec.id.as_str());
    let known: HashSet<&str> = ids.chain(groups.iter().map(|group| group.id.as_str())).collect();
    for (index, name) in keys.names().enumerate() {
        if name != ANY && !known.contains(name) {
            let hint = judge.nearest(name, known.iter().copied());
            let sentence =
                format!("entry {} by name is for no service and no group{hint}", index + 1);
            judge.warn(&place, sentence);
        }
    }
    let is_mute = |service: &&Service| {
        service.auth_required && !keys.covers(&service.spec.id, service.group.as_deref())
    };
    let mut mute = services.iter().filter(is_mute);
    if let Some(first) = mute.next() {
        let more = match mute.count() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let id = quoted(&first.spec.id);
        judge.warn(&place, format!("has no key for service {id}{more}: heartbeats are refused"));
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.entries.keys()).finish()
    }
}

const SHAPE: &str =
    "must be a JSON object of service id, group id or \"*\" to a key or a list of keys";

/// The JSON object that `flatline keygen --base64` wrapped up, if the text is one.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok().filter(|json| json.trim_start().starts_with('{'))
}

fn digest(key: &str) -> KeyDigest {
    Sha256::digest(key).into()
}

fn keys_of(value: Value) -> Option<Vec<Secret>> {
    match value {
        Value::String(key) => Some(vec![Secret::new(key)]),
        Value::Array(list) => list.into_iter().map(one_key).collect(),
        _ => None,
    }
}

fn one_key(value: Value) -> Option<Secret> {
    match value {
        Value::String(key) => Some(Secret::new(key)),
        _ => None,
    }
}
