//! What a page shows at all, from `settings.json`; the module reads the same from the document.

use flatline_shared::config::{ApiSwitch, Settings};
use serde::Serialize;

/// The switches.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "one switch per part of the page")]
pub struct Switches {
    /// The button that reads the page again.
    pub refresh: bool,
    /// When the page was read.
    pub last_updated: bool,
    /// Percentages.
    pub percentage: bool,
    /// Days.
    pub history: bool,
    /// The button to the export.
    pub export: bool,
    /// The button to the alerts.
    pub alerts: bool,
    /// The links to the feeds.
    pub feed: bool,
    /// How often the page refreshes itself, in ms; 0: never.
    pub auto_refresh_ms: i64,
    /// How often an open page asks for new alerts, in ms; 0: never.
    pub polling_ms: i64,
    /// Where the browser keeps what was seen.
    pub storage_key: String,
    /// The severities that are told, in lower case, separated by spaces; empty: all.
    pub severities: String,
    /// New alerts appear on the page.
    pub toasts: bool,
    /// New alerts appear outside of it, once the visitor allowed that.
    pub notifications: bool,
}

impl Switches {
    /// Those of the configuration.
    pub fn of(settings: &Settings) -> Self {
        let features = &settings.features;
        let alerts = &settings.alert_notifications;
        let is_told = alerts.toasts || alerts.browser;
        let is_asked = is_told && !settings.is_off(ApiSwitch::AlertHistory);
        let polling_ms = alerts.polling_ms.filter(|_| is_asked).unwrap_or_default();
        Self {
            refresh: features.show_refresh_button,
            last_updated: features.show_last_updated,
            percentage: features.show_uptime_percentage,
            history: features.show_uptime_history,
            export: features.show_export_button && !settings.is_off(ApiSwitch::Uptime),
            alerts: features.show_alert_history_button && !settings.is_off(ApiSwitch::AlertHistory),
            feed: !settings.is_off(ApiSwitch::AlertHistory),
            auto_refresh_ms: features.auto_refresh_ms.unwrap_or_default(),
            polling_ms,
            storage_key: alerts.local_storage_key.clone(),
            severities: alerts.severity_filter.join(" "),
            toasts: alerts.toasts,
            notifications: alerts.browser && polling_ms > 0,
        }
    }
}
