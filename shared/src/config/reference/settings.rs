//! Keys of settings.json.

use super::Shape::{Color, Either, Flag, List, Map, Number, Object, Text, Whole, Word};
use super::{Key, Shape, key};

pub(in crate::config) const FILE: &[Key] = &[
    key("features", Object(FEATURES), "What the page shows"),
    key("api", Object(API), "Which endpoints answer"),
    key(
        "alertHistory",
        Object(ALERT_HISTORY),
        "What `/api/alerts/recent` answers where a request does not say",
    ),
    key("alertNotifications", Object(ALERT_NOTIFICATIONS), "How an open page tells of new alerts"),
    key("uptime", Object(UPTIME), "How uptime is kept and judged"),
    THRESHOLDS,
    key(
        "allowedOrigins",
        Either(&List(&Text), &Word(&["*"])),
        "Origins whose pages may call the API, such as `https://status.example.com`; `\"*\"`: all",
    )
    .or("[]"),
    key("dashboard", Object(DASHBOARD), "Who may see the page"),
    key(
        "maxLogEntries",
        Whole("entries", 1, 1_000),
        "Heartbeats that `/api/logs` shows of a service",
    )
    .or_else("`MAX_LOG_ENTRIES`, else 100"),
];

/// `uptimeThresholds`, of settings.json or dashboard.json.
pub(in crate::config) const THRESHOLDS: Key = key(
    "uptimeThresholds",
    Either(&Map(&SET), &SET),
    "Sets of levels by name, or one list, which is the set `default`. Each set needs a level with `\"min\": 0`",
)
.or_else("the set `default`: 99.5, 99, 95, 0");

const SET: Shape = List(&Object(LEVEL));

/// One level of a set.
pub(in crate::config) const LEVEL: &[Key] = &[
    key("name", Text, "Ends the level's CSS class").required(),
    key("min", Number("percent", 0.0, 100.0), "The least uptime of this level").required(),
    key("color", Color, "The colour of its days").or_else("the page's own"),
    key("label", Text, "What people read").or_else("the name"),
];

const FEATURES: &[Key] = &[
    key("showRefreshButton", Flag, "The button that loads what is new").or("true"),
    key("showLastUpdated", Flag, "When the page was made").or("true"),
    key(
        "autoRefreshSeconds",
        Number("seconds", 0.0, 86_400.0),
        "How often an open page loads what is new; 0: never",
    )
    .or("30"),
    key("showUptimePercentage", Flag, "The uptime of each service").or("true"),
    key("showUptimeHistory", Flag, "The bars, one per day").or("true"),
    key("show90DayHistory", Flag, "The same").old(),
    key("showExportButton", Flag, "The button for the CSV file").or("true"),
    key("showAlertHistoryButton", Flag, "The button for the alerts").or("true"),
    key(
        "uptimeRetentionDays",
        RETENTION,
        "Days of history, where `uptime.retentionDays` does not say",
    )
    .or("120"),
];

const RETENTION: Shape = Whole("days", 1, 3_650);

const API: &[Key] = &[
    key("enableStatusEndpoint", Flag, "`GET /api/status`").or("true"),
    key("enableUptimeEndpoint", Flag, "`GET /api/uptime`").or("true"),
    key("enableServicesEndpoint", Flag, "`GET /api/services`").or("true"),
    key("enableHeartbeatEndpoint", Flag, "`POST /api/heartbeat`").or("true"),
    key("enableAlertEndpoint", Flag, "`POST /api/alert`").or("true"),
    key("enableAlertHistoryEndpoint", Flag, "`GET /api/alerts/recent`").or("true"),
    key("enableAlertEndpoints", Flag, "Both of the two before").old(),
    key("enableTestNotificationEndpoint", Flag, "`POST /api/test-notification`").or("false"),
];

const ALERT_HISTORY: &[Key] = &[
    key("defaultRecentPeriodHours", Number("hours", 0.0, 8_784.0), "How far back; 0: no limit")
        .or("24"),
    key("defaultLimit", Whole("alerts", 0, 1_000), "How many").or("20"),
];

const ALERT_NOTIFICATIONS: &[Key] = &[
    key(
        "pollingIntervalSeconds",
        Number("seconds", 0.0, 86_400.0),
        "How often an open page asks; 0: never",
    )
    .or("60"),
    key("localStorageKey", Text, "Where the browser keeps what was seen")
        .or("\"last-alert-timestamp\""),
    key(
        "severityFilter",
        List(&Text),
        "Severities that are told, in any case; an empty list is all",
    )
    .or("[]"),
    key("enableToastNotifications", Flag, "In the page").or("true"),
    key("enableBrowserNotifications", Flag, "By the browser, once the visitor allowed it")
        .or("true"),
];

const UPTIME: &[Key] = &[
    key("retentionDays", RETENTION, "Days of history")
        .or_else("`features.uptimeRetentionDays`, else 120"),
    key(
        "thresholdProfile",
        Text,
        "The set of `uptimeThresholds` for services and groups that name none",
    )
    .or("\"default\""),
];

/// The words of `dashboard.access`.
pub(in crate::config) const ACCESS: &[&str] = &["public", "password"];

const DASHBOARD: &[Key] = &[key(
    "access",
    Word(ACCESS),
    "`public`: everybody sees names, status and uptime. `password`: page and read APIs need the login with `DASHBOARD_PASSWORD`, or `READ_API_KEY`",
)
.or("\"public\"")];
