//! `notifications.json`: settings and templates; channels have a file of their own.

use ipnet::IpNet;
use serde_json::Value;

use super::reader::{Judge, Object, Place, Section};
use super::reference::notifications::FILE;
use super::{Channel, Env, NotifySettings, Templates, channels};
use crate::render::time::is_zone;

/// How many messages a channel may send at once before the rest is folded.
pub(super) const FOLD_ABOVE: std::ops::RangeInclusive<i64> = 1..=1_000;

/// A request to a channel lasts at most this long, in ms.
const REQUEST_TIMEOUT_MS: i64 = 10_000;

/// The file, judged.
pub(super) struct Notifications {
    pub(super) enabled: bool,
    pub(super) channels: Vec<Channel>,
    pub(super) settings: NotifySettings,
    pub(super) templates: Templates,
}

/// What is made of that in the file which is for texts of messages only. Functions that write none have
/// neither an engine of templates nor a list of time zones in their binaries.
#[derive(Clone, Copy)]
pub(super) struct Texts {
    templates: fn(&Object<'_>, &[Channel]) -> Templates,
    is_zone: fn(&str) -> bool,
}

impl Texts {
    /// It is read and judged.
    pub(super) const JUDGED: Self = Self { templates: Templates::read, is_zone };
    /// It is neither.
    pub(super) const LEFT_OUT: Self =
        Self { templates: |_, _| Templates::default(), is_zone: |_| true };
}

/// Reads the file.
pub(super) fn read(
    judge: &Judge,
    texts: Texts,
    document: Option<&Value>,
    env: &Env,
) -> Notifications {
    let mut file = Section::open(judge, Place::file("notifications.json"), document, FILE);
    let enabled = file.flag("enabled").unwrap_or(true);
    let settings = read_settings(file.section("settings"), texts, env);
    let channels = channels::read(&mut file, &settings, env);
    let templates = (texts.templates)(&file.free("templates"), &channels);
    file.close();
    Notifications { enabled, channels, settings, templates }
}

fn read_settings(mut object: Section<'_>, texts: Texts, env: &Env) -> NotifySettings {
    let standard = NotifySettings::default();
    let cooldown = object.number("cooldownMinutes").map(minutes_ms);
    let repeat = match object.value("repeatAlertMinutes") {
        None => standard.repeat_ms,
        Some(Value::Null) => None,
        Some(_) => object.number("repeatAlertMinutes").map(minutes_ms),
    };
    let include_metadata = object.flag("includeMetadata");
    let timezone = read_timezone(&mut object, texts.is_zone);
    let mut history = object.section("alertHistory");
    let max_alerts = history.whole("maxAlerts");
    let max_age_days = history.whole("maxAgeDays");
    history.flag("cleanupOnAdd");
    history.close();
    let allow_private = read_ranges(&mut object);
    let fold_above = object.whole("foldAbove");
    let settings = NotifySettings {
        cooldown_ms: cooldown.unwrap_or(standard.cooldown_ms),
        repeat_ms: repeat.filter(|ms| *ms > 0),
        include_metadata: include_metadata.unwrap_or(standard.include_metadata),
        timezone: timezone.unwrap_or(standard.timezone),
        max_alerts: max_alerts.map_or(standard.max_alerts, |number| number as u32),
        max_age_days: max_age_days.map_or(standard.max_age_days, |number| number as u32),
        allow_private,
        fold_above: fold_above.map_or(standard.fold_above, |number| number as u32),
        request_timeout_ms: read_timeout(object.judge(), env),
    };
    object.close();
    settings
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            cooldown_ms: 5 * 60_000,
            repeat_ms: Some(60 * 60_000),
            include_metadata: true,
            timezone: "UTC".to_owned(),
            max_alerts: 100,
            max_age_days: 7,
            allow_private: Vec::new(),
            fold_above: 3,
            request_timeout_ms: REQUEST_TIMEOUT_MS,
        }
    }
}

fn minutes_ms(minutes: f64) -> i64 {
    (minutes * 60_000.0).round() as i64
}

fn read_timezone(object: &mut Section<'_>, is_zone: fn(&str) -> bool) -> Option<String> {
    let name = object.text("timezone")?;
    if !is_zone(name) {
        let sentence = "must be the name of a time zone, such as UTC or Europe/Berlin";
        object.judge().error(&object.place().key("timezone"), sentence);
    }
    Some(name.to_owned())
}

fn read_ranges(object: &mut Section<'_>) -> Vec<IpNet> {
    let mut ranges = Vec::new();
    for (place, text) in object.texts("allowPrivate").unwrap_or_default() {
        match text.parse::<IpNet>() {
            Ok(range) => ranges.push(range),
            Err(_) => object.judge().error(
                &place,
                "must be a range of addresses, such as 10.0.0.0/8, 192.168.1.5/32 or fd00::/8",
            ),
        }
    }
    ranges
}

fn read_timeout(judge: &Judge, env: &Env) -> i64 {
    let Some(text) = env.get("REQUEST_TIMEOUT") else { return REQUEST_TIMEOUT_MS };
    let parsed = text.trim().parse::<i64>().ok().filter(|ms| *ms > 0);
    if parsed.is_none() {
        let sentence = format!("must be a whole number of ms from 1 to {REQUEST_TIMEOUT_MS}");
        judge.error(&Place::variable("REQUEST_TIMEOUT"), sentence);
    }
    parsed.unwrap_or(REQUEST_TIMEOUT_MS).min(REQUEST_TIMEOUT_MS)
}
