//! What services and groups of `services.json` have in common: the keys that are inherited.

use flatline_domain::{Event, EventFilter};
use serde_json::Value;

use super::names::{ChannelNames, NamedChannels};
use super::reader::{Judge, Place, Section, quoted};

/// Longest id and channel name, in bytes.
pub(super) const NAME_LIMIT: usize = 100;

/// The words of `events`.
const EVENTS: [(&str, Event); 3] =
    [("down", Event::Down), ("up", Event::Up), ("degraded", Event::Degraded)];

/// What the other files say that services and groups refer to.
pub(super) struct Surroundings<'a> {
    /// Resolves the names of channels.
    pub(super) channels: ChannelNames<'a>,
    /// `notifications.json` `enabled`.
    pub(super) notifications_enabled: bool,
    /// Names of threshold sets, if the file could be read.
    pub(super) threshold_sets: Option<Vec<&'a str>>,
    /// The set of services that name none.
    pub(super) threshold_profile: &'a str,
}

/// The common keys of one service or group, as written.
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) inherited: Inherited,
}

/// How long the first heartbeat may take.
#[derive(Clone, Copy)]
pub(super) enum FirstWindow {
    Seconds(i64),
    Never,
}

/// The keys that a service inherits from its group, each by itself. `None`: not said.
#[derive(Clone, Default)]
pub(super) struct Inherited {
    pub(super) window_s: Option<i64>,
    pub(super) first_window: Option<FirstWindow>,
    pub(super) threshold_set: Option<String>,
    pub(super) auth_required: Option<bool>,
    pub(super) notify: Option<bool>,
    pub(super) channels: Option<NamedChannels>,
    pub(super) events: Option<EventFilter>,
}

impl Inherited {
    /// This, and where it says nothing, `base`.
    pub(super) fn over(self, base: &Self) -> Self {
        Self {
            window_s: self.window_s.or(base.window_s),
            first_window: self.first_window.or(base.first_window),
            threshold_set: self.threshold_set.or_else(|| base.threshold_set.clone()),
            auth_required: self.auth_required.or(base.auth_required),
            notify: self.notify.or(base.notify),
            channels: self.channels.or_else(|| base.channels.clone()),
            events: self.events.or(base.events),
        }
    }
}

impl Entry {
    /// Reads the common keys of `object`.
    pub(super) fn read(object: &mut Section<'_>, around: &Surroundings<'_>) -> Self {
        refuse_key(object);
        let id = read_id(object);
        let name = object.text("name").filter(|name| !name.is_empty()).unwrap_or(&id).to_owned();
        let window_s = object.whole("stalenessThreshold");
        let first_window = read_first_window(object);
        let threshold_set = read_threshold_set(object, around);
        let mut auth = object.section("auth");
        let auth_required = auth.flag("required");
        auth.close();
        let mut notifications = object.section("notifications");
        let inherited = Inherited {
            window_s,
            first_window,
            threshold_set,
            auth_required,
            notify: notifications.flag("enabled"),
            channels: around.channels.read(&mut notifications),
            events: read_events(&mut notifications),
        };
        notifications.close();
        Self { place: object.place().clone(), id, name, inherited }
    }
}

/// `events`, of a service, group or channel.
pub(super) fn read_events(object: &mut Section<'_>) -> Option<EventFilter> {
    Some(EventFilter::of(&object.words("events", &EVENTS)?))
}

/// Whether `id` may name a service, a group or a channel; otherwise what would be right.
pub(super) fn judge_name(judge: &Judge, place: &Place, id: &str) {
    if id.is_empty() || id.len() > NAME_LIMIT {
        let found = id.len();
        judge.error(place, format!("must be 1 to {NAME_LIMIT} bytes long, not {found}"));
    }
    if id.chars().any(char::is_control) {
        judge.error(place, "must have no control characters");
    }
}

fn read_id(object: &mut Section<'_>) -> String {
    let Some(id) = object.required_text("id") else { return String::new() };
    let place = object.place().key("id");
    judge_name(object.judge(), &place, id);
    if id.contains('#') {
        object.judge().error(&place, "must have no '#'");
    }
    if id == "*" {
        let sentence = "must not be \"*\": in API_KEYS that is the key for everything";
        object.judge().error(&place, sentence);
    }
    if let Some(trouble) = trouble(id) {
        object.judge().warn(&place, trouble);
    }
    id.to_owned()
}

/// What does not work with an id that is allowed.
fn trouble(id: &str) -> Option<&'static str> {
    match id {
        "." | ".." => Some("has no page of its own: browsers take it for a folder"),
        _ if id.contains(',') => Some("has a comma, which clients take for the end of an id"),
        _ if id.trim() != id => Some("begins or ends with white space, which clients take away"),
        _ => None,
    }
}

/// Keys are secrets: they never stand in a config file.
fn refuse_key(object: &mut Section<'_>) {
    if object.take_unknown("apiKey") {
        let sentence = "apiKey does not belong here: put the key into the environment variable \
                        API_KEYS, under the id of the service or group";
        object.judge().error(&object.place().key("apiKey"), sentence);
    }
}

fn read_first_window(object: &mut Section<'_>) -> Option<FirstWindow> {
    const KEY: &str = "firstHeartbeatWithinSeconds";
    match object.value(KEY)? {
        Value::Null => Some(FirstWindow::Never),
        _ => object.whole(KEY).map(FirstWindow::Seconds),
    }
}

fn read_threshold_set(object: &mut Section<'_>, around: &Surroundings<'_>) -> Option<String> {
    const KEY: &str = "uptimeThresholdSet";
    let name = object.text(KEY)?;
    let known = around.threshold_sets.as_ref().filter(|known| !known.contains(&name));
    if let Some(known) = known {
        let hint = object.judge().nearest(name, known.iter().copied());
        let sentence =
            format!("settings.json has no uptimeThresholds named {}{hint}", quoted(name));
        object.judge().error(&object.place().key(KEY), sentence);
    }
    Some(name.to_owned())
}
