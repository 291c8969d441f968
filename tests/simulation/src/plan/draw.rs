//! From a seed to a plan.

use super::{Change, ChannelPlan, Crash, Deed, Happening, Moment, Mood, Plan, ServicePlan, Shape};
use crate::random::Random;
use crate::weather::Weather;

/// Windows in seconds, by how fast a world is; the first list holds the smallest of a world, for which
/// canaries fly often enough to see holes of half a window.
const WINDOWS_S: [(&[i64], &[i64]); 3] = [
    (&[2, 3, 4, 5], &[2, 3, 4, 5, 10, 20, 30, 60, 300]),
    (&[10, 20, 40], &[20, 30, 45, 60, 90, 120, 300]),
    (&[90, 180], &[180, 240, 300, 420, 600]),
];

/// Minutes that things happen, by how fast a world is.
const MINUTES: [(i64, i64); 3] = [(3, 8), (8, 20), (20, 60)];

/// How often something happens, in s, by how lively a world is.
const EVERY_S: [i64; 3] = [20, 45, 120];

const EVENTS: [&[&str]; 5] =
    [&[], &["down", "up", "degraded"], &["down", "up"], &["down"], &["down", "degraded"]];

impl Plan {
    /// The plan of this seed.
    pub fn of(seed: u64) -> Self {
        let mut random = Random::of(seed, "plan");
        let pace = *random.pick(&[0, 0, 1, 1, 2]);
        let (least, most) = MINUTES[pace];
        let length_ms = random.range(least * 60_000, most * 60_000);
        let channels = channels(&mut random, seed);
        let services = services(&mut random, pace, &channels);
        let mut plan = Self {
            seed,
            shape: *random.pick(&[Shape::Local, Shape::Lambda]),
            length_ms,
            services,
            channels,
            cooldown_min: *random.pick(&[0, 0, 1, 5]),
            happenings: Vec::new(),
        };
        plan.happenings = happenings(&mut random, &plan, pace);
        plan
    }
}

fn channels(random: &mut Random, seed: u64) -> Vec<ChannelPlan> {
    let mut folding = Random::of(seed, "folding");
    let mut channels: Vec<ChannelPlan> = (0..random.range(1, 3))
        .map(|n| ChannelPlan {
            name: format!("hook{n}"),
            events: random.pick(&EVENTS).to_vec(),
            folds: folding.chance(35),
            stands_in: false,
        })
        .collect();
    if let Some(last) = channels.get_mut(1..).and_then(<[_]>::last_mut) {
        last.stands_in = folding.chance(60);
    }
    channels
}

fn services(random: &mut Random, pace: usize, channels: &[ChannelPlan]) -> Vec<ServicePlan> {
    let (smallest, others) = WINDOWS_S[pace];
    let smallest_s = *random.pick(smallest);
    (0..random.range(3, 8))
        .map(|n| {
            let window_s = if n == 0 { smallest_s } else { (*random.pick(others)).max(smallest_s) };
            service(random, format!("s{n}"), window_s, channels)
        })
        .collect()
}

fn service(
    random: &mut Random,
    id: String,
    window_s: i64,
    channels: &[ChannelPlan],
) -> ServicePlan {
    let period_ms = window_s * 10 * random.range(30, 80);
    let never = random.chance(10);
    let named = random.chance(25).then(|| random.pick(channels).name.clone());
    ServicePlan {
        id,
        window_s,
        first_s: random.chance(60).then(|| random.range(window_s, window_s * 4)),
        period_ms,
        jitter_ms: period_ms * random.range(0, 15) / 100,
        starts_ms: (!never).then(|| random.range(0, 20_000)),
        retries: random.chance(80),
        channels: named.into_iter().collect(),
        events: if random.chance(20) { random.pick(&EVENTS).to_vec() } else { Vec::new() },
    }
}

/// Things happen at their times; services come back some time after they died.
fn happenings(random: &mut Random, plan: &Plan, pace: usize) -> Vec<(i64, Happening)> {
    let every_ms = random.pick(&EVERY_S) * 1_000 * (1 + pace as i64);
    // Some worlds know only some kinds of trouble, so that each shows by itself.
    let trouble = Trouble::draw(random);
    let mut list = Vec::new();
    let mut at_ms = random.range(5_000, 30_000);
    while at_ms < plan.length_ms {
        let happening = if random.chance(45) {
            service_deed(random, plan, at_ms, &mut list)
        } else {
            trouble.one(random, plan)
        };
        list.push((at_ms, happening));
        at_ms += random.range(every_ms / 4, every_ms * 7 / 4);
    }
    list.sort_by_key(|(at_ms, _)| *at_ms);
    list
}

