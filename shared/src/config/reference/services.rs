//! Keys of services.json.

use super::Shape::{Flag, List, Object, OrNull, Text, Whole, Word};
use super::{Key, Shape, key};

/// The words of `events`.
pub(in crate::config) const EVENTS: &[&str] = &["down", "up", "degraded"];

/// Windows: up to 400 days.
const WINDOW: Shape = Whole("seconds", 1, 34_560_000);

pub(in crate::config) const FILE: &[Key] = &[
    key("groups", List(&Object(GROUP)), "Groups. Where a service does not say a key, its group's holds, and then the default; each key by itself").or("[]"),
    key("services", List(&Object(SERVICE)), "What is monitored").required(),
];

const ID: &str =
    "1 to 100 bytes, no control characters, no `#`, unique, case-sensitive. Heartbeats name it";
const NAME: &str = "What people read";
const STALENESS: &str =
    "Seconds of silence that are allowed: the period of the heartbeats and some grace";
const FIRST: &str = "The same before the first heartbeat ever; `null`: never told";
const SET: &str = "The set of `uptimeThresholds` in settings.json that colours the uptime";

const GROUP: &[Key] = &[
    key("id", Text, "1 to 100 bytes, no control characters, no `#`, unique, and not the id of a service outside the group. API_KEYS may name it").required(),
    key("name", Text, NAME).or_else("the id"),
    key("services", List(&Text), "Ids of its services. A service has one group or none").or("[]"),
    key("stalenessThreshold", WINDOW, STALENESS).or("300"),
    key("firstHeartbeatWithinSeconds", OrNull(&WINDOW), FIRST).or("3600"),
    key("uptimeThresholdSet", Text, SET).or_else("`uptime.thresholdProfile` of settings.json"),
    key("auth", Object(AUTH), "Who may send heartbeats"),
    key("notifications", Object(NOTIFICATIONS), "Who is told"),
];

const SERVICE: &[Key] = &[
    key("id", Text, ID).required(),
    key("name", Text, NAME).or_else("the id"),
    key("description", Text, "Shown under the name"),
    key("enabled", Flag, "`false` pauses: heartbeats are stored, nobody is told").or("true"),
    key("stalenessThreshold", WINDOW, STALENESS).or("300"),
    key("firstHeartbeatWithinSeconds", OrNull(&WINDOW), FIRST).or("3600"),
    key("uptimeThresholdSet", Text, SET).or_else("`uptime.thresholdProfile` of settings.json"),
    key("auth", Object(AUTH), "Who may send heartbeats"),
    key("notifications", Object(NOTIFICATIONS), "Who is told"),
];

const AUTH: &[Key] = &[key("required", Flag, "`false`: heartbeats need no key").or("true")];

const NOTIFICATIONS: &[Key] = &[
    key("enabled", Flag, "`false` mutes: status, incidents and feed go on").or("true"),
    key("channels", List(&Text), "Types or names of channels, in any case; an empty list is all")
        .or("[]"),
    key("events", List(&Word(EVENTS)), "What is told; an empty list is all").or("[]"),
];
