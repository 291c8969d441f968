//! `settings.json` and the legacy `ui.json`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::reader::{Judge, Object, Place, Section, quoted, wanted};
use super::reference::dashboard;
use super::reference::settings::{FILE, LEVEL};
use super::{
    Access, AlertHistory, AlertNotifications, ApiSwitch, Dashboard, Env, Features, Settings,
    UptimeThreshold, dashboard as page,
};

/// The set that is there without any configuration.
pub(super) const STANDARD_SET: &str = "default";

/// What `MAX_LOG_ENTRIES` may say.
const LOG_ENTRIES: std::ops::RangeInclusive<i64> = 1..=1_000;

type ThresholdSets = BTreeMap<String, Vec<UptimeThreshold>>;

const SWITCHES: [(&str, ApiSwitch); 7] = [
    ("enableStatusEndpoint", ApiSwitch::Status),
    ("enableUptimeEndpoint", ApiSwitch::Uptime),
    ("enableServicesEndpoint", ApiSwitch::Services),
    ("enableHeartbeatEndpoint", ApiSwitch::Heartbeat),
    ("enableAlertEndpoint", ApiSwitch::Alert),
    ("enableAlertHistoryEndpoint", ApiSwitch::AlertHistory),
    ("enableTestNotificationEndpoint", ApiSwitch::TestNotification),
];

/// Reads `settings.json`, or `ui.json` in its place.
fn read(
    judge: &Judge,
    file: &mut Section<'_>,
    of_page: Option<ThresholdSets>,
    env: &Env,
) -> Settings {
    let standard = Settings::default();
    let (retention, profile) = read_uptime(file);
    let (features, of_features) = read_features(file);
    let disabled = read_switches(file);
    let alert_history = read_alert_history(file.section("alertHistory"));
    let alert_notifications = read_alert_notifications(file.section("alertNotifications"));
    let access = read_access(file, env);
    let threshold_sets = read_sets(file).or(of_page).unwrap_or(standard.threshold_sets);
    let threshold_profile = profile.unwrap_or_else(|| STANDARD_SET.to_owned());
    if !threshold_sets.contains_key(&threshold_profile) {
        let hint = judge.nearest(&threshold_profile, threshold_sets.keys().map(String::as_str));
        let sentence =
            format!("there are no uptimeThresholds named {}{hint}", quoted(&threshold_profile));
        judge.error(&file.place().key("uptime").key("thresholdProfile"), sentence);
    }
    let retention = retention.or(of_features).map(|days| days as u32);
    let log_entries = file.whole("maxLogEntries").map(|number| number as u32);
    let of_env = read_log_entries(judge, env);
    Settings {
        features,
        alert_history,
        alert_notifications,
        access,
        retention_days: retention.unwrap_or(standard.retention_days),
        allowed_origins: read_origins(file),
        disabled,
        max_log_entries: log_entries.or(of_env).unwrap_or(standard.max_log_entries),
        threshold_sets,
        threshold_profile,
    }
}

/// Whoever has only the old `ui.json` goes on with it: it holds what both files hold.
pub(super) fn read_either(
    judge: &Judge,
    settings: Option<&Value>,
    page: Option<&Value>,
    ui: Option<&Value>,
    env: &Env,
) -> (Settings, Dashboard) {
    if let (Some(ui), None, None) = (ui, settings, page) {
        let place = Place::file("ui.json");
        judge.warn(&place, "is deprecated: move it to settings.json and dashboard.json");
        let mut file = Section::open(judge, place, Some(ui), FILE).with(dashboard::FILE);
        let settings = read(judge, &mut file, None, env);
        let dashboard = page::read(&mut file);
        file.close();
        return (settings, dashboard);
    }
    let mut file = Section::open(judge, Place::file("dashboard.json"), page, dashboard::FILE);
    let dashboard = page::read(&mut file);
    let of_page = read_sets(&mut file);
    file.close();
    let with_old = ui.map(|ui| with_old_keys(judge, settings, ui));
    let settings = with_old.as_ref().or(settings);
    let mut file = Section::open(judge, Place::file("settings.json"), settings, FILE);
    let settings = read(judge, &mut file, of_page, env);
    file.close();
    (settings, dashboard)
}

/// `settings.json` with the two keys that are looked for in `ui.json` too, where it lacks them.
fn with_old_keys(judge: &Judge, settings: Option<&Value>, ui: &Value) -> Value {
    let sentence = "only allowedOrigins and features.uptimeRetentionDays are taken from it, where \
                    settings.json has none: move them there and remove this file";
    judge.warn(&Place::file("ui.json"), sentence);
    let mut merged = settings.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let lacks_days = merged["uptime"].get("retentionDays").is_none();
    if let Some(map) = merged.as_object_mut() {
        if let Some(origins) = ui.get("allowedOrigins") {
            map.entry("allowedOrigins").or_insert_with(|| origins.clone());
        }
        let days = ui["features"].get("uptimeRetentionDays").filter(|_| lacks_days);
        let features = map.entry("features").or_insert_with(|| Value::Object(Map::new()));
        if let (Some(days), Some(features)) = (days, features.as_object_mut()) {
            features.entry("uptimeRetentionDays").or_insert_with(|| days.clone());
        }
    }
    merged
}

