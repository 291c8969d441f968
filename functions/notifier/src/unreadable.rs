//! Rows that cannot be read: they keep no other from being sent, and somebody is told of them.

use std::collections::BTreeSet;

use flatline_domain::AlertPhase;
use flatline_shared::app::App;
use flatline_shared::store::{ExternalAlert, OWN_SOURCE, StoreError, alert_key};
use tracing::{error, warn};

/// The unreadable rows of one channel, as far as this process has said so.
#[derive(Debug, Default)]
pub(crate) struct Unreadable {
    logged: BTreeSet<String>,
    /// How many the alert that was stored last counts.
    told: usize,
}

impl Unreadable {
    /// Logs each once, and opens an alert that counts them; ends it when there are none any more.
    pub(crate) async fn mind(&mut self, app: &App, channel: &str, found: Vec<String>) {
        for why in &found {
            if self.logged.insert(why.clone()) {
                error!(channel, why, "a row of the outbox cannot be read and is left alone");
            }
        }
        if found.len() == self.told {
            return;
        }
        match tell(app, channel, found.len()).await {
            Ok(()) => self.told = found.len(),
            Err(error) => warn!(channel, %error, "an alert about it could not be stored yet"),
        }
        self.logged.retain(|why| found.contains(why));
    }
}

/// One alert for all of them; another process may have stored it.
async fn tell(app: &App, channel: &str, count: usize) -> Result<(), StoreError> {
    let name = format!("outbox/{channel}");
    let key = alert_key(OWN_SOURCE, &name);
    if app.store.is_alert_open(&key).await? == (count > 0) {
        return Ok(());
    }
    let now = app.clock.now();
    let (phase, severity) = match count {
        0 => (AlertPhase::Resolved, "info"),
        _ => (AlertPhase::Firing, "critical"),
    };
    let title = match count {
        0 => format!("Flatline reads all messages for {channel} again"),
        _ => format!("Flatline cannot read {count} of the messages for {channel}"),
    };
    let message = "Others go on. The log names each of them and what is wrong with it.".to_owned();
    let enabled = app.config.channels.iter().filter(|channel| channel.route.enabled);
    let alert = ExternalAlert {
        key,
        id: format!("{name}-{}", now.0),
        at: now,
        began_at: now,
        phase,
        severity: severity.to_owned(),
        source: OWN_SOURCE.to_owned(),
        title,
        message,
        channels: enabled.map(|channel| channel.route.name.clone()).collect(),
        feed_days: app.config.notify.max_age_days,
        ..ExternalAlert::default()
    };
    app.store.store_alert(&alert).await?;
    app.doorbell.notify_one();
    Ok(())
}
