//! `services.json`: services and groups; a service inherits from its group key by key.

use std::collections::{BTreeSet, HashMap, HashSet};

use flatline_domain::{EventFilter, Membership, ServiceRoute, ServiceSpec};
use serde_json::Value;

use super::entry::{Entry, FirstWindow, Inherited, Surroundings};
use super::names::NamedChannels;
use super::reader::{Judge, Place, Section, quoted, without_comments};
use super::reference::services::FILE;
use super::{Group, OwnKeys, Service};

/// `stalenessThreshold` where neither service nor group says one.
const WINDOW_S: i64 = 300;
/// `firstHeartbeatWithinSeconds` where neither service nor group says one.
const FIRST_WINDOW_S: i64 = 3_600;

/// Reads the file.
pub(super) fn read(
    judge: &Judge,
    document: &Value,
    around: &Surroundings<'_>,
) -> (Vec<Service>, Vec<Group>) {
    let mut file = Section::open(judge, Place::file("services.json"), Some(document), FILE);
    let groups = read_each(&mut file, "groups", |object| GroupEntry::read(object, around));
    if file.is_present() && file.value("services").is_none() {
        judge.error(&file.place().key("services"), "must be a list of services, and is missing");
    }
    let services = read_each(&mut file, "services", |object| ServiceEntry::read(object, around));
    file.close();

    judge_unique(judge, services.iter().map(|service| &service.entry));
    judge_unique(judge, groups.iter().map(|group| &group.entry));
    let group_of = memberships(judge, &groups, &services);
    judge_group_ids(judge, &groups, &services, &group_of);
    let (mut without_down, mut mute) = (BTreeSet::new(), BTreeSet::new());
    let services = services
        .into_iter()
        .map(|service| {
            let group = group_of.get(service.entry.id.as_str()).map(|index| &groups[*index]);
            let service = service.inherit(group);
            if let Some(channels) = service.lacks_down(around) {
                let found = if channels.is_lacking { &mut without_down } else { &mut mute };
                found.insert(channels.place.clone());
            }
            service.finish(around)
        })
        .collect();
    for place in without_down {
        let sentence =
            "no channel is left for 'down': name one that exists, is enabled and takes it";
        judge.error(&place, sentence);
    }
    for place in mute {
        let sentence = "no enabled one of them takes 'down', so nobody is told of a silence";
        judge.warn(&place, sentence);
    }
    (services, groups.into_iter().map(GroupEntry::finish).collect())
}

struct GroupEntry<'a> {
    entry: Entry,
    services: Vec<(Place, &'a str)>,
}

impl<'a> GroupEntry<'a> {
    fn read(object: &mut Section<'a>, around: &Surroundings<'_>) -> Self {
        let entry = Entry::read(object, around);
        Self { entry, services: object.texts("services").unwrap_or_default() }
    }

    fn finish(self) -> Group {
        let services = self.services.into_iter().map(|(_, id)| id.to_owned()).collect();
        Group { id: self.entry.id, name: self.entry.name, services }
    }
}

struct ServiceEntry {
    entry: Entry,
    enabled: bool,
    description: Option<String>,
    group: Option<String>,
    own: OwnKeys,
}

impl ServiceEntry {
    fn read(object: &mut Section<'_>, around: &Surroundings<'_>) -> Self {
        let entry = Entry::read(object, around);
        let notifications = object.value("notifications").and_then(Value::as_object);
        let own = OwnKeys {
            window_s: entry.inherited.window_s,
            notifications: notifications.map(without_comments),
        };
        Self {
            entry,
            own,
            enabled: object.flag("enabled").unwrap_or(true),
            description: object.text("description").map(str::to_owned),
            group: None,
        }
    }

    fn inherit(mut self, group: Option<&GroupEntry<'_>>) -> Self {
        if let Some(group) = group {
            self.entry.inherited = self.entry.inherited.over(&group.entry.inherited);
            self.group = Some(group.entry.id.clone());
        }
        self
    }

