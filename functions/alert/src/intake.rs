//! Storing an alert: its state, its feed entry and its outbox rows at once.

use std::collections::BTreeSet;

use flatline_domain::{Status, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::{Channel, Config};
use flatline_shared::http::ApiError;
use flatline_shared::render::text::cut;
use flatline_shared::store::{ALERT_NOTICE_MAX_BYTES, ExternalAlert, FeedEntry, Notice, alert_key};

use crate::format::{Alert, MAX_MESSAGE_BYTES, MAX_TITLE_BYTES};

/// The longest source and severity that are kept, in bytes.
const MAX_WORD_BYTES: usize = 100;

/// Stores `alert` and queues it for `channels`; returns the names of the channels that have it
/// queued, which are others if it ends an earlier alert.
pub(crate) async fn store(
    app: &App,
    alert: &Alert,
    channels: &[&Channel],
) -> Result<Vec<String>, ApiError> {
    let id = new_id()?;
    let external = external(app, alert, channels, id);
    let told = app.store.store_alert(&external).await?;
    if !told.is_empty() {
        app.doorbell.notify_one();
    }
    Ok(told)
}

fn external(app: &App, alert: &Alert, channels: &[&Channel], id: String) -> ExternalAlert {
    let now = app.clock.now();
    let status = alert.status();
    // Without a key of its own it never is the repetition of another, so nothing of it is folded.
    let key = alert_key(&alert.source, alert.dedup_key.as_deref().unwrap_or(&id));
    ExternalAlert {
        notice: notice(alert, key.clone(), status, now),
        key,
        feed: FeedEntry {
            id,
            at: now,
            title: cut(&alert.title, MAX_TITLE_BYTES).to_owned(),
            message: cut(&alert.message, MAX_MESSAGE_BYTES).to_owned(),
            severity: cut(&alert.severity, MAX_WORD_BYTES).to_owned(),
            source: cut(&alert.source, MAX_WORD_BYTES).to_owned(),
            service_id: None,
            status: Some(status.as_str().to_owned()),
            muted: false,
        },
        feed_days: app.config.notify.max_age_days,
        channels: channels.iter().map(|channel| channel.route.name.clone()).collect(),
    }
}

/// What is not kept as sent, one sentence each.
pub(crate) fn warnings(alert: &Alert) -> Vec<String> {
    let mut warnings = alert.warnings();
    let told = notice(alert, String::new(), alert.status(), UnixMs(0));
    let kept = told.clone().fitted(ALERT_NOTICE_MAX_BYTES);
    if (kept.labels, kept.annotations) != (told.labels, told.annotations) {
        let limit = ALERT_NOTICE_MAX_BYTES;
        warnings.push(format!(
            "labels and annotations do not fit into a message of {limit} bytes: some are left out"
        ));
    }
    warnings
}

fn notice(alert: &Alert, id: String, status: Status, now: UnixMs) -> Notice {
    Notice {
        id,
        name: alert.title.clone(),
        status,
        previous: Status::Unknown,
        at: now,
        since: now,
        last_seen: None,
        window_ms: 0,
        reason: cut(&alert.source, MAX_WORD_BYTES).to_owned(),
        message: Some(cut(&alert.message, MAX_MESSAGE_BYTES).to_owned()),
        severity: Some(cut(&alert.severity, MAX_WORD_BYTES).to_owned()),
        labels: alert.labels.clone(),
        annotations: alert.annotations.clone(),
        channels: alert.channels.clone(),
    }
}

/// The types of these channels, in the order of the configuration.
pub(crate) fn types(config: &Config, names: &BTreeSet<String>) -> Vec<&'static str> {
    let told = config.channels.iter().filter(|channel| names.contains(&channel.route.name));
    told.map(|channel| channel.kind.as_str()).collect()
}

/// Unique: 16 random hex digits.
pub(crate) fn new_id() -> Result<String, ApiError> {
    let random = getrandom::u64().map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(format!("{random:016x}"))
}
