//! One seed from beginning to end.

use std::sync::Arc;

use flatline_embedded::{Engine, Execution};
use flatline_harness::bridge::Gate;
use flatline_shared::clock::SharedClock;
use flatline_shared::store::{IfMissing, Store};

use crate::cage::Cage;
use crate::checks::Checks;
use crate::client::Client;
use crate::mutant::Mutant;
use crate::plan::{Change, Crash, Happening, Moment, Plan, Settings};
use crate::process::{MINUTE_MS, Place, TABLE, start};
use crate::scene::{Scene, Trap};
use crate::trace::Verbosity;
use crate::truth::Jump;

/// How often the world looks at itself, in ms.
const STEP_MS: i64 = 200;

/// A crash whose moment does not come happens anyway after so long, in ms.
const MOMENT_MS: i64 = 20_000;

/// How long the world is quiet while the checker still runs, in ms.
const CALM_MS: i64 = 30_000;

/// How long deliveries may take once everything is well, in ms: what a channel may ask for, and a
/// cooldown.
const DELIVERY_MS: i64 = 70 * 60_000;

/// How a seed ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// A hash over everything that happened.
    pub hash: u64,
    /// The sentence that did not hold.
    pub violation: Option<String>,
    /// The last events.
    pub last: Vec<String>,
    /// Calls to the database.
    pub calls: u64,
    /// Virtual time, in ms.
    pub virtual_ms: i64,
    /// Transitions that were checked.
    pub transitions: usize,
}

/// Runs one seed.
pub fn run(seed: u64, mutant: Option<Mutant>, verbosity: Verbosity) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without threads and sockets");
    runtime.block_on(async {
        let mut world = World::new(Plan::of(seed), mutant, verbosity).await;
        let violation = world.live().await.err();
        let scene = &world.scene;
        scene.doorway().leave();
        let hash = scene.trace().hash();
        let last = scene.trace().last();
        let (calls, virtual_ms) = (scene.gate.ledger().totals().all(), scene.now_ms());
        let transitions = world.checks.transitions();
        Outcome { seed, hash, violation, last, calls, virtual_ms, transitions }
    })
}

/// The world while it runs.
struct World {
    scene: Arc<Scene>,
    settings: Settings,
    clients: Vec<Arc<Client>>,
    checks: Checks,
    processes: u32,
    main: Cage,
    twin: Option<(i64, Cage)>,
    restart: Restart,
    stalled_until_ms: i64,
    frozen_until_ms: i64,
}

/// What follows a crash.
#[derive(Default)]
struct Restart {
    down_ms: i64,
    change: Option<Change>,
    /// When the trap is sprung by force.
    trap_until_ms: Option<i64>,
    /// When the next process starts.
    at_ms: Option<i64>,
}

impl World {
    async fn new(plan: Plan, mutant: Option<Mutant>, verbosity: Verbosity) -> Self {
        let engine = Engine::memory().expect("a database in memory");
        let direct = engine.client(Execution::Inline);
        let scene = Scene::new(plan, Gate::unbilled(engine), mutant, verbosity);
        let clock: SharedClock = scene.clock.clone();
        let store = Store::open(direct, TABLE, clock, IfMissing::Create).await;
        let store = store.expect("a new table");
        let settings = Settings::of(&scene.plan);
        let main = Cage::new(1, Arc::new(settings.config()));
        let plans = scene.plan.services.iter().cloned();
        let clients = plans.map(|plan| Client::new(scene.clone(), store.clone(), plan)).collect();
        Self {
            checks: Checks::new(scene.clone(), store),
            scene,
            settings,
            clients,
            processes: 1,
            main,
            twin: None,
            restart: Restart::default(),
            stalled_until_ms: 0,
            frozen_until_ms: 0,
        }
    }

    async fn live(&mut self) -> Result<(), String> {
        self.scene.note(format!("{:?}", self.scene.plan));
        start(&self.scene, &self.main, Place::First);
        self.scene.truth().trouble(0, 1_000);
        for client in &self.clients {
            tokio::spawn(client.clone().live());
        }
        let mut happenings = self.scene.plan.happenings.clone().into_iter().peekable();
        let until_ms = self.scene.plan.length_ms;
        while self.scene.now_ms() < until_ms {
            let now_ms = self.scene.now_ms();
            while let Some((_, happening)) = happenings.next_if(|(at_ms, _)| *at_ms <= now_ms) {
                self.happen(happening);
            }
            self.step().await?;
        }
        self.calm_down().await
    }

    /// Nothing bad happens any more; what waits must go out.
    async fn calm_down(&mut self) -> Result<(), String> {
        let scene = self.scene.clone();
        scene.note("all is well from now on");
        scene.sky().clear();
        scene.inbox().cheer_up();
        self.frozen_until_ms = 0;
        self.stalled_until_ms = 0;
        self.end_twin();
        if self.restart.trap_until_ms.take().is_some() {
            *scene.trap() = None;
        }
        let until_ms = scene.now_ms() + CALM_MS;
        while scene.now_ms() < until_ms || self.main.is_dead() {
            self.step().await?;
        }
        scene.note("the checker and the services stand still");
        self.main.freeze_checker(true);
        for client in &self.clients {
            client.does(crate::plan::Deed::Die);
        }
        let until_ms = scene.now_ms() + DELIVERY_MS;
        while scene.now_ms() < until_ms && !scene.truth().waiting.is_empty() {
            scene.pause(STEP_MS * 5).await;
        }
        self.checks.step().await?;
        self.checks.end(self.main.config()).await
    }

