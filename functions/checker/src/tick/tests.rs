//! Whole ticks on tokio's paused clock, against the real engine behind a gate that refuses.

use std::sync::Arc;

use flatline_domain::UnixMs;
use flatline_embedded::Engine;
use flatline_harness::bridge::{Action, Gate, Rule};
use flatline_harness::clock::VirtualClock;
use flatline_shared::app::App;
use flatline_shared::clock::SharedClock;
use flatline_shared::config::{Config, Env, Secret};
use flatline_shared::notify::{Answer, BoxFuture, Canary, Outgoing, SendError, Transport};
use flatline_shared::store::{Beat, IfMissing, Store};
use tokio::sync::Notify;

use crate::Checker;

const SERVICES: &str =
    r#"{"services": [{"id": "api", "name": "api", "stalenessThreshold": 4}], "groups": []}"#;

/// An open way to ingest; nothing is sent to channels.
struct Road {
    store: Store,
    clock: SharedClock,
}

impl Canary for Road {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        let (store, now) = (self.store.clone(), self.clock.now());
        Box::pin(async move {
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

/// A checker with one service that was heard, and the gate before its table.
async fn checker() -> (Checker, Gate) {
    let config = Config::from_json([("services.json", SERVICES)], &Env::of([]));
    let config = config.unwrap_or_else(|errors| panic!("{errors:?}"));
    let clock: SharedClock = VirtualClock::starting(UnixMs(1_795_000_000_000));
    let gate = Gate::before(Engine::memory().unwrap());
    let (name, client) = ("flatline", gate.client());
    let store = Store::open(client, name, clock.clone(), IfMissing::Create).await.unwrap();
    let beat = Beat { id: "api", at: clock.now(), window_ms: 4_000, stated: None };
    store.beat(&beat).await.unwrap();
    let road = Arc::new(Road { store: store.clone(), clock: clock.clone() });
    let app = App {
        config: Arc::new(config),
        revision: 1,
        store,
        clock,
        canary: road.clone(),
        canary_key: Secret::new("canary"),
        transport: road,
        doorbell: Arc::new(Notify::new()),
    };
    (Checker::new(app), gate)
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_could_not_read_until_its_end_fails() {
    for (rule, fails, sentence) in [
        (Rule::on("UpdateItem", Action::FailBefore), true, "it cannot be marked"),
        (Rule::on("Query", Action::FailBefore), true, "nothing can be swept"),
        (Rule::on("Query", Action::FailBefore).times(30), false, "it was swept in the end"),
        (Rule::on("Query", Action::FailBefore).times(0), false, "nothing is wrong"),
    ] {
        let (checker, gate) = checker().await;
        gate.fault(rule);
        assert_eq!(checker.tick().await.is_err(), fails, "{sentence}");
    }
}
