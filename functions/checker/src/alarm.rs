//! What Flatline has to say about itself.
//!
//! It says it as an external alert of source `flatline`, to every channel that can deliver, whatever
//! events it takes: a service that cannot be checked, or blind time that lasts.

use flatline_domain::{AlertPhase, Status, UnixMs};
use flatline_shared::app::App;
use flatline_shared::render::duration;
use flatline_shared::store::{ExternalAlert, OWN_SOURCE, StoreError, alert_key};

use crate::Checker;

/// The key of the alert about blind time.
const BLIND: &str = "flatline/blind";

/// Canaries that fail for this long are worth an alert, in ms.
const BLIND_FOR_MS: i64 = 300_000;

/// Canaries that were heard for this long fail no more: in between they may flicker, in ms.
const CALM_MS: i64 = 60_000;

/// An alert that could not be stored is tried again after this long, in ms.
const RETRY_MS: i64 = 30_000;

/// What a process knows of its blindness.
#[derive(Debug, Default)]
pub struct Blindness {
    /// Since when canaries fail, now and then at least.
    since: Option<UnixMs>,
    /// Since when they have been heard again.
    heard_since: Option<UnixMs>,
    /// Whether the alert is open. `None`: an earlier process may have left it so.
    told: Option<bool>,
    /// Not before this instant is the alert stored again.
    next_try: UnixMs,
}

/// What there is to say about sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saying {
    Nothing,
    /// Blind since this instant.
    Blind(UnixMs),
    /// Canaries are heard again.
    Sighted,
}

impl Blindness {
    fn saying(&mut self, failing: bool, now: UnixMs) -> Saying {
        if !failing {
            let heard_since = *self.heard_since.get_or_insert(now);
            if self.since.is_some() && now.since_ms(heard_since) < CALM_MS {
                return Saying::Nothing;
            }
            self.since = None;
            let unsaid = self.told != Some(false) && now >= self.next_try;
            return if unsaid { Saying::Sighted } else { Saying::Nothing };
        }
        self.heard_since = None;
        let since = *self.since.get_or_insert(now);
        let long = now.since_ms(since) >= BLIND_FOR_MS;
        if long && self.told != Some(true) && now >= self.next_try {
            Saying::Blind(since)
        } else {
            Saying::Nothing
        }
    }
}

impl Checker {
    /// Tells of blind time that lasts, and of its end.
    pub(crate) async fn mind_sight(&self, failing: bool) {
        let now = self.app.clock.now();
        let saying = self.memory().blindness.saying(failing, now);
        let said = match saying {
            Saying::Nothing => return,
            Saying::Blind(since) => raise(&self.app, &blind(since, now)).await.map(|()| true),
            Saying::Sighted => resolve(&self.app, &sighted(now)).await.map(|()| false),
        };
        let mut memory = self.memory();
        match said {
            Ok(open) => memory.blindness.told = Some(open),
            Err(error) => {
                tracing::warn!(error = %error, "an alert about blind time could not be stored yet");
                memory.blindness.next_try = now.plus_ms(RETRY_MS);
            }
        }
    }
}

/// One of our own alerts.
struct Alarm {
    key: String,
    title: String,
    message: String,
    status: Status,
    at: UnixMs,
}

fn blind(since: UnixMs, now: UnixMs) -> Alarm {
    let lasted = duration::words(now.since_ms(since));
    Alarm {
        key: BLIND.to_owned(),
        title: "Flatline cannot hear heartbeats".to_owned(),
        message: format!(
            "Flatline's own heartbeat has not come through, or only now and then, for {lasted}: \
             services that fall silent are told late or not at all until it does. Check the ingest \
             address, its certificate and the \
             database."
        ),
        status: Status::Down,
        at: now,
    }
}

fn sighted(now: UnixMs) -> Alarm {
    Alarm {
        key: BLIND.to_owned(),
        title: "Flatline hears heartbeats again".to_owned(),
        message: "Each silent service gets one full window from now on.".to_owned(),
        status: Status::Up,
        at: now,
    }
}

impl Checker {
    /// Learns what earlier processes said of services that they could not check.
    pub(crate) async fn remember_quarantine(&self) -> Result<(), StoreError> {
        let ids = self.app.store.quarantined().await?;
        self.memory().broken.extend(ids);
        Ok(())
    }

    /// A service that cannot be read or committed is left alone and told of once; the others go on.
    pub(crate) async fn mind_broken(&self, id: &str, why: &str) {
        tracing::error!(service = id, why, "this service cannot be checked");
        if self.memory().broken.contains(id) {
            return;
        }
        let message = format!("Its record or its transition is refused: {why}. Others go on.");
        let title = format!("Flatline cannot check the service {id}");
        let alarm = quarantine(id, title, message, Status::Down, self.app.clock.now());
        let said = match self.app.store.quarantine(id).await {
            Ok(()) => raise(&self.app, &alarm).await,
            Err(error) => Err(error),
        };
        match said {
            Ok(()) => {
                self.memory().broken.insert(id.to_owned());
            }
            Err(error) => {
                tracing::warn!(service = id, %error, "an alert about it could not be stored yet");
            }
        }
    }

