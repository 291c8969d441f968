//! Looks at the real engine; heartbeats are written as ingest writes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flatline_domain::{Gap, Status, UnixMs};
use flatline_embedded::{Engine, Execution};
use flatline_shared::app::App;
use flatline_shared::clock::SystemClock;
use flatline_shared::config::{Config, Env, Secret};
use flatline_shared::notify::{Answer, BoxFuture, Canary, Outgoing, SendError, Transport};
use flatline_shared::store::{Beat, ConfigState, IfMissing, Store, TickMark, alert_key};
use tokio::sync::Notify;

use super::Judge;
use crate::watch::{Pulse, Watch};
use crate::{Checker, membership};

const SERVICES: &str =
    r#"{"services": [{"id": "api", "name": "api", "stalenessThreshold": 4}], "groups": []}"#;

/// The way to ingest, which can be closed; nothing is sent to channels.
struct Road {
    store: Store,
    open: AtomicBool,
}

impl Canary for Road {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        let (open, store) = (self.open.load(Ordering::SeqCst), self.store.clone());
        Box::pin(async move {
            let now = SystemClock::shared().now();
            if !open {
                return Err(SendError::Failed("closed".to_owned()));
            }
            let stored = store.prove(now).await;
            stored.map(|()| now).map_err(|error| SendError::Failed(error.to_string()))
        })
    }
}

impl Transport for Road {
    fn send(&self, _: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        Box::pin(async { Err(SendError::Failed("closed".to_owned())) })
    }
}

async fn app() -> (App, Arc<Road>) {
    let env = Env::of([]);
    let files = [("services.json", SERVICES)];
    let config = Config::from_json(files, &env).unwrap_or_else(|errors| panic!("{errors:?}"));
    let clock = SystemClock::shared();
    let client = Engine::memory().unwrap().client(Execution::Inline);
    let store = Store::open(client, "flatline", clock.clone(), IfMissing::Create).await.unwrap();
    let road = Arc::new(Road { store: store.clone(), open: AtomicBool::new(true) });
    let app = App {
        config: Arc::new(config),
        revision: 1,
        store,
        clock,
        canary: road.clone(),
        canary_key: Secret::new("canary"),
        transport: road.clone(),
        doorbell: Arc::new(Notify::new()),
    };
    (app, road)
}

async fn beat(app: &App, at: UnixMs) {
    let beat = Beat { id: "api", at, window_ms: 4_000, stated: None };
    app.store.beat(&beat).await.unwrap();
}

async fn look(app: &App, watch: &Watch<'_>) -> Status {
    let record = app.store.service("api").await.unwrap().unwrap();
    let checker = Checker::new(app.clone());
    let pulse = Pulse::read(app.clock.as_ref());
    Judge::new(&checker, watch, pulse).look(vec![record]).await;
    app.store.service("api").await.unwrap().unwrap().status
}

/// The alert is open until somebody says that it is over; who said so may be gone by then.
#[tokio::test]
async fn a_service_that_is_mended_is_told_of_by_whoever_checks_it_next() {
    let (app, _road) = app().await;
    Checker::new(app.clone()).mind_broken("api", "it is full of holes").await;
    let key = alert_key("flatline", "quarantine/api");
    assert!(app.store.is_alert_open(&key).await.unwrap());
    let next = Checker::new(app.clone());
    next.remember_quarantine().await.unwrap();
    next.mind_mended("api").await;
    assert!(!app.store.is_alert_open(&key).await.unwrap());
    assert!(app.store.quarantined().await.unwrap().is_empty());
}

/// After an outage a heartbeat may be stored before the canary comes through: until then nobody
/// knows the hole in which the service seemed silent.
#[tokio::test]
async fn a_gap_is_judged_only_when_the_holes_in_it_are_known() {
    let (app, road) = app().await;
    let watch = Watch::new(&app);
    let now = app.clock.now();
    let gap = Gap { from: now.plus_ms(-10_000), to: now.plus_ms(-100) };
    beat(&app, gap.from).await;
    app.store.prove(gap.from).await.unwrap();
    assert_eq!(look(&app, &watch).await, Status::Up);

    road.open.store(false, Ordering::SeqCst);
    beat(&app, gap.to).await;
    app.store.note_gap("api", gap).await.unwrap();
    look(&app, &watch).await;
    assert_eq!(app.store.history("api").await.unwrap().len(), 1, "judged without sight");

    road.open.store(true, Ordering::SeqCst);
    app.store.prove(app.clock.now()).await.unwrap();
    look(&app, &watch).await;
    assert_eq!(app.store.history("api").await.unwrap().len(), 1, "a hole is no outage");
    assert_eq!(app.store.service("api").await.unwrap().unwrap().gap, None);
}

/// Our own canary may be what is broken: then heartbeats of others prove that one would be heard.
#[tokio::test]
async fn while_canaries_fail_heartbeats_of_others_prove_a_silence() {
    let (app, road) = app().await;
    let began = app.clock.now().plus_ms(-20_000);
    beat(&app, began).await;
    app.store.prove(began).await.unwrap();
    assert_eq!(look(&app, &Watch::new(&app)).await, Status::Up);
    road.open.store(false, Ordering::SeqCst);
    for second in 1..20 {
        let at = began.plus_ms(second * 1_000);
        let other = Beat { id: "other", at, window_ms: 4_000, stated: None };
        app.store.beat(&other).await.unwrap();
        if second % 5 == 0 {
            let watch = Watch::new(&app);
            watch.prove_for_silence().await;
            watch.listen_to_others().await.unwrap();
        }
    }
    assert_eq!(look(&app, &Watch::new(&app)).await, Status::Down, "three windows were seen");
}

#[tokio::test]
async fn what_was_rolled_back_gives_way_to_a_higher_number_of_ours() {
    let (app, _) = app().await;
    let now = app.clock.now();
    let newer = ConfigState { revision: 5, hash: "newer".to_owned(), channels: Vec::new() };
    app.store.apply_config(&newer, now).await.unwrap();
    let mark = |ago_ms: i64| TickMark { at: now.plus_ms(-ago_ms), revision: 5 };
    app.store.start_tick(&mark(200_000)).await.unwrap();
    let ours = Checker::new(app.clone());
    assert_eq!(ours.begin().await.unwrap(), None, "it may still be at work");

    app.store.start_tick(&mark(301_000)).await.unwrap();
    let (begun, previous) = ours.begin().await.unwrap().unwrap();
    assert_eq!((begun.revision, previous.unwrap().revision), (6, 5));
    membership::announce(&app, ours.revision(), now).await.unwrap();
    let state = app.store.config_state().await.unwrap();
    assert_eq!((state.revision, &state.hash), (6, &app.config.hash), "it is written as ours");
    app.store.apply_config(&ConfigState { revision: 9, ..newer }, now).await.unwrap();
    let died_between = membership::announce(&app, ours.revision(), now).await.unwrap();
    assert_eq!(died_between, 10, "its mark was overwritten, and not what it had applied");
    let twin = Checker::new(app.clone());
    let (begun, _) = twin.begin().await.unwrap().unwrap();
    assert_eq!(begun.revision, 6, "other processes of ours go by the same number");
}
