//! The product as one process: started as its mains do, with our roads instead of the network's.

use std::sync::Arc;

use flatline_checker::Checker;
use flatline_shared::app::App;
use flatline_shared::clock::SharedClock;
use flatline_shared::config::{Config, Secret};
use flatline_shared::store::{IfMissing, Store, StoreError};
use tokio::sync::Notify;

use crate::cage::{Cage, Errand, Role};
use crate::door::{CANARY_KEY, RoadCanary};
use crate::plan::Shape;
use crate::receiver::Wire;
use crate::scene::Scene;
use crate::tap;

/// Between two ticks, and two routine drains, in ms.
pub const MINUTE_MS: i64 = 60_000;

/// A supervisor starts a process that could not start again after so long, in ms.
const RESTART_MS: i64 = 2_000;

/// What a stream waits for more rows, in ms.
const STREAM_MS: i64 = 1_000;

/// The table's name.
pub const TABLE: &str = "flatline";

/// Whether a process has the data directory to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It answers clients.
    First,
    /// It runs beside another one.
    Second,
}

/// Starts a process in this cage. It is ready some time later, or dies in between.
pub fn start(scene: &Arc<Scene>, cage: &Cage, place: Place) {
    let (scene, cage) = (scene.clone(), cage.clone());
    cage.clone().spawn(Role::Boot, async move {
        loop {
            let boot = boot(&scene, &cage, place);
            match on(&scene, &cage, Role::Boot).run(boot).await {
                Ok(()) => break,
                Err(error) => scene.note(format!("cannot start: {error}")),
            }
            scene.pause(RESTART_MS).await;
        }
        scene.note(format!("process {} is ready", cage.number()));
    });
}

fn on(scene: &Scene, cage: &Cage, role: Role) -> Errand {
    let (began_ms, began_wall) = (scene.now_ms(), scene.wall());
    Errand { role, began_ms, began_wall, cage: cage.clone() }
}

async fn boot(scene: &Arc<Scene>, cage: &Cage, place: Place) -> Result<(), StoreError> {
    let app = app(scene, cage, Role::Checker, None).await?;
    let (ingest, notifier) = match scene.plan.shape {
        Shape::Local => (app.clone(), app.clone()),
        Shape::Lambda => (
            self::app(scene, cage, Role::Ingest, Some(&app)).await?,
            self::app(scene, cage, Role::Notifier, Some(&app)).await?,
        ),
    };
    if place == Place::First {
        if scene.plan.shape == Shape::Local {
            app.store.void_leases(&known_channels(&app).await?).await?;
        }
        scene.doorway().open(flatline_ingest::router(ingest), cage.clone());
    }
    tick_for_ever(scene, cage, app);
    match scene.plan.shape {
        Shape::Local => {
            let errand = on(scene, cage, Role::Notifier);
            let run = flatline_notifier::run(notifier, std::future::pending());
            cage.spawn(Role::Notifier, errand.run(run));
        }
        Shape::Lambda => drain_for_ever(scene, cage, notifier),
    }
    Ok(())
}

async fn app(
    scene: &Arc<Scene>,
    cage: &Cage,
    role: Role,
    like: Option<&App>,
) -> Result<App, StoreError> {
    let clock: SharedClock = scene.clock.clone();
    let client = tap::client(scene, role);
    let store = Store::open(client, TABLE, clock.clone(), IfMissing::Create).await?;
    let revision = match like {
        Some(app) => app.revision,
        None => revision(&store, cage.config()).await?,
    };
    Ok(App {
        config: cage.config().clone(),
        revision,
        canary: Arc::new(RoadCanary::new(scene.clone(), store.clone())),
        store,
        clock,
        canary_key: Secret::new(CANARY_KEY),
        transport: Arc::new(Wire::new(scene.clone())),
        doorbell: like.map_or_else(|| Arc::new(Notify::new()), |app| app.doorbell.clone()),
    })
}

async fn revision(store: &Store, config: &Config) -> Result<u64, StoreError> {
    let state = store.config_state().await?;
    Ok(if state.hash == config.hash { state.revision } else { state.revision + 1 })
}

async fn known_channels(app: &App) -> Result<Vec<String>, StoreError> {
    let mut names = app.store.config_state().await?.channels;
    names.extend(app.config.channels.iter().map(|channel| channel.route.name.clone()));
    names.sort();
    names.dedup();
    Ok(names)
}

fn tick_for_ever(scene: &Arc<Scene>, cage: &Cage, app: App) {
    let (scene, inside) = (scene.clone(), cage.clone());
    let checker = Arc::new(Checker::new(app));
    cage.spawn(Role::Checker, async move {
        loop {
            let (checker, again) = (checker.clone(), scene.clone());
            let errand = on(&scene, &inside, Role::Checker);
            inside.spawn(
                Role::Checker,
                errand.run(async move {
                    if let Err(error) = checker.tick().await {
                        again.note(format!("a tick could not check: {error}"));
                    }
                }),
            );
            scene.pause(MINUTE_MS).await;
        }
    });
}

/// The stream starts one drain after a commit, the schedule another each minute.
fn drain_for_ever(scene: &Arc<Scene>, cage: &Cage, app: App) {
    let app = Arc::new(app);
    let (streaming, inside, drained) = (scene.clone(), cage.clone(), app.clone());
    cage.spawn(Role::Notifier, async move {
        loop {
            drained.doorbell.notified().await;
            streaming.pause(STREAM_MS).await;
            let errand = on(&streaming, &inside, Role::Notifier);
            errand.run(flatline_notifier::drain(&drained)).await;
        }
    });
    let (scene, inside) = (scene.clone(), cage.clone());
    cage.spawn(Role::Notifier, async move {
        loop {
            let (errand, app) = (on(&scene, &inside, Role::Notifier), app.clone());
            let drain = async move { flatline_notifier::drain(&app).await };
            inside.spawn(Role::Notifier, errand.run(drain));
            scene.pause(MINUTE_MS).await;
        }
    });
}