    /// A service that could not be checked, and now can, is told of as well.
    pub(crate) async fn mind_mended(&self, id: &str) {
        if !self.memory().broken.contains(id) {
            return;
        }
        let title = format!("Flatline checks the service {id} again");
        let now = self.app.clock.now();
        let alarm = quarantine(id, title, "Its record is in order.".into(), Status::Up, now);
        let said = match resolve(&self.app, &alarm).await {
            Ok(()) => self.app.store.end_quarantine(id).await,
            Err(error) => Err(error),
        };
        match said {
            Ok(()) => {
                self.memory().broken.remove(id);
            }
            Err(error) => tracing::warn!(service = id, %error, "that it is mended is not told yet"),
        }
    }
}

fn quarantine(id: &str, title: String, message: String, status: Status, at: UnixMs) -> Alarm {
    Alarm { key: format!("quarantine/{id}"), title, message, status, at }
}

/// Opens the alert, unless it is open.
async fn raise(app: &App, alarm: &Alarm) -> Result<(), StoreError> {
    if app.store.is_alert_open(&alert_key(OWN_SOURCE, &alarm.key)).await? {
        return Ok(());
    }
    store(app, alarm).await
}

/// Ends the alert, if it is open.
async fn resolve(app: &App, alarm: &Alarm) -> Result<(), StoreError> {
    if app.store.is_alert_open(&alert_key(OWN_SOURCE, &alarm.key)).await? {
        store(app, alarm).await?;
    }
    Ok(())
}

async fn store(app: &App, alarm: &Alarm) -> Result<(), StoreError> {
    let channels = app.config.channels.iter().filter(|channel| channel.route.enabled);
    let alert = ExternalAlert {
        channels: channels.map(|channel| channel.route.name.clone()).collect(),
        feed_days: app.config.notify.max_age_days,
        ..external(alarm)
    };
    let stored = app.store.store_alert(&alert).await?;
    if !stored.channels.is_empty() {
        app.doorbell.notify_one();
    }
    Ok(())
}

fn external(alarm: &Alarm) -> ExternalAlert {
    let (phase, severity) = match alarm.status {
        Status::Up => (AlertPhase::Resolved, "info"),
        _ => (AlertPhase::Firing, "critical"),
    };
    ExternalAlert {
        key: alert_key(OWN_SOURCE, &alarm.key),
        id: format!("{}-{}", alarm.key, alarm.at.0),
        at: alarm.at,
        began_at: alarm.at,
        phase,
        severity: severity.to_owned(),
        source: OWN_SOURCE.to_owned(),
        title: alarm.title.clone(),
        message: alarm.message.clone(),
        ..ExternalAlert::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blindness_is_told_once_after_five_minutes_and_once_when_it_ends() {
        let mut blindness = Blindness { told: Some(false), ..Blindness::default() };
        let at = |seconds: i64| UnixMs(seconds * 1_000);
        assert_eq!(blindness.saying(false, at(0)), Saying::Nothing);
        assert_eq!(blindness.saying(true, at(10)), Saying::Nothing);
        assert_eq!(blindness.saying(true, at(309)), Saying::Nothing);
        assert_eq!(blindness.saying(true, at(310)), Saying::Blind(at(10)));
        blindness.told = Some(true);
        assert_eq!(blindness.saying(true, at(400)), Saying::Nothing);
        assert_eq!(blindness.saying(false, at(401)), Saying::Nothing, "it may flicker");
        assert_eq!(blindness.saying(false, at(461)), Saying::Sighted);
        blindness.told = Some(false);
        assert_eq!(blindness.saying(false, at(462)), Saying::Nothing);
        assert_eq!(blindness.saying(true, at(463)), Saying::Nothing, "it is counted anew");
    }

    #[test]
    fn a_canary_that_flickers_is_told_as_well() {
        let mut blindness = Blindness { told: Some(false), ..Blindness::default() };
        let said =
            (0..=300).map(|second| blindness.saying(second % 2 == 0, UnixMs(second * 1_000)));
        let said: Vec<_> = said.filter(|saying| *saying != Saying::Nothing).collect();
        assert_eq!(said, [Saying::Blind(UnixMs(0))]);
    }

    #[test]
    fn an_alert_that_an_earlier_process_left_open_is_looked_for() {
        let mut blindness = Blindness::default();
        assert_eq!(blindness.saying(false, UnixMs(0)), Saying::Sighted);
    }
}
