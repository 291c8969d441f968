//! The configuration once it was judged: complete, inherited, valid.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use flatline_domain::{ChannelRoute, Membership, ServiceSpec};
use ipnet::IpNet;

use super::{ApiKeys, Secret};

/// Everything that was configured.
#[derive(Debug)]
pub struct Config {
    /// Services, in the order of the file.
    pub services: Vec<Service>,
    /// Groups, in the order of the file.
    pub groups: Vec<Group>,
    /// Every configured channel, enabled or not, in the order of the file.
    pub channels: Vec<Channel>,
    /// `notifications.json` `enabled`.
    pub notifications_enabled: bool,
    /// `notifications.json` `settings`.
    pub notify: NotifySettings,
    /// `settings.json`.
    pub settings: Settings,
    /// `API_KEYS`.
    pub api_keys: ApiKeys,
    /// `ALERT_API_KEY`.
    pub alert_key: Option<Secret>,
    /// `FLATLINE_PUBLIC_URL`, without a trailing slash.
    pub public_url: Option<String>,
    /// Hash of what decides statuses and routes; a change raises the revision.
    pub hash: String,
    /// What is odd but no error, one sentence each, with file and path.
    pub warnings: Vec<Problem>,
    /// Service id -> its place in `services`.
    pub(super) index: HashMap<String, usize>,
}

/// One configured service.
#[derive(Debug, Clone)]
pub struct Service {
    /// What the checker needs.
    pub spec: ServiceSpec,
    /// Its group's id.
    pub group: Option<String>,
    /// Whether a heartbeat needs a key.
    pub auth_required: bool,
    /// Shown under its name.
    pub description: Option<String>,
    /// The set of thresholds that colours its uptime.
    pub uptime_threshold_set: Option<String>,
}

/// One configured group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Ids of its services.
    pub services: Vec<String>,
}

/// One configured channel. Its `Debug` shows no option: headers may hold secrets.
#[derive(Clone)]
pub struct Channel {
    /// Name, events, and whether it gets rows at all (enabled, and its type can deliver).
    pub route: ChannelRoute,
    /// What it speaks.
    pub kind: ChannelKind,
    /// `enabled` as configured.
    pub enabled: bool,
    /// Whether dead messages of other channels are copied to it; true on one at most.
    pub fallback: bool,
    /// `config.externalAlerts`, default true.
    pub external_alerts: bool,
    /// `config.foldAbove`, if it has one of its own.
    pub fold_above: Option<u32>,
    /// `config` as written, without comments and credentials, `method` in upper case.
    pub options: serde_json::Map<String, serde_json::Value>,
    /// Its credentials, by upper-case key (`URL`, `AUTHTOKEN` ...), environment first.
    pub secrets: BTreeMap<String, Secret>,
}

/// The channel types of the replaced system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// discord
    Discord,
    /// slack
    Slack,
    /// telegram
    Telegram,
    /// email
    Email,
    /// webhook
    Webhook,
    /// pushover
    Pushover,
    /// pagerduty
    PagerDuty,
}

/// `notifications.json` `settings`.
#[derive(Debug, Clone)]
pub struct NotifySettings {
    /// `cooldownMinutes`, in ms. Default 5 minutes.
    pub cooldown_ms: i64,
    /// `repeatAlertMinutes`, in ms. Default 60 minutes; `None`: no reminders.
    pub repeat_ms: Option<i64>,
    /// `includeMetadata`. Default true.
    pub include_metadata: bool,
    /// `timezone`. Default UTC.
    pub timezone: String,
    /// `alertHistory.maxAlerts`. Default 100.
    pub max_alerts: u32,
    /// `alertHistory.maxAgeDays`. Default 7.
    pub max_age_days: u32,
    /// `allowPrivate`: ranges that channels may reach although they are not public, also by http.
    pub allow_private: Vec<IpNet>,
    /// `foldAbove`. Default 3.
    pub fold_above: u32,
    /// REQUEST_TIMEOUT: how long one request to a channel may last, in ms. Default 10,000.
    pub request_timeout_ms: i64,
}

