//! The public road to ingest: clients and canaries take the same one.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use flatline_domain::UnixMs;
use flatline_shared::notify::{BoxFuture, Canary, SendError};
use flatline_shared::render::time::parse_rfc3339;
use flatline_shared::store::Store;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::cage::{Cage, Errand, Role};
use crate::mutant::Mutant;
use crate::plan::Shape;
use crate::random::Random;
use crate::scene::Scene;

/// The key that canaries carry.
pub const CANARY_KEY: &str = "canary of the simulation";

/// How long a canary waits, in ms.
const CANARY_TIMEOUT_MS: i64 = 2_000;

/// Who is behind the door, and whether it opens.
pub struct Doorway {
    inside: Option<(Router, Cage)>,
    closed_until_ms: i64,
    flicker: (i64, i64),
    random: Random,
}

impl Doorway {
    /// Nobody is behind it yet.
    pub fn of(seed: u64) -> Self {
        Self { inside: None, closed_until_ms: 0, flicker: (0, 0), random: Random::of(seed, "door") }
    }

    /// From now on this process answers.
    pub fn open(&mut self, router: Router, cage: Cage) {
        self.inside = Some((router, cage));
    }

    /// Nobody answers any more. The process has the scene, and the scene the process: without this
    /// neither would ever be dropped.
    pub fn leave(&mut self) {
        self.inside = None;
    }

    /// Nobody gets through until then.
    pub fn close(&mut self, until_ms: i64) {
        self.closed_until_ms = self.closed_until_ms.max(until_ms);
    }

    /// Until then that many percent of the canaries get lost.
    pub fn flicker(&mut self, until_ms: i64, percent: i64) {
        self.flicker = (until_ms, percent);
    }

    fn loses_canary(&mut self, now_ms: i64) -> bool {
        let (until_ms, percent) = self.flicker;
        now_ms < until_ms && self.random.chance(percent)
    }

    fn enter(&self, now_ms: i64) -> Option<(Router, Cage)> {
        let open = now_ms >= self.closed_until_ms;
        self.inside.clone().filter(|(_, cage)| open && !cage.is_dead())
    }
}

/// What came back: the status and the body, or nothing.
pub type Reply = Option<(u16, Value)>;

impl Scene {
    /// Sends a heartbeat and waits for the answer.
    pub async fn knock(self: &Arc<Self>, key: &str, body: &Value, timeout_ms: i64) -> Reply {
        self.latency().await;
        let now_ms = self.now_ms();
        let (router, cage) = self.doorway().enter(now_ms)?;
        let scene = self.clone();
        let request = Request::post("/api/heartbeat")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::from(body.to_string()))
            .expect("a header and a body that are valid");
        let inside = cage.clone();
        let mut work = cage.spawn(Role::Ingest, async move {
            let errand = Errand {
                role: Role::Ingest,
                began_ms: scene.now_ms(),
                began_wall: scene.wall(),
                cage: inside,
            };
            errand.run(handle(router, request)).await
        });
        let reply = tokio::select! {
            biased;
            reply = &mut work => reply.ok(),
            () = self.pause(timeout_ms) => {
                // A server notices that its client is gone; a function does not.
                if self.plan.shape == Shape::Local {
                    work.abort();
                }
                None
            }
        };
        self.latency().await;
        reply
    }
}

async fn handle(router: Router, request: Request<Body>) -> (u16, Value) {
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status().as_u16();
    let body = response.into_body().collect().await;
    let bytes: Bytes = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// A canary that takes the public road.
pub struct RoadCanary {
    scene: Arc<Scene>,
    store: Store,
}

impl RoadCanary {
    /// The canary of a process; only one that lies needs the store.
    pub fn new(scene: Arc<Scene>, store: Store) -> Self {
        Self { scene, store }
    }
}

impl Canary for RoadCanary {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        let (scene, store) = (self.scene.clone(), self.store.clone());
        Box::pin(async move {
            if scene.mutant == Some(Mutant::LyingCanary) {
                let now = scene.wall();
                return match store.prove(now).await {
                    Ok(()) => Ok(now),
                    Err(error) => Err(SendError::Failed(error.to_string())),
                };
            }
            fly(&scene).await.ok_or_else(|| {
                let now_ms = scene.now_ms();
                scene.truth().trouble(now_ms - CANARY_TIMEOUT_MS, now_ms);
                scene.note("a canary failed");
                SendError::Failed("nobody answered the canary".to_owned())
            })
        })
    }
}

async fn fly(scene: &Arc<Scene>) -> Option<UnixMs> {
    let now_ms = scene.now_ms();
    if scene.doorway().loses_canary(now_ms) {
        return None;
    }
    let body = json!({"serviceId": "#canary"});
    let (status, body) = scene.knock(CANARY_KEY, &body, CANARY_TIMEOUT_MS).await?;
    (status == 200).then(|| parse_rfc3339(body["timestamp"].as_str()?)).flatten()
}