fn service_deed(
    random: &mut Random,
    plan: &Plan,
    at_ms: i64,
    list: &mut Vec<(i64, Happening)>,
) -> Happening {
    let at = random.range(0, plan.services.len() as i64 - 1) as usize;
    let window_ms = plan.services[at].window_s * 1_000;
    let deed = *random.pick(&[
        Deed::Die,
        Deed::Die,
        Deed::State("degraded"),
        Deed::State("down"),
        Deed::State(""),
        Deed::Dawdle,
        Deed::Dawdle,
        Deed::Burst,
    ]);
    let back_ms = at_ms + random.range(window_ms / 2, window_ms * 3);
    match deed {
        Deed::Die => list.push((back_ms, Happening::Service(at, Deed::Live))),
        Deed::State(_) => list.push((back_ms, Happening::Service(at, Deed::State("")))),
        _ => {}
    }
    Happening::Service(at, deed)
}

/// The kinds of trouble that a world knows.
struct Trouble {
    kinds: Vec<Kind>,
}

#[derive(Clone, Copy)]
enum Kind {
    Weather,
    Road,
    Flicker,
    Crash,
    Stall,
    Freeze,
    Jump,
    Twin,
    Channel,
}

const KINDS: [Kind; 9] = [
    Kind::Weather,
    Kind::Road,
    Kind::Flicker,
    Kind::Crash,
    Kind::Stall,
    Kind::Freeze,
    Kind::Jump,
    Kind::Twin,
    Kind::Channel,
];

impl Trouble {
    fn draw(random: &mut Random) -> Self {
        let percent = *random.pick(&[25, 50, 100]);
        let mut kinds: Vec<Kind> = KINDS.into_iter().filter(|_| random.chance(percent)).collect();
        if kinds.is_empty() {
            kinds.push(*random.pick(&KINDS));
        }
        Self { kinds }
    }

    fn one(&self, random: &mut Random, plan: &Plan) -> Happening {
        let short_ms = random.range(1_000, 20_000);
        let long_ms = random.range(20_000, 300_000);
        let ms = if random.chance(70) { short_ms } else { long_ms };
        match random.pick(&self.kinds) {
            Kind::Weather => Happening::Weather(Weather::draw(random, ms)),
            Kind::Road => Happening::RoadClosed(ms),
            Kind::Flicker => Happening::CanaryFlicker(ms, random.range(10, 100)),
            Kind::Crash => Happening::Crash(crash(random, plan)),
            Kind::Stall => Happening::Stall(ms),
            Kind::Freeze => Happening::Freeze(ms),
            Kind::Jump => Happening::Jump(jump_ms(random)),
            Kind::Twin => Happening::Twin(long_ms),
            Kind::Channel => {
                let at = random.range(0, plan.channels.len() as i64 - 1) as usize;
                Happening::Channel(at, ms, mood(random))
            }
        }
    }
}

fn jump_ms(random: &mut Random) -> i64 {
    let size_ms = match random.range(0, 2) {
        0 => random.range(3_000, 20_000),
        1 => random.range(20_000, 300_000),
        _ => random.range(300_000, 7_200_000),
    };
    if random.chance(50) { size_ms } else { -size_ms }
}

fn mood(random: &mut Random) -> Mood {
    *random.pick(&[
        Mood::Failing,
        Mood::Failing,
        Mood::Unreachable,
        Mood::Hanging,
        Mood::Silent,
        Mood::Lying,
        Mood::Limiting,
        Mood::Gone,
        Mood::Slow,
    ])
}

fn crash(random: &mut Random, plan: &Plan) -> Crash {
    let moment = *random.pick(&[
        Moment::Now,
        Moment::Now,
        Moment::BeforeTransaction,
        Moment::AfterTransaction,
        Moment::AfterWrite,
        Moment::AfterSend,
    ]);
    let down_ms = match random.range(0, 3) {
        0 => 0,
        1 => random.range(1, 3_000),
        2 => random.range(3_000, 60_000),
        _ => random.range(60_000, 600_000),
    };
    let change = random.chance(50).then(|| change(random, plan));
    Crash { moment, down_ms, change }
}

fn change(random: &mut Random, plan: &Plan) -> Change {
    let at = random.range(0, plan.services.len() as i64 - 1) as usize;
    let smallest_s = plan.services.iter().map(|service| service.window_s).min().unwrap_or(1);
    match random.range(0, 5) {
        // The one with the smallest window stays, so that canaries go on flying often enough.
        0 | 1 if at > 0 => Change::Toggle(at),
        2 | 3 if at > 0 => Change::Pause(at),
        4 if at > 0 => Change::Window(at, smallest_s * random.range(1, 10)),
        _ => Change::Rename(at),
    }
}