/// `settings.json`, as far as it has an effect.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `uptime.retentionDays`, else `features.uptimeRetentionDays`, else 120.
    pub retention_days: u32,
    /// `allowedOrigins`.
    pub allowed_origins: Vec<String>,
    /// `api.enableStatusEndpoint` and its siblings, by switch.
    pub disabled: Vec<ApiSwitch>,
    /// `maxLogEntries`, else MAX_LOG_ENTRIES, else 100.
    pub max_log_entries: u32,
    /// `uptimeThresholds` by name of the set; `default` is always there.
    pub threshold_sets: BTreeMap<String, Vec<UptimeThreshold>>,
    /// `uptime.thresholdProfile`: the set of services that name none. Default `default`.
    pub threshold_profile: String,
}

/// One level of a set that colours uptimes.
#[derive(Debug, Clone, PartialEq)]
pub struct UptimeThreshold {
    /// Ends the level's CSS class.
    pub name: String,
    /// The least uptime of this level, in percent.
    pub min: f64,
    /// CSS colour.
    pub color: String,
    /// What people call it.
    pub label: String,
}

/// The endpoints that `settings.json` `api` can switch off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiSwitch {
    /// enableStatusEndpoint
    Status,
    /// enableUptimeEndpoint
    Uptime,
    /// enableServicesEndpoint
    Services,
    /// enableHeartbeatEndpoint
    Heartbeat,
    /// enableAlertEndpoint
    Alert,
    /// enableAlertHistoryEndpoint
    AlertHistory,
    /// enableTestNotificationEndpoint
    TestNotification,
}

/// One thing that is wrong or odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `services.json`, `notifications.json`, `environment` ...
    pub file: String,
    /// JSON path, such as `services[2].stalenessThreshold`; empty for the whole file.
    pub path: String,
    /// What is wrong and what would be right, one sentence.
    pub sentence: String,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} problem{}", .0.len(), if .0.len() == 1 { "" } else { "s" })]
pub struct ConfigErrors(pub Vec<Problem>);

impl ApiSwitch {
    /// What the endpoint is called in the answer that it is disabled.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Status => "Status",
            Self::Uptime => "Uptime",
            Self::Services => "Services",
            Self::Heartbeat => "Heartbeat",
            Self::Alert => "Alert",
            Self::AlertHistory => "Alert history",
            Self::TestNotification => "Test notification",
        }
    }
}

impl Settings {
    /// Whether this endpoint is switched off.
    pub fn is_off(&self, switch: ApiSwitch) -> bool {
        self.disabled.contains(&switch)
    }
}

impl Config {
    /// The service with this id, if it is configured.
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.index.get(id).map(|at| &self.services[*at])
    }

    /// The smallest window of any active service, in ms; 300,000 if there is none.
    pub fn smallest_window_ms(&self) -> i64 {
        let specs = self.services.iter().map(|service| &service.spec);
        let active = specs.filter(|spec| spec.membership == Membership::Active);
        active.map(|spec| spec.window_ms).min().unwrap_or(300_000)
    }

    /// What start says of enabled channels whose type this version cannot deliver to.
    pub fn not_delivered_yet(&self) -> Vec<String> {
        let waiting =
            self.channels.iter().filter(|channel| channel.enabled && !channel.kind.delivers());
        let sentence = |channel: &Channel| {
            format!(
                "channel '{}' ({}): not delivered yet",
                channel.route.name,
                channel.kind.as_str()
            )
        };
        waiting.map(sentence).collect()
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Channel")
            .field("route", &self.route)
            .field("kind", &self.kind)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(formatter, "{}: {}", self.file, self.sentence),
            path => write!(formatter, "{} {path}: {}", self.file, self.sentence),
        }
    }
}
