//! What the tests stand on: an engine in memory, tokio's paused clock, a scripted receiver.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flatline_domain::{AlertPhase, Reason, Status, Transition, UnixMs};
use flatline_embedded::Engine;
use flatline_harness::bridge::Gate;
use flatline_harness::clock::VirtualClock;
use flatline_shared::app::App;
use flatline_shared::clock::Clock;
use flatline_shared::config::Secret;
use flatline_shared::notify::{Answer, BoxFuture, Canary, Outgoing, SendError, Transport};
use flatline_shared::store::{
    CommitOutcome, DeliveryLogEntry, Ending, ExternalAlert, IfMissing, Lane, NewDelivery, Store,
};
use flatline_shared::transition::{Informed, Said, commit_for};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::channels::config;
pub use super::channels::{folding, pager, stand_in, webhook};

/// When the tests begin.
pub const START: UnixMs = UnixMs(1_795_000_000_000);

/// Virtual time passes.
#[expect(clippy::disallowed_methods, reason = "this is the clock of the tests")]
pub async fn pause(ms: i64) {
    tokio::time::sleep(Duration::from_millis(ms as u64)).await;
}

/// What a receiver got.
#[derive(Clone, Debug)]
pub struct Sent {
    /// ms after the start.
    pub after_ms: i64,
    pub host: String,
    pub body: Value,
    /// Whether it was scripted to be accepted.
    pub accepted: bool,
}

impl Sent {
    /// `down api 1`: event, service, version.
    pub fn line(&self) -> String {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let about = self.body.pointer("/service/id").or(self.body.get("title")).map(text);
        let event = text(&self.body["event"]);
        format!("{event} {} {}", about.unwrap_or_default(), self.body["version"])
    }

    /// The lines of what it tells: one, or one for each of many.
    pub fn parts(&self) -> Vec<String> {
        let Some(events) = self.body["events"].as_array() else { return vec![self.line()] };
        let part = |body: &Value| Self { body: body.clone(), ..self.clone() }.line();
        events.iter().map(part).collect()
    }
}

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    Status(u16),
    RetryAfter(u16, &'static str),
    Body(u16, &'static str),
    Slow(i64, u16),
    Unreachable,
    Forbidden,
    Hang,
}

type Script = Box<dyn FnMut(&Sent) -> Reply + Send>;

/// Records what it gets and answers as scripted.
pub struct Receiver {
    clock: Arc<VirtualClock>,
    got: Mutex<Vec<Sent>>,
    script: Mutex<Script>,
}

impl Receiver {
    /// What a channel accepted.
    pub fn accepted(&self, host: &str) -> Vec<Sent> {
        let mut sent = self.sent();
        sent.retain(|sent| sent.accepted && sent.host == host);
        sent
    }

    /// The lines of what a channel accepted, many as one taken apart.
    pub fn told(&self, host: &str) -> Vec<String> {
        self.accepted(host).iter().flat_map(Sent::parts).collect()
    }

    /// Keys of the incidents that are open at the pager, as it accepted them.
    pub fn open_incidents(&self) -> BTreeSet<String> {
        let mut open = BTreeSet::new();
        for sent in self.accepted("events.pagerduty.com") {
            let key = sent.body["dedup_key"].as_str().unwrap().to_owned();
            match sent.body["event_action"].as_str() {
                Some("resolve") => open.remove(&key),
                _ => open.insert(key),
            };
        }
        open
    }

    pub fn script(&self, script: impl FnMut(&Sent) -> Reply + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.got.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.sent().iter().map(Sent::line).collect()
    }

    /// When each request came, in whole seconds after the start.
    pub fn seconds(&self) -> Vec<i64> {
        self.sent().iter().map(|sent| sent.after_ms / 1_000).collect()
    }
}

async fn play(reply: Reply) -> Result<Answer, SendError> {
    let mut headers = http::HeaderMap::new();
    let mut body = bytes::Bytes::new();
    let status = match reply {
        Reply::Status(status) => status,
        Reply::Body(status, text) => {
            body = bytes::Bytes::from_static(text.as_bytes());
            status
        }
        Reply::RetryAfter(status, text) => {
            headers.insert("retry-after", text.parse().unwrap());
            status
        }
        Reply::Slow(ms, status) => {
            pause(ms).await;
            status
        }
        Reply::Unreachable => return Err(SendError::Failed("connecting failed".to_owned())),
        Reply::Forbidden => return Err(SendError::Forbidden("not a public address".to_owned())),
        Reply::Hang => std::future::pending().await,
    };
    Ok(Answer { status, headers, body })
}

impl Transport for Receiver {
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        let Outgoing::Http(request) = request else { panic!("webhooks speak HTTP") };
        let mut sent = Sent {
            accepted: false,
            after_ms: self.clock.monotonic_ms(),
            host: request.url.host_str().unwrap().to_owned(),
            body: serde_json::from_slice(&request.body).unwrap(),
        };
        let reply = (self.script.lock().unwrap_or_else(PoisonError::into_inner))(&sent);
        sent.accepted = matches!(
            reply,
            Reply::Status(200..=299) | Reply::Slow(_, 200..=299) | Reply::Body(200..=299, _)
        );
        self.got.lock().unwrap().push(sent);
        Box::pin(play(reply))
    }
}

struct NoCanary;

impl Canary for NoCanary {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        Box::pin(std::future::ready(Err(SendError::Failed("no canary here".to_owned()))))
    }
}

/// An app with the services `api`, `db` and `web`, on an engine behind a gate.
pub struct Bench {
    pub app: App,
    pub clock: Arc<VirtualClock>,
    pub receiver: Arc<Receiver>,
    pub gate: Gate,
    ids: Vec<String>,
}