fn read_uptime(file: &mut Section<'_>) -> (Option<i64>, Option<String>) {
    let mut uptime = file.section("uptime");
    let days = uptime.whole("retentionDays");
    let profile = uptime.text("thresholdProfile").map(str::to_owned);
    uptime.close();
    (days, profile)
}

/// `features`, and the days of `uptimeRetentionDays`.
fn read_features(file: &mut Section<'_>) -> (Features, Option<i64>) {
    let standard = Features::default();
    let mut object = file.section("features");
    let days = object.whole("uptimeRetentionDays");
    let old_history = object.flag("show90DayHistory").unwrap_or(standard.show_uptime_history);
    let features = Features {
        show_refresh_button: object
            .flag("showRefreshButton")
            .unwrap_or(standard.show_refresh_button),
        show_last_updated: object.flag("showLastUpdated").unwrap_or(standard.show_last_updated),
        auto_refresh_ms: read_interval(&mut object, "autoRefreshSeconds", standard.auto_refresh_ms),
        show_uptime_percentage: object
            .flag("showUptimePercentage")
            .unwrap_or(standard.show_uptime_percentage),
        show_uptime_history: object.flag("showUptimeHistory").unwrap_or(old_history),
        show_export_button: object.flag("showExportButton").unwrap_or(standard.show_export_button),
        show_alert_history_button: object
            .flag("showAlertHistoryButton")
            .unwrap_or(standard.show_alert_history_button),
    };
    object.close();
    (features, days)
}

/// A number of seconds, in ms; 0 is never.
fn read_interval(
    object: &mut Section<'_>,
    key: &'static str,
    standard_ms: Option<i64>,
) -> Option<i64> {
    let seconds = object.number(key);
    seconds.map_or(standard_ms, |seconds| {
        Some((seconds * 1_000.0).round() as i64).filter(|ms| *ms > 0)
    })
}

fn read_switches(file: &mut Section<'_>) -> Vec<ApiSwitch> {
    let mut api = file.section("api");
    // The old name stood for both endpoints about alerts.
    let both = api.flag("enableAlertEndpoints").unwrap_or(true);
    let mut disabled = Vec::new();
    for (key, switch) in SWITCHES {
        let standard = match switch {
            ApiSwitch::Alert | ApiSwitch::AlertHistory => both,
            ApiSwitch::TestNotification => false,
            _ => true,
        };
        if !api.flag(key).unwrap_or(standard) {
            disabled.push(switch);
        }
    }
    api.close();
    disabled
}

fn read_alert_history(mut object: Section<'_>) -> AlertHistory {
    let standard = AlertHistory::default();
    let hours = object.number("defaultRecentPeriodHours");
    let limit = object.whole("defaultLimit");
    object.close();
    AlertHistory {
        recent_period_hours: hours.unwrap_or(standard.recent_period_hours),
        limit: limit.map_or(standard.limit, |number| number as u32),
    }
}

fn read_alert_notifications(mut object: Section<'_>) -> AlertNotifications {
    let standard = AlertNotifications::default();
    let key = object.text("localStorageKey").filter(|key| !key.is_empty());
    let severities = object.texts("severityFilter").unwrap_or_default();
    let read = AlertNotifications {
        polling_ms: read_interval(&mut object, "pollingIntervalSeconds", standard.polling_ms),
        local_storage_key: key.map_or(standard.local_storage_key, str::to_owned),
        severity_filter: severities.iter().map(|(_, word)| word.to_lowercase()).collect(),
        toasts: object.flag("enableToastNotifications").unwrap_or(standard.toasts),
        browser: object.flag("enableBrowserNotifications").unwrap_or(standard.browser),
    };
    object.close();
    read
}

/// A page that is open although a password was asked for would be worse than no start.
fn read_access(file: &mut Section<'_>, env: &Env) -> Access {
    const WORDS: [(&str, Access); 2] = [("public", Access::Public), ("password", Access::Password)];
    let mut object = file.section("dashboard");
    let access = object.word("access", &WORDS).unwrap_or_default();
    let is_set = env.get("DASHBOARD_PASSWORD").is_some() || env.leaves_page_elsewhere();
    if access == Access::Password && !is_set {
        let sentence = "the page needs a password, and none is set: put it into the variable \
                        DASHBOARD_PASSWORD";
        object.judge().error(&object.place().key("access"), sentence);
    }
    object.close();
    access
}

