//! The services: each sends heartbeats as ours do, and tries again when one is not accepted.

use std::sync::{Arc, Mutex};

use flatline_domain::UnixMs;
use flatline_shared::render::time::parse_rfc3339;
use flatline_shared::store::Store;
use serde_json::{Value, json};

use crate::plan::{Deed, KEY, ServicePlan};
use crate::random::Random;
use crate::scene::{Scene, locked};

/// How long a client waits for an answer, in ms.
const TIMEOUT_MS: i64 = 10_000;

/// How long a client goes on trying, in ms.
const RETRY_FOR_MS: i64 = 90_000;

/// How a service is.
#[derive(Clone, Debug)]
struct Health {
    alive: bool,
    word: &'static str,
    dawdles: bool,
    bursts: bool,
}

/// One service that is watched.
pub struct Client {
    scene: Arc<Scene>,
    store: Store,
    plan: ServicePlan,
    health: Mutex<Health>,
    random: Mutex<Random>,
}

impl Client {
    /// One that has not begun; `store` is the world's own, to look whether what was said is there.
    pub fn new(scene: Arc<Scene>, store: Store, plan: ServicePlan) -> Arc<Self> {
        let random = Random::of(scene.plan.seed, &plan.id);
        let health = Health { alive: true, word: "", dawdles: false, bursts: false };
        let (health, random) = (Mutex::new(health), Mutex::new(random));
        Arc::new(Self { scene, store, plan, health, random })
    }

    /// Something happens to it.
    pub fn does(&self, deed: Deed) {
        self.scene.note(format!("{} does: {deed:?}", self.plan.id));
        let mut health = locked(&self.health);
        match deed {
            Deed::Die => health.alive = false,
            Deed::Live => health.alive = true,
            Deed::State(word) => health.word = word,
            Deed::Dawdle => health.dawdles = true,
            Deed::Burst => health.bursts = true,
        }
    }

    /// For ever.
    pub async fn live(self: Arc<Self>) {
        let Some(starts_ms) = self.plan.starts_ms else { return };
        self.scene.pause(starts_ms).await;
        loop {
            let next_ms = self.scene.now_ms() + self.gap_ms();
            if locked(&self.health).alive {
                let bursts = std::mem::take(&mut locked(&self.health).bursts);
                let others = if bursts { 3 } else { 0 };
                for _ in 0..others {
                    let other = self.clone();
                    tokio::spawn(async move { other.try_once().await });
                }
                self.beat_until(next_ms).await;
            }
            self.scene.pause(next_ms - self.scene.now_ms()).await;
        }
    }

    /// To the next heartbeat, in ms.
    fn gap_ms(&self) -> i64 {
        let mut random = locked(&self.random);
        let dawdles = std::mem::take(&mut locked(&self.health).dawdles);
        if dawdles {
            // Just when the checker decides.
            return self.plan.window_s * 1_000 + random.range(380, 620);
        }
        let jitter_ms = self.plan.jitter_ms;
        self.plan.period_ms + random.range(-jitter_ms, jitter_ms)
    }

    async fn beat_until(&self, next_ms: i64) {
        let until_ms = next_ms.min(self.scene.now_ms() + RETRY_FOR_MS);
        let mut pause_ms = 1_000;
        while !self.try_once().await && self.plan.retries {
            if self.scene.now_ms() + pause_ms >= until_ms || !locked(&self.health).alive {
                return;
            }
            self.scene.pause(pause_ms).await;
            pause_ms = (pause_ms * 2).min(16_000);
        }
    }

    /// `true`: it was accepted, or never will be.
    async fn try_once(&self) -> bool {
        let mut body = json!({"serviceId": self.plan.id});
        let word = locked(&self.health).word;
        if !word.is_empty() {
            body["status"] = word.into();
            body["message"] = format!("it is {word}").into();
        }
        let reply = self.scene.knock(KEY, &body, TIMEOUT_MS).await;
        let status = reply.as_ref().map_or(0, |(status, _)| *status);
        let id = &self.plan.id;
        match &reply {
            Some((200, answer)) => {
                self.scene.mention(format!("{id} is heard {word}"));
                self.look_for(answer).await;
            }
            _ => self.scene.note(format!("{id} is not heard: {status}")),
        }
        matches!(status, 200 | 400 | 401)
    }

    /// I13: what was acknowledged can be read.
    async fn look_for(&self, answer: &Value) {
        let Some(heard) = answer["timestamp"].as_str().and_then(parse_rfc3339) else {
            return self.scene.truth().violates("I13: an answer without a timestamp".to_owned());
        };
        let stored = self.store.service(&self.plan.id).await;
        let last = stored.ok().flatten().and_then(|record| record.last_beat);
        if last.is_none_or(|last| last < heard) && !self.jumped_lately() {
            let id = &self.plan.id;
            let last = last.map_or(0, |UnixMs(last)| heard.0 - last);
            self.scene.truth().violates(format!(
                "I13: a heartbeat of {id} was acknowledged and is not stored ({last} ms)"
            ));
        }
    }

    /// A clock that was repaired moves last heartbeats back.
    fn jumped_lately(&self) -> bool {
        let now_ms = self.scene.now_ms();
        let last_jump_ms = self.scene.truth().last_jump_ms();
        last_jump_ms.is_some_and(|jump_ms| now_ms - jump_ms < 70_000)
    }
}
