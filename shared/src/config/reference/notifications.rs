//! Keys of notifications.json.

use super::Shape::{Flag, Free, List, Number, Object, OrNull, Text, Whole, Word};
use super::{Key, Shape, key, services};

pub(in crate::config) const FILE: &[Key] = &[
    key("enabled", Flag, "`false` mutes everything").or("true"),
    key("channels", List(&Object(CHANNEL)), "The ways to tell people; at most 24 can be enabled")
        .or("[]"),
    key("settings", Object(SETTINGS), "How they are told"),
    key(
        "templates",
        Free,
        "Texts by type of channel, as `slack`, and for external alerts as `slack_external`",
    ),
];

const CHANNEL: &[Key] = &[
    key("type", Shape::Kind, "What the channel speaks").required(),
    key(
        "name",
        Text,
        "Its identity: 1 to 100 bytes, unique in any case and as the name of its variables",
    )
    .required(),
    key("enabled", Flag, "Whether it is told anything").or("true"),
    key("events", List(&Word(services::EVENTS)), "What it is told; an empty list is all").or("[]"),
    key(
        "fallback",
        Flag,
        "Whether it gets what other channels could not deliver; `true` on one channel at most",
    )
    .or("false"),
    key("config", Free, "What its type needs; see below"),
];

const FOLD: Shape = Whole("messages", 1, 1_000);
const MINUTES: Shape = Number("minutes", 0.0, 43_200.0);

const SETTINGS: &[Key] = &[
    key("cooldownMinutes", MINUTES, "For so long after a message about a service, a channel gets what changes folded into one").or("5"),
    key("repeatAlertMinutes", OrNull(&MINUTES), "How often a channel is reminded while a service is down; 0 or `null`: never").or("60"),
    key("includeMetadata", Flag, "Whether messages carry the heartbeat's metadata").or("true"),
    key("timezone", Text, "The zone of times in messages, such as `Europe/Berlin`").or("\"UTC\""),
    key("alertHistory", Object(ALERT_HISTORY), "How long alerts are kept"),
    key("allowPrivate", List(&Text), "Ranges of addresses (CIDR) that channels may reach although they are not public, also by http").or("[]"),
    key("foldAbove", FOLD, "So many messages go out at once; what comes then is folded into one").or("3"),
];

const ALERT_HISTORY: &[Key] = &[
    key(
        "maxAlerts",
        Whole("alerts", 0, 100_000),
        "`/api/alerts/recent` shows no more than so many",
    )
    .or("100"),
    key("maxAgeDays", Whole("days", 1, 3_650), "Days that they are kept").or("7"),
    key("cleanupOnAdd", Flag, "Accepted and not needed: what is too old goes by itself").or("true"),
];
