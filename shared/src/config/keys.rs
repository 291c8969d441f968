//! `API_KEYS`: who may send heartbeats for what.

use super::Secret;

/// The keys of `API_KEYS`, by service id, group id or `*`.
#[derive(Debug, Clone, Default)]
pub struct ApiKeys {
    /// Entry name -> accepted keys.
    pub entries: std::collections::BTreeMap<String, Vec<Secret>>,
}

impl ApiKeys {
    /// Whether `key` may send for a service of this group: of service, group and `*` the first
    /// non-empty entry is the only one tried. Constant time in the keys.
    pub fn allows(&self, _service: &str, _group: Option<&str>, _key: Option<&str>) -> bool {
        todo!()
    }

    /// Whether `key` is valid for anything at all (such a sender may learn that an id is unknown).
    pub fn knows(&self, _key: Option<&str>) -> bool {
        todo!()
    }
}
