//! Storing alerts: each with its state, its feed entry and its outbox rows at once.

use std::collections::{BTreeMap, BTreeSet};

use flatline_domain::time::DAY_MS;
use flatline_domain::{AlertStep, CLOCK_AHEAD_MS, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::AlertKey;
use flatline_shared::http::ApiError;
use flatline_shared::render::text::cut;
use flatline_shared::store::{ALERT_NOTICE_MAX_BYTES, ExternalAlert, OWN_SOURCE, alert_key};
use futures_util::stream::{self, StreamExt as _};
use sha2::{Digest as _, Sha256};

use crate::format::{Alert, MAX_MESSAGE_BYTES, MAX_TITLE_BYTES, Phase};
use crate::routing::{self, Routed};

/// The longest source and severity that are kept, in bytes.
const MAX_WORD_BYTES: usize = 100;
/// Alerts of one body that are stored at once.
const AT_ONCE: usize = 16;
/// Channels that an alert names, and sentences about them, of which more are not kept.
const MAX_NAMED: usize = 100;
/// A sender that says that the trouble began earlier than so long ago does not know, in ms.
const LONGEST_TROUBLE_MS: i64 = 366 * DAY_MS;

/// What became of the alerts of one body.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// Names of the channels that got a row.
    pub(crate) told: BTreeSet<String>,
    /// How many said nothing new, of which nothing was stored.
    pub(crate) repeated: usize,
    /// How many were older than what is known, of which nothing was stored.
    pub(crate) late: usize,
    /// Why channels that they name are not told, one sentence each.
    pub(crate) problems: Vec<String>,
}

