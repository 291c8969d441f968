//! Configurations for stories.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The key that every service of a [`ConfigDir`] accepts.
pub const KEY: &str = "fl_test_key_of_all_services";

/// The key of `POST /api/alert` and `POST /api/test-notification`.
pub const ALERT_KEY: &str = "fl_test_key_of_alerts";

/// A config directory with the variables that belong to it. Each change is written at once; the
/// directory is gone when this is dropped.
#[derive(Debug)]
pub struct ConfigDir {
    home: TempDir,
    services: Value,
    notifications: Value,
    settings: Value,
    variables: Vec<(String, String)>,
}

impl ConfigDir {
    /// No services, no channels, `test-notification` switched on, cooldown 0, private ranges of this
    /// machine allowed, keys [`KEY`] and [`ALERT_KEY`].
    pub fn new() -> io::Result<Self> {
        let variables =
            [("API_KEYS", json!({"*": KEY}).to_string()), ("ALERT_API_KEY", ALERT_KEY.into())];
        let dir = Self {
            home: tempfile::tempdir()?,
            services: json!({"groups": [], "services": []}),
            notifications: json!({
                "enabled": true,
                "channels": [],
                "settings": {"cooldownMinutes": 0, "allowPrivate": ["127.0.0.0/8"]},
            }),
            settings: json!({"api": {"enableTestNotificationEndpoint": true}}),
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        };
        dir.write()?;
        Ok(dir)
    }

    /// A service with this id and staleness threshold in seconds.
    pub fn service(self, id: &str, window_s: u64) -> io::Result<Self> {
        self.service_json(json!({"id": id, "name": id, "stalenessThreshold": window_s}))
    }

    /// A service as it stands in services.json.
    pub fn service_json(mut self, service: Value) -> io::Result<Self> {
        push(&mut self.services["services"], service);
        self.written()
    }

    /// A group as it stands in services.json.
    pub fn group_json(mut self, group: Value) -> io::Result<Self> {
        push(&mut self.services["groups"], group);
        self.written()
    }

    /// Removes a service.
    pub fn without_service(mut self, id: &str) -> io::Result<Self> {
        if let Some(services) = self.services["services"].as_array_mut() {
            services.retain(|service| service["id"] != id);
        }
        self.written()
    }

    /// The webhook channel `hook` to this URL, for down, up and degraded.
    pub fn hook(self, url: &str) -> io::Result<Self> {
        let mut with = self.channel_json(json!({
            "type": "webhook",
            "name": "hook",
            "enabled": true,
            "config": {"method": "POST", "headers": {}},
            "events": ["down", "up", "degraded"],
        }))?;
        with.variables.push(("NOTIFICATION_HOOK_URL".to_owned(), url.to_owned()));
        Ok(with)
    }

    /// A channel as it stands in notifications.json; its credentials come by [`ConfigDir::variable`].
    pub fn channel_json(mut self, channel: Value) -> io::Result<Self> {
        push(&mut self.notifications["channels"], channel);
        self.written()
    }

    /// A key of notifications.json `settings`, such as `cooldownMinutes`.
    pub fn notify_setting(mut self, name: &str, value: Value) -> io::Result<Self> {
        self.notifications["settings"][name] = value;
        self.written()
    }

    /// A section of settings.json, such as `allowedOrigins`.
    pub fn setting(mut self, name: &str, value: Value) -> io::Result<Self> {
        self.settings[name] = value;
        self.written()
    }

    /// A variable of the environment that belongs to the configuration; the last one of a name holds.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without keys for services, as on a first start.
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        self.variables.retain(|(name, _)| name != "API_KEYS");
        self
    }

    /// services.json, to be changed in place; [`ConfigDir::write`] it afterwards.
    pub fn services_mut(&mut self) -> &mut Value {
        &mut self.services
    }

    /// notifications.json, to be changed in place; [`ConfigDir::write`] it afterwards.
    pub fn notifications_mut(&mut self) -> &mut Value {
        &mut self.notifications
    }

    /// Where the files are, for `--config`.
    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// Every variable, in the order in which they were given.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    /// Writes the files.
    pub fn write(&self) -> io::Result<()> {
        let files = [
            ("services.json", &self.services),
            ("notifications.json", &self.notifications),
            ("settings.json", &self.settings),
        ];
        for (name, content) in files {
            fs::write(self.home.path().join(name), format!("{content:#}"))?;
        }
        Ok(())
    }

    fn written(self) -> io::Result<Self> {
        self.write()?;
        Ok(self)
    }
}

fn push(list: &mut Value, entry: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(entry);
    }
}