impl Bench {
    /// One channel `Hook` without a cooldown.
    pub async fn new() -> Self {
        Self::with(json!([webhook("Hook")]), 0).await
    }

    pub async fn with(channels: Value, cooldown_min: u32) -> Self {
        let ids = ["api", "db", "web"].map(str::to_owned).to_vec();
        Self::of(ids, channels, cooldown_min).await
    }

    /// With these services.
    pub async fn of(ids: Vec<String>, channels: Value, cooldown_min: u32) -> Self {
        let clock = VirtualClock::starting(START);
        let receiver = Arc::new(Receiver {
            clock: clock.clone(),
            got: Mutex::default(),
            script: Mutex::new(Box::new(|_| Reply::Status(204))),
        });
        let gate = Gate::unbilled(Engine::memory().unwrap());
        let store = Store::open(gate.client(), "flatline", clock.clone(), IfMissing::Create);
        let app = App {
            config: Arc::new(config(&ids, &channels, cooldown_min)),
            revision: 1,
            store: store.await.unwrap(),
            clock: clock.clone(),
            canary: Arc::new(NoCanary),
            canary_key: Secret::new("canary"),
            transport: receiver.clone(),
            doorbell: Arc::new(Notify::new()),
        };
        let bench = Self { app, clock, receiver, gate, ids };
        for service in &bench.app.config.services {
            bench.app.store.create_service(&service.spec, START).await.unwrap();
        }
        bench
    }

    /// The same table and clock with another configuration.
    pub fn reconfigured(&self, channels: &Value) -> App {
        App { config: Arc::new(config(&self.ids, channels, 0)), ..self.app.clone() }
    }

    /// Commits a change of status with its rows, as checker and ingest do.
    pub async fn commit(&self, id: &str, to: Status, reason: Reason) {
        self.commit_with(id, to, reason, |rows| rows).await;
    }

    /// As `commit`, with rows as `edit` leaves them.
    pub async fn commit_with(
        &self,
        id: &str,
        to: Status,
        reason: Reason,
        edit: impl FnOnce(Vec<NewDelivery>) -> Vec<NewDelivery>,
    ) {
        let (app, now) = (&self.app, self.clock.now());
        let record = app.store.service(id).await.unwrap().unwrap();
        let informed = self.informed(&Lane::Service(id.to_owned())).await;
        let transition = Transition {
            version: record.version + 1,
            from: record.status,
            to,
            since: record.status_since,
            at: now,
            decided_at: now,
            reason,
        };
        let spec = &app.config.service(id).unwrap().spec;
        let transitions = [transition];
        let said = Said::default();
        let mut commit = commit_for(&app.config, spec, &record, &transitions, now, &informed, said);
        commit.outbox = edit(commit.outbox);
        assert_eq!(app.store.commit(&commit).await.unwrap(), CommitOutcome::Committed);
    }

    async fn informed(&self, lane: &Lane) -> Informed {
        let mut informed =
            Informed { told: self.app.store.told(lane).await.unwrap(), ..Informed::default() };
        for channel in &self.app.config.channels {
            let rows = self.app.store.queued(&channel.route.name).await.unwrap();
            if rows.iter().any(|row| row.delivery.lane == *lane) {
                informed.waiting.insert(channel.route.name.clone());
            }
        }
        informed
    }

    pub async fn down(&self, id: &str) {
        self.commit(id, Status::Down, Reason::Silence).await;
    }

    pub async fn up(&self, id: &str) {
        self.commit(id, Status::Up, Reason::Recovered).await;
    }

    /// Stores an external alert for channel `Hook`.
    pub async fn alert(&self, key: &str, status: Status) {
        // The entry's id is made of the time.
        pause(1).await;
        let now = self.clock.now();
        let (phase, severity) = match status {
            Status::Up => (AlertPhase::Resolved, "critical"),
            Status::Degraded => (AlertPhase::Firing, "warning"),
            _ => (AlertPhase::Firing, "critical"),
        };
        let alert = ExternalAlert {
            key: key.to_owned(),
            id: format!("{key}-{}", now.0),
            at: now,
            began_at: now,
            phase,
            severity: severity.to_owned(),
            source: "tests".to_owned(),
            title: key.to_owned(),
            message: "text".to_owned(),
            channels: vec!["Hook".to_owned()],
            feed_days: 7,
            ..ExternalAlert::default()
        };
        self.app.store.store_alert(&alert).await.unwrap();
    }

    /// How the deliveries of a service ended, oldest first: `down 1 delivered`.
    pub async fn endings(&self, id: &str) -> Vec<String> {
        let lane = Lane::Service(id.to_owned());
        let log = self.app.store.deliveries(&lane, 100);
        let ended = |entry: DeliveryLogEntry| {
            format!("{} {} {}", entry.event.as_str(), entry.version, ending_word(entry.ending))
        };
        let mut endings: Vec<_> = log.await.unwrap().into_iter().map(ended).collect();
        endings.reverse();
        endings
    }

    /// The newest entry of a service's delivery log.
    pub async fn newest_entry(&self, id: &str) -> DeliveryLogEntry {
        let lane = Lane::Service(id.to_owned());
        let log = self.app.store.deliveries(&lane, 1);
        log.await.unwrap().remove(0)
    }

    pub async fn waiting(&self, channel: &str) -> usize {
        self.app.store.queued(channel).await.unwrap().len()
    }
}

fn ending_word(ending: Ending) -> &'static str {
    match ending {
        Ending::Delivered => "delivered",
        Ending::Dead => "dead",
        Ending::Folded => "folded",
        Ending::Cancelled => "cancelled",
    }
}