/// Stores alerts that came with `key`; whom they cannot tell stops none of them. Those of one key
/// follow each other, the others are stored some at once. After an error some may be stored: sent
/// again they are repetitions.
pub(crate) async fn store(app: &App, key: &AlertKey, alerts: &[Alert]) -> Result<Intake, ApiError> {
    let mut lanes: BTreeMap<String, Vec<ExternalAlert>> = BTreeMap::new();
    let mut intake = Intake::default();
    for alert in alerts {
        let routed = routing::route(&app.config, key, alert);
        let external = external(app, key, alert, &routed)?;
        for problem in routed.problems {
            if intake.problems.len() < MAX_NAMED && !intake.problems.contains(&problem) {
                intake.problems.push(problem);
            }
        }
        lanes.entry(external.key.clone()).or_default().push(external);
    }
    let stored = stream::iter(lanes.into_values().map(|lane| store_in_turn(app, lane)));
    let mut stored = stored.buffer_unordered(AT_ONCE);
    let mut failed = None;
    // What cannot be stored is sent again; meanwhile it keeps no other alert back.
    while let Some(lane) = stored.next().await {
        match lane {
            Ok(lane) => {
                intake.told.extend(lane.told);
                intake.repeated += lane.repeated;
                intake.late += lane.late;
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(intake), Err)
}

/// Stores alerts of one key.
async fn store_in_turn(app: &App, alerts: Vec<ExternalAlert>) -> Result<Intake, ApiError> {
    let mut intake = Intake::default();
    for alert in alerts {
        let stored = app.store.store_alert(&alert).await?;
        intake.repeated += usize::from(stored.step == AlertStep::Nothing);
        if stored.step == AlertStep::Late {
            intake.late += 1;
            let (key, source) = (&alert.key, &alert.source);
            tracing::info!(key, source, "an alert is older than what is known and was ignored");
        }
        if !stored.channels.is_empty() {
            app.doorbell.notify_one();
        }
        intake.told.extend(stored.channels);
    }
    Ok(intake)
}

fn external(
    app: &App,
    key: &AlertKey,
    alert: &Alert,
    routed: &Routed<'_>,
) -> Result<ExternalAlert, ApiError> {
    let (id, now) = (new_id()?, app.clock.now());
    let word = |text: &str| cut(text, MAX_WORD_BYTES).to_owned();
    // What is over is told to those who were told of it, and not to those that it names.
    let undelivered = match alert.phase {
        Phase::Firing => routed.problems.iter().take(MAX_NAMED).cloned().collect(),
        Phase::Resolved => Vec::new(),
    };
    Ok(ExternalAlert {
        key: known_by(key, alert),
        id,
        at: now,
        began_at: began_at(alert, now),
        changed_at: changed_at(alert, now),
        news: alert.news(),
        is_status_implied: alert.is_status_implied,
        phase: alert.phase,
        severity: word(&alert.severity),
        source: word(source(alert)),
        title: cut(&alert.title, MAX_TITLE_BYTES).to_owned(),
        message: cut(&alert.message, MAX_MESSAGE_BYTES).to_owned(),
        labels: alert.labels.clone(),
        annotations: annotations(alert),
        link: alert.link.clone(),
        content: alert.dedup_key.is_none().then(|| digest(alert)),
        sender: key.name.clone(),
        named: alert.channels.iter().take(MAX_NAMED).cloned().collect(),
        channels: routed.channels.iter().map(|channel| channel.route.name.clone()).collect(),
        undelivered,
        repeat_ms: app.config.notify.repeat_ms,
        feed_days: app.config.notify.max_age_days,
    })
}

/// What an alert is known by. What a key for some channels opens is its own: it can neither end nor
/// occupy what others told of.
fn known_by(key: &AlertKey, alert: &Alert) -> String {
    match key.name.as_deref().filter(|_| !key.is_full()) {
        Some(name) => alert_key(source(alert), &format!("{name}\0{}", alert.identity())),
        None => alert_key(source(alert), alert.identity()),
    }
}

/// Who says it. Flatline's own alarms are nobody else's.
fn source(alert: &Alert) -> &str {
    if claims_to_be_ours(alert) { "external" } else { &alert.source }
}

fn claims_to_be_ours(alert: &Alert) -> bool {
    alert.source.trim().eq_ignore_ascii_case(OWN_SOURCE)
}

fn began_at(alert: &Alert, now: UnixMs) -> UnixMs {
    let is_known = |at: &UnixMs| (0..=LONGEST_TROUBLE_MS).contains(&now.since_ms(*at));
    alert.started_at.filter(is_known).unwrap_or(now)
}

/// A sender whose clock is ahead must not make all that follows look old.
fn changed_at(alert: &Alert, now: UnixMs) -> Option<UnixMs> {
    alert.changed_at.filter(|at| at.since_ms(now) <= CLOCK_AHEAD_MS)
}

/// A picture is one more annotation.
fn annotations(alert: &Alert) -> BTreeMap<String, String> {
    let mut annotations = alert.annotations.clone();
    if let Some(image) = &alert.image {
        annotations.entry("image".to_owned()).or_insert_with(|| image.clone());
    }
    annotations
}

/// What an alert without a key says: only the very same again is a repetition.
fn digest(alert: &Alert) -> u64 {
    let all = (&alert.message, &alert.severity, &alert.labels, annotations(alert), &alert.channels);
    let text =
        serde_json::to_string(&all).expect("texts and maps of texts always have a JSON form");
    let hash = Sha256::digest(text);
    u64::from_be_bytes(*hash.first_chunk().expect("a SHA-256 hash has 32 bytes"))
}

/// What is not kept as sent, one sentence each.
pub(crate) fn warnings(alert: &Alert) -> Vec<String> {
    let mut warnings = alert.warnings();
    if claims_to_be_ours(alert) {
        warnings
            .push(format!("source {OWN_SOURCE} is Flatline's own: external is kept in its place"));
    }
    let pairs = alert.labels.iter().chain(&alert.annotations);
    // The rest of a message is a few hundred bytes, and its text goes before the labels.
    let bytes: usize = pairs.map(|(name, value)| name.len() + value.len() + 6).sum();
    if bytes > ALERT_NOTICE_MAX_BYTES / 2 {
        let limit = ALERT_NOTICE_MAX_BYTES;
        warnings.push(format!(
            "labels and annotations may not fit into a message of {limit} bytes: some are left out \
             then"
        ));
    }
    warnings
}

/// Unique: 16 random hex digits.
pub(crate) fn new_id() -> Result<String, ApiError> {
    let random = getrandom::u64().map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(format!("{random:016x}"))
}
