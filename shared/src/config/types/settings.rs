//! `settings.json`: what the page shows, what the API answers, how uptimes are judged.

use std::collections::BTreeMap;

/// The whole file, with its defaults.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `features`.
    pub features: Features,
    /// `alertHistory`.
    pub alert_history: AlertHistory,
    /// `alertNotifications`.
    pub alert_notifications: AlertNotifications,
    /// `dashboard.access`. Default public.
    pub access: Access,
    /// `uptime.retentionDays`, else `features.uptimeRetentionDays`, else 120.
    pub retention_days: u32,
    /// `allowedOrigins`.
    pub allowed_origins: Vec<String>,
    /// `api.enableStatusEndpoint` and its siblings, by switch.
    pub disabled: Vec<ApiSwitch>,
    /// `maxLogEntries`, else MAX_LOG_ENTRIES, else 100.
    pub max_log_entries: u32,
    /// `uptimeThresholds` by name of the set; `default` is always there. Each set has a level with
    /// `min` 0.
    pub threshold_sets: BTreeMap<String, Vec<UptimeThreshold>>,
    /// `uptime.thresholdProfile`: the set of services that name none. Default `default`.
    pub threshold_profile: String,
}

/// `features`: what the page shows.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "the file has one switch per part of the page")]
pub struct Features {
    /// `showRefreshButton`. Default true.
    pub show_refresh_button: bool,
    /// `showLastUpdated`. Default true.
    pub show_last_updated: bool,
    /// `autoRefreshSeconds`, in ms. Default 30 s; `None` (0 in the file): never.
    pub auto_refresh_ms: Option<i64>,
    /// `showUptimePercentage`. Default true.
    pub show_uptime_percentage: bool,
    /// `showUptimeHistory`, or as older files call it `show90DayHistory`. Default true.
    pub show_uptime_history: bool,
    /// `showExportButton`. Default true.
    pub show_export_button: bool,
    /// `showAlertHistoryButton`. Default true.
    pub show_alert_history_button: bool,
}

/// `alertHistory`: what `/api/alerts/recent` shows of its own accord.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertHistory {
    /// `defaultRecentPeriodHours`. Default 24; 0 is no limit.
    pub recent_period_hours: f64,
    /// `defaultLimit`, 0 to 1000. Default 20.
    pub limit: u32,
}

/// `alertNotifications`: how an open page tells of new alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertNotifications {
    /// `pollingIntervalSeconds`, in ms. Default 60 s; `None` (0 in the file): never.
    pub polling_ms: Option<i64>,
    /// `localStorageKey`: where the browser keeps what was seen. Default `last-alert-timestamp`.
    pub local_storage_key: String,
    /// `severityFilter`, in lower case. Empty: every severity.
    pub severity_filter: Vec<String>,
    /// `enableToastNotifications`. Default true.
    pub toasts: bool,
    /// `enableBrowserNotifications`. Default true.
    pub browser: bool,
}

/// `dashboard.access`: who may see the page and read the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Everybody sees names, status and uptime; the rest needs the login or READ_API_KEY.
    #[default]
    Public,
    /// Page and read APIs need the login (`Config::dashboard_password`) or READ_API_KEY.
    Password,
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

impl Default for Features {
    fn default() -> Self {
        Self {
            show_refresh_button: true,
            show_last_updated: true,
            auto_refresh_ms: Some(30_000),
            show_uptime_percentage: true,
            show_uptime_history: true,
            show_export_button: true,
            show_alert_history_button: true,
        }
    }
}

impl Default for AlertHistory {
    fn default() -> Self {
        Self { recent_period_hours: 24.0, limit: 20 }
    }
}

impl Default for AlertNotifications {
    fn default() -> Self {
        Self {
            polling_ms: Some(60_000),
            local_storage_key: "last-alert-timestamp".to_owned(),
            severity_filter: Vec::new(),
            toasts: true,
            browser: true,
        }
    }
}