    async fn step(&mut self) -> Result<(), String> {
        self.attend_process();
        let now_ms = self.scene.now_ms();
        self.scene.pause(STEP_MS - now_ms % STEP_MS).await;
        if self.scene.now_ms() % 1_000 == 0 {
            self.checks.step().await?;
        }
        if self.scene.now_ms() % 5_000 == 0 && !self.main.is_dead() {
            self.checks.look(self.main.config()).await?;
        }
        Ok(())
    }

    fn happen(&mut self, happening: Happening) {
        let scene = self.scene.clone();
        let now_ms = scene.now_ms();
        if !matches!(happening, Happening::Service(..)) {
            scene.note(format!("{happening:?}"));
        }
        let trouble = |ms: i64| {
            scene.truth().trouble(now_ms, now_ms + ms);
            now_ms + ms
        };
        match happening {
            Happening::Weather(weather) => {
                trouble(weather.ms);
                scene.sky().add(now_ms, weather);
            }
            Happening::RoadClosed(ms) => {
                let until_ms = trouble(ms);
                scene.doorway().close(until_ms);
            }
            Happening::CanaryFlicker(ms, percent) => {
                let until_ms = trouble(ms);
                scene.doorway().flicker(until_ms, percent);
            }
            Happening::Crash(crash) => self.crash(crash),
            Happening::Stall(ms) => self.stalled_until_ms = trouble(ms),
            Happening::Freeze(ms) => self.frozen_until_ms = trouble(ms),
            Happening::Jump(ms) => self.jump(ms),
            Happening::Twin(ms) => self.twin(now_ms + ms),
            Happening::Channel(at, ms, mood) => {
                let name = &scene.plan.channels[at].name;
                scene.inbox().mood(name, now_ms + ms, mood);
            }
            Happening::Service(at, deed) => self.clients[at].does(deed),
        }
    }

    fn crash(&mut self, crash: Crash) {
        if self.main.is_dead() || self.restart.trap_until_ms.is_some() {
            return;
        }
        self.restart.down_ms = crash.down_ms;
        self.restart.change = crash.change;
        if crash.moment == Moment::Now {
            self.main.kill();
            return;
        }
        *self.scene.trap() = Some(Trap { moment: crash.moment, cage: self.main.clone() });
        self.restart.trap_until_ms = Some(self.scene.now_ms() + MOMENT_MS);
    }

    fn jump(&mut self, ms: i64) {
        let now_ms = self.scene.now_ms();
        let is_seen =
            !self.main.is_dead() && self.stalled_until_ms == 0 && self.frozen_until_ms == 0;
        self.scene.clock.jump(ms);
        let mut truth = self.scene.truth();
        truth.trouble(now_ms, now_ms + ms.clamp(0, 60_000));
        truth.jumps.push(Jump { at_ms: now_ms, ms, is_seen });
    }

    fn twin(&mut self, until_ms: i64) {
        if self.twin.is_some() || self.main.is_dead() {
            return;
        }
        self.processes += 1;
        let cage = Cage::new(self.processes, self.main.config().clone());
        start(&self.scene, &cage, Place::Second);
        self.twin = Some((until_ms, cage));
    }

    /// Everything about processes that takes its time.
    fn attend_process(&mut self) {
        let now_ms = self.scene.now_ms();
        if self.restart.trap_until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
            *self.scene.trap() = None;
            self.main.kill();
        }
        if self.main.is_dead() {
            self.attend_dead(now_ms);
        }
        if self.twin.as_ref().is_some_and(|(until_ms, _)| *until_ms <= now_ms) {
            self.end_twin();
        }
        self.stalled_until_ms = until(now_ms, self.stalled_until_ms);
        self.frozen_until_ms = until(now_ms, self.frozen_until_ms);
        self.main.freeze_checker(self.stalled_until_ms > 0);
        self.main.freeze(self.frozen_until_ms > 0);
    }

    fn attend_dead(&mut self, now_ms: i64) {
        let Some(at_ms) = self.restart.at_ms else {
            self.restart.trap_until_ms = None;
            let at_ms = now_ms + self.restart.down_ms;
            self.scene.note(format!("process {} is dead", self.main.number()));
            self.restart.at_ms = Some(at_ms);
            let mut truth = self.scene.truth();
            truth.died(self.main.number());
            truth.trouble(now_ms - STEP_MS, at_ms + 5_000);
            return;
        };
        if at_ms > now_ms {
            return;
        }
        if let Some(change) = self.restart.change.take() {
            self.settings.change(&change);
            // Two processes with different configurations would each undo what the other did.
            self.end_twin();
        }
        self.restart.at_ms = None;
        self.processes += 1;
        self.main = Cage::new(self.processes, Arc::new(self.settings.config()));
        start(&self.scene, &self.main, Place::First);
    }

    fn end_twin(&mut self) {
        let Some((_, cage)) = self.twin.take() else { return };
        cage.kill();
        self.scene.note(format!("process {} ends", cage.number()));
        let now_ms = self.scene.now_ms();
        let mut truth = self.scene.truth();
        truth.died(cage.number());
        // Its ticks ended those of the first, whose next one comes within a minute.
        truth.trouble(now_ms, now_ms + MINUTE_MS);
    }
}

/// 0 once it is over.
const fn until(now_ms: i64, until_ms: i64) -> i64 {
    if until_ms <= now_ms { 0 } else { until_ms }
}