    /// The channels that it names, if nobody is left to tell of `down`: names lead nowhere, or to
    /// channels that do not take it.
    fn lacks_down(&self, around: &Surroundings<'_>) -> Option<&NamedChannels> {
        let Inherited { notify, channels, events, .. } = &self.entry.inherited;
        let channels = channels.as_ref()?;
        let wants_down = self.enabled
            && around.notifications_enabled
            && notify.unwrap_or(true)
            && events.unwrap_or_default().down;
        let is_named = channels.is_lacking || !channels.names.is_empty();
        (wants_down && is_named && !channels.takes_down).then_some(channels)
    }

    fn finish(self, around: &Surroundings<'_>) -> Service {
        let own = self.entry.inherited;
        let first_window_s = match own.first_window {
            None => Some(FIRST_WINDOW_S),
            Some(FirstWindow::Seconds(seconds)) => Some(seconds),
            Some(FirstWindow::Never) => None,
        };
        let route = ServiceRoute {
            enabled: around.notifications_enabled && own.notify.unwrap_or(true),
            channels: own.channels.map(|named| named.names).unwrap_or_default(),
            events: own.events.unwrap_or(EventFilter::ALL),
        };
        let spec = ServiceSpec {
            id: self.entry.id,
            name: self.entry.name,
            membership: if self.enabled { Membership::Active } else { Membership::Paused },
            window_ms: own.window_s.unwrap_or(WINDOW_S) * 1_000,
            first_window_ms: first_window_s.map(|seconds| seconds * 1_000),
            route,
        };
        let profile = || around.threshold_profile.to_owned();
        Service {
            spec,
            group: self.group,
            auth_required: own.auth_required.unwrap_or(true),
            description: self.description,
            uptime_threshold_set: Some(own.threshold_set.unwrap_or_else(profile)),
            own: self.own,
        }
    }
}

fn read_each<'a, T>(
    file: &mut Section<'a>,
    key: &'static str,
    read: impl Fn(&mut Section<'a>) -> T,
) -> Vec<T> {
    let mut all = Vec::new();
    for mut object in file.sections(key) {
        all.push(read(&mut object));
        object.close();
    }
    all
}

fn judge_unique<'e>(judge: &Judge, entries: impl Iterator<Item = &'e Entry>) {
    let mut seen: HashMap<&str, &Place> = HashMap::new();
    for entry in entries.filter(|entry| !entry.id.is_empty()) {
        if let Some(first) = seen.insert(&entry.id, &entry.place) {
            let id = quoted(&entry.id);
            let sentence = format!("must be unique, and {} has the id {id} too", first.path());
            judge.error(&entry.place.key("id"), sentence);
        }
    }
}

/// Service id -> index of its group. The first group that names a service has it.
fn memberships<'g>(
    judge: &Judge,
    groups: &'g [GroupEntry<'_>],
    services: &[ServiceEntry],
) -> HashMap<&'g str, usize> {
    let known: HashSet<&str> = services.iter().map(|service| service.entry.id.as_str()).collect();
    let mut group_of: HashMap<&str, usize> = HashMap::new();
    for (index, group) in groups.iter().enumerate() {
        for (place, id) in &group.services {
            if !known.contains(id) {
                let hint = judge.nearest(id, known.iter().copied());
                judge.error(place, format!("there is no service {}{hint}", quoted(id)));
                continue;
            }
            match group_of.insert(id, index) {
                Some(first) if first == index => {
                    judge.warn(place, format!("service {} is listed twice", quoted(id)));
                }
                Some(first) => {
                    let other = quoted(&groups[first].entry.id);
                    let sentence = format!("a service has one group, and {other} lists it already");
                    judge.error(place, sentence);
                }
                None => {}
            }
        }
    }
    group_of
}

/// A key for a group must not open a service outside of it that happens to have the same id.
fn judge_group_ids(
    judge: &Judge,
    groups: &[GroupEntry<'_>],
    services: &[ServiceEntry],
    group_of: &HashMap<&str, usize>,
) {
    let ids: HashSet<&str> = services.iter().map(|service| service.entry.id.as_str()).collect();
    for (index, group) in groups.iter().enumerate() {
        let id = group.entry.id.as_str();
        if !id.is_empty() && ids.contains(id) && group_of.get(id) != Some(&index) {
            let sentence = format!(
                "{} is also the id of a service outside this group, so that a key for one would open \
                 the other; rename one",
                quoted(id)
            );
            judge.error(&group.entry.place.key("id"), sentence);
        }
    }
}
