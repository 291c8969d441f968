//! The configuration once it was judged: complete, inherited, valid.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use flatline_domain::{ChannelRoute, Membership, ServiceSpec};
use ipnet::IpNet;

use super::{AlertKeys, AlertSenders, ApiKeys, ChannelKind, Secret, Templates};

mod dashboard;
mod settings;

pub use dashboard::*;
pub use settings::*;

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
    /// `notifications.json` `templates`.
    pub templates: Templates,
    /// `settings.json`.
    pub settings: Settings,
    /// `dashboard.json`.
    pub dashboard: Dashboard,
    /// `API_KEYS`.
    pub api_keys: ApiKeys,
    /// `ALERT_API_KEY`.
    pub alert_keys: AlertKeys,
    /// `ALERT_SNS_TOPICS` and `ALERT_SENTRY_SECRET`.
    pub alert_senders: AlertSenders,
    /// `READ_API_KEY`: opens the read APIs in full.
    pub read_key: Option<Secret>,
    /// `DASHBOARD_PASSWORD`: the login of the page.
    pub dashboard_password: Option<Secret>,
    /// `FLATLINE_PUBLIC_URL`, without a trailing slash.
    pub public_url: Option<String>,
    /// `FLATLINE_WATCHDOG_PING_URL`: who expects to hear of each complete tick.
    pub watchdog_url: Option<Secret>,
    /// `FLATLINE_CA`: authorities whose certificates are trusted besides the public ones (DER).
    pub authorities: Vec<Vec<u8>>,
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
    /// What the service itself says, without its group, as `/api/services` shows it.
    pub own: OwnKeys,
}

/// The keys of one service that `/api/services` shows only where the service itself has them.
#[derive(Debug, Clone, Default)]
pub struct OwnKeys {
    /// `stalenessThreshold`, in seconds.
    pub window_s: Option<i64>,
    /// `notifications` as written, without comments.
    pub notifications: Option<serde_json::Map<String, serde_json::Value>>,
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
    /// Name, events, and whether it gets rows at all.
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

/// The configuration cannot be used: everything that is wrong with it, and then what is odd.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} problem{}", .0.len(), if .0.len() == 1 { "" } else { "s" })]
pub struct ConfigErrors(pub Vec<Problem>, pub Vec<Problem>);

impl Config {
    /// The service with this id, if it is configured.
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.index.get(id).map(|at| &self.services[*at])
    }

    /// The smallest window of any active service, the one for a first heartbeat among them, in ms;
    /// 300,000 if there is none.
    pub fn smallest_window_ms(&self) -> i64 {
        let specs = self.services.iter().map(|service| &service.spec);
        let active = specs.filter(|spec| spec.membership == Membership::Active);
        let windows = active.flat_map(|spec| [Some(spec.window_ms), spec.first_window_ms]);
        windows.flatten().min().unwrap_or(300_000)
    }
}

impl Channel {
    /// Whether `name` is its name or type, in any case.
    pub fn is_called(&self, name: &str) -> bool {
        self.route.name.to_lowercase() == name.to_lowercase()
            || self.kind.as_str().eq_ignore_ascii_case(name)
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
