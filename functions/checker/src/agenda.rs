//! Who is looked at when.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use flatline_domain::UnixMs;

/// When to look at which service again. A service has one entry: the newest.
#[derive(Debug, Default)]
pub struct Agenda {
    by_time: BTreeMap<UnixMs, BTreeSet<String>>,
    by_id: HashMap<String, UnixMs>,
}

impl Agenda {
    /// Looks at `id` at this instant, whatever was planned before.
    pub fn set(&mut self, id: &str, at: UnixMs) {
        if let Some(before) = self.by_id.insert(id.to_owned(), at) {
            self.take(before, id);
        }
        self.by_time.entry(at).or_default().insert(id.to_owned());
    }

    /// Removes and returns those whose time has come.
    pub fn due(&mut self, now: UnixMs) -> Vec<String> {
        let later = self.by_time.split_off(&now.plus_ms(1));
        let due = std::mem::replace(&mut self.by_time, later);
        let ids: Vec<String> = due.into_values().flatten().collect();
        for id in &ids {
            self.by_id.remove(id);
        }
        ids
    }

    /// When the next look is due. `None`: nothing is planned.
    pub fn next(&self) -> Option<UnixMs> {
        self.by_time.keys().next().copied()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn take(&mut self, at: UnixMs, id: &str) {
        if let Some(ids) = self.by_time.get_mut(&at) {
            ids.remove(id);
            if ids.is_empty() {
                self.by_time.remove(&at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_one_entry_and_comes_once() {
        let mut agenda = Agenda::default();
        agenda.set("a", UnixMs(10));
        agenda.set("b", UnixMs(20));
        agenda.set("a", UnixMs(30));
        assert_eq!(agenda.next(), Some(UnixMs(20)));
        assert!(agenda.due(UnixMs(19)).is_empty());
        assert_eq!(agenda.due(UnixMs(20)), ["b"]);
        assert_eq!(agenda.due(UnixMs(99)), ["a"]);
        assert_eq!((agenda.next(), agenda.due(UnixMs(99)).len()), (None, 0));
    }
}
