//! The configuration of a world as it is now, and as the product reads it.

use std::collections::BTreeMap;

use flatline_shared::config::{Config, Env};
use serde_json::{Value, json};

use super::{Change, Plan};

/// The key of every service.
pub const KEY: &str = "fl_key_of_the_simulation";

/// What is configured now.
#[derive(Clone, Debug)]
pub struct Settings {
    services: Vec<(ServiceState, Value)>,
    notifications: Value,
    channels: Vec<String>,
}

#[derive(Clone, Debug)]
struct ServiceState {
    present: bool,
    enabled: bool,
    renamed: u32,
}

impl Settings {
    /// As the plan begins.
    pub fn of(plan: &Plan) -> Self {
        let services = plan.services.iter().map(|service| {
            let mut json = json!({
                "id": service.id,
                "stalenessThreshold": service.window_s,
                "firstHeartbeatWithinSeconds": service.first_s,
                "notifications": {"events": service.events},
            });
            if !service.channels.is_empty() {
                json["notifications"]["channels"] = json!(service.channels);
            }
            (ServiceState { present: true, enabled: true, renamed: 0 }, json)
        });
        let channels = plan.channels.iter().map(|channel| {
            let mut json = json!({
                "type": "webhook", "name": channel.name, "enabled": true, "events": channel.events,
                "fallback": channel.stands_in,
            });
            if channel.folds {
                json["config"] = json!({"foldAbove": 2});
            }
            json
        });
        let notifications = json!({
            "enabled": true,
            "channels": channels.collect::<Vec<_>>(),
            "settings": {"cooldownMinutes": plan.cooldown_min},
        });
        Self {
            services: services.collect(),
            notifications,
            channels: plan.channels.iter().map(|channel| channel.name.clone()).collect(),
        }
    }

    /// Changes something.
    pub fn change(&mut self, change: &Change) {
        let (Change::Toggle(at) | Change::Pause(at) | Change::Rename(at) | Change::Window(at, _)) =
            *change;
        let (state, json) = &mut self.services[at];
        match change {
            Change::Toggle(_) => state.present = !state.present,
            Change::Pause(_) => state.enabled = !state.enabled,
            Change::Rename(_) => state.renamed += 1,
            Change::Window(_, window_s) => json["stalenessThreshold"] = (*window_s).into(),
        }
    }

    /// As the product reads it.
    pub fn config(&self) -> Config {
        let services: Vec<Value> = self
            .services
            .iter()
            .filter(|(state, _)| state.present)
            .map(|(state, json)| {
                let mut json = json.clone();
                json["enabled"] = state.enabled.into();
                let id = json["id"].as_str().unwrap_or_default();
                json["name"] = format!("{id} the {}th", state.renamed).into();
                json
            })
            .collect();
        let services = json!({"services": services}).to_string();
        let notifications = self.notifications.to_string();
        let files =
            [("services.json", services.as_str()), ("notifications.json", notifications.as_str())];
        let config = Config::from_json(files, &self.env());
        config.expect("the simulation only draws configurations that are valid")
    }

    fn env(&self) -> Env {
        let mut variables = BTreeMap::from([
            ("API_KEYS".to_owned(), json!({"*": KEY}).to_string()),
            ("FLATLINE_PUBLIC_URL".to_owned(), "https://flatline.example".to_owned()),
        ]);
        for name in &self.channels {
            let variable = format!("NOTIFICATION_{}_URL", name.to_uppercase());
            variables.insert(variable, format!("https://{name}.example/"));
        }
        Env::of(variables)
    }
}
