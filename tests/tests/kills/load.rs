//! Services that beat, fall silent and return, and what was acknowledged to them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flatline_domain::UnixMs;
use flatline_harness::config::KEY;
use flatline_harness::dice::Dice;
use flatline_shared::clock::{SharedClock, SystemClock};
use flatline_shared::render::time::parse_rfc3339;
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockWriteGuard};
use tokio::task::JoinSet;

/// Heartbeats under way at the same time, at most.
const SENDERS: u64 = 6;

/// A heartbeat that was answered with 2xx.
#[derive(Clone, Copy, Debug)]
pub struct Acknowledged {
    /// The answer's timestamp: what is said to be stored.
    pub at: UnixMs,
    /// When the answer was here.
    pub answered_at: UnixMs,
}

/// One service.
pub struct Member {
    /// Its id.
    pub id: String,
    /// Its window, in seconds.
    pub window_s: u64,
    alive: AtomicBool,
    acknowledged: Mutex<Vec<Acknowledged>>,
}

impl Member {
    /// Everything that was acknowledged to it, in the order of the answers.
    pub fn acknowledged(&self) -> MutexGuard<'_, Vec<Acknowledged>> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All services.
pub struct Town {
    /// The services.
    pub members: Vec<Member>,
    clock: SharedClock,
    /// Whether services fall silent and report trouble.
    restless: AtomicBool,
    /// Held by each request; whoever has all of it knows that none is under way.
    road: RwLock<()>,
}

impl Town {
    /// So many services with windows of 2, 3 and 4 s.
    pub fn of(count: u64) -> Arc<Self> {
        let member = |n| Member {
            id: format!("service-{n:02}"),
            window_s: 2 + n % 3,
            alive: AtomicBool::new(true),
            acknowledged: Mutex::default(),
        };
        Arc::new(Self {
            members: (0..count).map(member).collect(),
            clock: SystemClock::shared(),
            restless: AtomicBool::new(true),
            road: RwLock::new(()),
        })
    }

    /// Waits until no request is under way and lets none begin while it is held.
    pub async fn closed(&self) -> RwLockWriteGuard<'_, ()> {
        self.road.write().await
    }

    /// From now on everybody lives and is well.
    pub fn settle(&self) {
        self.restless.store(false, Ordering::SeqCst);
        self.members.iter().for_each(|member| member.alive.store(true, Ordering::SeqCst));
    }

    fn is_restless(&self) -> bool {
        self.restless.load(Ordering::SeqCst)
    }

    async fn pause(&self, ms: u64) {
        self.clock.sleep(ms as i64).await;
    }
}

/// Lets them live. It ends when the set is dropped.
pub fn begin(town: &Arc<Town>, url: &str, dice: &Dice) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for n in 0..SENDERS {
        let endpoint = format!("{url}/api/heartbeat");
        tasks.spawn(send_for_ever(town.clone(), endpoint, dice.fork(n)));
    }
    for n in 0..town.members.len() {
        tasks.spawn(live(town.clone(), n, dice.fork(1_000 + n as u64)));
    }
    tasks
}

async fn live(town: Arc<Town>, n: usize, mut dice: Dice) {
    loop {
        town.pause(dice.between(2_000, 9_000)).await;
        if !town.is_restless() {
            return;
        }
        town.members[n].alive.store(false, Ordering::SeqCst);
        town.pause(dice.between(3_000, 8_000)).await;
        town.members[n].alive.store(true, Ordering::SeqCst);
    }
}

async fn send_for_ever(town: Arc<Town>, endpoint: String, mut dice: Dice) {
    let client = flatline_harness::http_client();
    loop {
        let member = &town.members[dice.between(0, town.members.len() as u64) as usize];
        if member.alive.load(Ordering::SeqCst) {
            let request = client.post(&endpoint).bearer_auth(KEY);
            let body = heartbeat(member, &mut dice, town.is_restless());
            let _under_way = town.road.read().await;
            // A connection that breaks is what this is about: nothing was acknowledged.
            if let Ok(at) = timestamp(request.json(&body)).await {
                let answered_at = town.clock.now();
                member.acknowledged().push(Acknowledged { at, answered_at });
            }
        }
        town.pause(dice.between(5, 40)).await;
    }
}

/// Mostly plain; some tell of trouble, so that there is more to commit and to tell.
fn heartbeat(member: &Member, dice: &mut Dice, restless: bool) -> Value {
    let id = &member.id;
    match dice.between(0, 80) {
        0 if restless => json!({"serviceId": id, "status": "degraded", "message": "slow"}),
        1 if restless => json!({"serviceId": id, "status": "error", "message": "broken"}),
        2 => json!({"serviceId": id, "status": "up", "message": "fine"}),
        _ => json!({"serviceId": id}),
    }
}

async fn timestamp(request: reqwest::RequestBuilder) -> anyhow::Result<UnixMs> {
    let answer = request.send().await?.error_for_status()?;
    let answer: Value = answer.json().await?;
    let at = answer["timestamp"].as_str().and_then(parse_rfc3339);
    at.ok_or_else(|| anyhow::anyhow!("a heartbeat's answer without a timestamp: {answer}"))
}