fn read_origins(file: &mut Section<'_>) -> Vec<String> {
    if file.value("allowedOrigins").and_then(Value::as_str) == Some("*") {
        return vec!["*".to_owned()];
    }
    let mut origins = Vec::new();
    for (place, text) in file.texts("allowedOrigins").unwrap_or_default() {
        if text != "*" && !is_origin(text) {
            let sentence = "must be * or an origin as browsers send it, such as https://example.com \
                            (in lower case, no path, no slash at the end)";
            file.judge().error(&place, sentence);
        }
        origins.push(text.to_owned());
    }
    origins
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
}

fn read_log_entries(judge: &Judge, env: &Env) -> Option<u32> {
    let text = env.get("MAX_LOG_ENTRIES")?;
    let place = Place::variable("MAX_LOG_ENTRIES");
    let most = *LOG_ENTRIES.end();
    let parsed = text.trim().parse::<i64>().ok().filter(|number| *number >= *LOG_ENTRIES.start());
    match parsed {
        None => judge.error(&place, format!("must be a whole number of entries from 1 to {most}")),
        Some(number) if number > most => judge.warn(&place, format!("at most {most} are shown")),
        Some(_) => {}
    }
    parsed.map(|number| number.min(most) as u32)
}

/// `uptimeThresholds`: an object of sets, or one list, which is the set `default`.
fn read_sets(file: &mut Section<'_>) -> Option<ThresholdSets> {
    const KEY: &str = "uptimeThresholds";
    let place = file.place().key(KEY);
    match file.value(KEY)? {
        list @ Value::Array(_) => {
            let set = read_set(file.judge(), &place, list);
            Some(BTreeMap::from([(STANDARD_SET.to_owned(), set)]))
        }
        object => {
            let sets = Object::open(file.judge(), place, Some(object));
            let mut read: BTreeMap<_, _> = sets
                .entries()
                .map(|(name, set)| {
                    (name.to_owned(), read_set(sets.judge, &sets.place.key(name), set))
                })
                .collect();
            read.entry(STANDARD_SET.to_owned()).or_insert_with(standard_set);
            Some(read)
        }
    }
}

fn read_set(judge: &Judge, place: &Place, value: &Value) -> Vec<UptimeThreshold> {
    let Some(list) = value.as_array() else {
        judge.error(place, wanted("a list of thresholds", value));
        return Vec::new();
    };
    let mut set = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let mut object = Section::open(judge, place.item(index), Some(value), LEVEL);
        let name = object.required_text("name").unwrap_or_default().to_owned();
        let label = object.text("label").filter(|label| !label.is_empty());
        set.push(UptimeThreshold {
            min: object.required_number("min").unwrap_or_default(),
            color: object.text("color").unwrap_or_default().to_owned(),
            label: label.unwrap_or(&name).to_owned(),
            name,
        });
        object.close();
    }
    for (index, level) in list.iter().enumerate() {
        judge_level(judge, &place.item(index), level, &list[..index]);
    }
    if !set.iter().any(|threshold| threshold.min == 0.0) {
        judge.error(
            place,
            "must have one threshold with \"min\": 0, for everything below the others",
        );
    }
    set
}

/// The name ends a CSS class, and each level has its own share.
fn judge_level(judge: &Judge, place: &Place, level: &Value, before: &[Value]) {
    let is_class = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let (name, min) = (level["name"].as_str(), level["min"].as_f64());
    if name.is_some_and(|name| name.is_empty() || !name.chars().all(is_class)) {
        let sentence =
            "is more than letters, digits, '-' and '_', so customCss cannot name its class";
        judge.warn(&place.key("name"), sentence);
    }
    if let Some(name) = name.filter(|_| before.iter().any(|other| other["name"].as_str() == name)) {
        let sentence = format!("{} is the name of another level as well", quoted(name));
        judge.warn(&place.key("name"), sentence);
    }
    if let Some(min) = min.filter(|_| before.iter().any(|other| other["min"].as_f64() == min)) {
        judge.warn(
            &place.key("min"),
            format!("{min} is the share of another level as well: one of them is never reached"),
        );
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            features: Features::default(),
            alert_history: AlertHistory::default(),
            alert_notifications: AlertNotifications::default(),
            access: Access::default(),
            retention_days: 120,
            allowed_origins: Vec::new(),
            disabled: vec![ApiSwitch::TestNotification],
            max_log_entries: 100,
            threshold_sets: BTreeMap::from([(STANDARD_SET.to_owned(), standard_set())]),
            threshold_profile: STANDARD_SET.to_owned(),
        }
    }
}

fn standard_set() -> Vec<UptimeThreshold> {
    let rows = [
        ("excellent", 99.5, "#10b981", "Excellent"),
        ("good", 99.0, "#3b82f6", "Good"),
        ("fair", 95.0, "#f59e0b", "Fair"),
        ("poor", 0.0, "#ef4444", "Poor"),
    ];
    let threshold = |(name, min, color, label): (&str, f64, &str, &str)| UptimeThreshold {
        name: name.to_owned(),
        min,
        color: color.to_owned(),
        label: label.to_owned(),
    };
    rows.into_iter().map(threshold).collect()
}
