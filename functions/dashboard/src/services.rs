//! `GET /api/services`: what is configured, groups and services put together, in the order of the
//! file.

use flatline_domain::Membership;
use flatline_shared::config::{Config, Service};
use serde::Serialize;
use serde_json::{Map, Value};

/// One configured service, disabled ones too.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What was written about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is watched.
    pub enabled: bool,
    /// Silence that is allowed, in seconds, inherited or not.
    pub staleness_threshold: i64,
    /// Who is told of what, where the service itself says so: as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Map<String, Value>>,
    /// Its group.
    pub group_id: Option<String>,
    /// Its group's name, or `Ungrouped`.
    pub group_name: String,
    /// The thresholds that colour its uptime.
    pub uptime_threshold_set: String,
    /// Whether heartbeats need a key.
    pub auth: AuthEntry,
}

/// `auth` of a service.
#[derive(Debug, Serialize)]
pub struct AuthEntry {
    /// Whether heartbeats need a key.
    pub required: bool,
}

/// Every configured service.
pub fn services(config: &Config) -> Vec<ServiceEntry> {
    config.services.iter().map(|service| entry(config, service)).collect()
}

fn entry(config: &Config, service: &Service) -> ServiceEntry {
    let spec = &service.spec;
    let group = config.groups.iter().find(|group| service.group.as_ref() == Some(&group.id));
    let thresholds = service.uptime_threshold_set.as_ref();
    ServiceEntry {
        id: spec.id.clone(),
        name: spec.name.clone(),
        description: service.description.clone(),
        enabled: spec.membership == Membership::Active,
        staleness_threshold: spec.window_ms / 1_000,
        notifications: service.own.notifications.clone(),
        group_id: service.group.clone(),
        group_name: group.map_or("Ungrouped", |group| &group.name).to_owned(),
        uptime_threshold_set: thresholds.unwrap_or(&config.settings.threshold_profile).clone(),
        auth: AuthEntry { required: service.auth_required },
    }
}

#[cfg(test)]
mod tests;
