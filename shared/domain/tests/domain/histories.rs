//! Every short history of a service, against every outage of its channel: what one channel hears.

use std::collections::BTreeSet;

use flatline_domain::invariant::lane_in_order;
use flatline_domain::lane::{Turn, backoff_ms, next_step, turns};
use flatline_domain::route::is_routed;
use flatline_domain::{
    Allowance, Bucket, ChannelRoute, Circuit, Event, EventFilter, Fault, Level, QueuedNotice,
    ServiceRoute, Status, Step, Told, UnixMs,
};

use super::at;

const COOLDOWN_MS: i64 = 300_000;
/// After that everything was told, or will never be: outage, back-off, cooldown, bucket.
const END_S: i64 = 4_000;
/// How often the channel is attended, in seconds; also what a doorbell takes.
const STEP_S: i64 = 5;

/// What a channel is.
#[derive(Clone, Copy, Debug)]
struct Kind {
    events: EventFilter,
    tracks_incidents: bool,
    allowance: Option<Allowance>,
}

const PEOPLE: Option<Allowance> = Some(Allowance { burst: 3, refill_ms: 20_000 });

fn kinds() -> [Kind; 4] {
    let all = EventFilter::ALL;
    let down = EventFilter::of(&[Event::Down]);
    [
        Kind { events: all, tracks_incidents: false, allowance: PEOPLE },
        Kind { events: all, tracks_incidents: true, allowance: None },
        Kind { events: down, tracks_incidents: false, allowance: PEOPLE },
        Kind { events: down, tracks_incidents: true, allowance: None },
    ]
}

/// A channel with one lane, drained as the notifier does.
struct World {
    kind: Kind,
    outage: (i64, i64),
    rows: Vec<QueuedNotice>,
    attempts: u32,
    told: Option<Told>,
    bucket: Bucket,
    circuit: Circuit,
    accepted: Vec<(QueuedNotice, UnixMs)>,
    ended: BTreeSet<u64>,
}

impl World {
    fn new(kind: Kind, outage: (i64, i64)) -> Self {
        Self {
            kind,
            outage,
            rows: Vec::new(),
            attempts: 0,
            told: None,
            bucket: Bucket::default(),
            circuit: Circuit::default(),
            accepted: Vec::new(),
            ended: BTreeSet::new(),
        }
    }

    /// A transition, as it is committed; `true`: the channel gets a row.
    fn commit(&mut self, version: u64, status: Status, now: UnixMs) -> bool {
        let event = match status {
            Status::Down => Event::Down,
            Status::Degraded => Event::Degraded,
            _ => Event::Up,
        };
        let route = ChannelRoute {
            name: "it".into(),
            enabled: true,
            events: self.kind.events,
            tracks_incidents: self.kind.tracks_incidents,
        };
        let routed = is_routed(&ServiceRoute::default(), &route, event);
        if routed {
            let (n, committed_at, next_at, closing) = (0, now, None, false);
            let row = QueuedNotice { version, n, event, status, committed_at, next_at, closing };
            self.rows.push(row);
        }
        routed
    }

    fn drain(&mut self, now_s: i64) {
        let now = at(now_s as f64);
        loop {
            if self.circuit.held(now).is_some() {
                return;
            }
            match next_step(&self.rows, self.told.as_ref(), COOLDOWN_MS, now) {
                Step::Done | Step::Wait(_) => return,
                Step::End(ended) => {
                    let gone: Vec<usize> = ended.into_iter().map(|(index, _)| index).collect();
                    self.end(&gone);
                }
                Step::Send { index, folded } => {
                    let level = self.kind.allowance.map(|it| self.bucket.level(it, now));
                    let batch = match level {
                        Some(Level::Empty(_)) => return,
                        Some(Level::Last) => {
                            turns(&self.rows, self.told.as_ref(), COOLDOWN_MS, now)
                        }
                        Some(Level::Several) | None => vec![Turn { index, folded }],
                    };
                    if !self.send(&batch, now_s) {
                        return;
                    }
                }
            }
        }
    }

    /// One message; `false`: the channel is out.
    fn send(&mut self, batch: &[Turn], now_s: i64) -> bool {
        let now = at(now_s as f64);
        if (self.outage.0..self.outage.1).contains(&now_s) {
            self.attempts += 1;
            let next_at = now.plus_ms(backoff_ms(self.attempts).min(60_000));
            let whole = batch.len() > 1;
            let fault = if whole { Fault::Whole(next_at) } else { Fault::Message(next_at) };
            self.circuit = self.circuit.failed(fault, now);
            self.rows[batch[0].index].next_at = Some(next_at);
            return false;
        }
        (self.attempts, self.circuit) = (0, Circuit::accepted());
        if let Some(allowance) = self.kind.allowance {
            self.bucket = self.bucket.take(allowance, now);
        }
        let mut gone = Vec::new();
        for turn in batch {
            let row = self.rows[turn.index];
            self.accepted.push((row, now));
            self.told = Some(Told { status: row.status, version: row.version, at: now });
            gone.extend(turn.folded.iter().copied().chain([turn.index]));
        }
        self.end(&gone);
        true
    }

    fn end(&mut self, gone: &[usize]) {
        assert!(!gone.is_empty());
        self.ended.extend(gone.iter().map(|index| self.rows[*index].version));
        let mut index = 0;
        self.rows.retain(|_| {
            index += 1;
            !gone.contains(&(index - 1))
        });
    }
}

/// All lists of statuses that follow each other, beginning with trouble, of this length.
fn histories(length: usize) -> Vec<Vec<Status>> {
    let mut all = vec![vec![]];
    for _ in 0..length {
        let longer = |history: &Vec<Status>| {
            let last = *history.last().unwrap_or(&Status::Up);
            let next = [Status::Up, Status::Degraded, Status::Down];
            let others = next.into_iter().filter(move |status| *status != last);
            others.map(|status| [history.as_slice(), &[status]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Times between transitions, in seconds: within a bucket's refill, within a cooldown, beyond it.
const PACES: [[i64; 5]; 5] = [
    [10, 0, 0, 0, 0],
    [10, 10, 10, 10, 10],
    [10, 60, 60, 60, 60],
    [10, 400, 20, 400, 20],
    [10, 400, 400, 400, 400],
];

/// When the channel takes nothing, in seconds: never, at first, for a while, in the middle, long.
const OUTAGES: [(i64, i64); 5] = [(0, 0), (0, 18), (0, 700), (150, 460), (30, 2_000)];

fn hears(history: &[Status], pace: &[i64], kind: Kind, outage: (i64, i64)) {
    let mut world = World::new(kind, outage);
    let mut moments = Vec::new();
    let mut at_s = 0;
    for (version, (status, wait_s)) in (1_u64..).zip(history.iter().zip(pace)) {
        at_s += wait_s;
        moments.push((at_s, version, *status));
    }
    let mut routed = Vec::new();
    for now_s in (0..END_S).step_by(STEP_S as usize) {
        for (at_s, version, status) in &moments {
            if *at_s == now_s && world.commit(*version, *status, at(*at_s as f64)) {
                routed.push((*at_s, *version, *status));
            }
        }
        world.drain(now_s);
        if world.rows.is_empty() {
            // With nothing waiting it knows how things are: an incident is open exactly then.
            let is_bad = routed.last().is_some_and(|(_, _, status)| status.badness() > 0);
            let knows_bad = world.told.is_some_and(|told| told.status.badness() > 0);
            assert_eq!(knows_bad, is_bad, "at {now_s} s: {history:?} at {pace:?}, {kind:?}");
        }
    }
    let says = format!("{history:?} at {pace:?}, {kind:?}, out {outage:?}: {:?}", world.accepted);
    assert!(world.rows.is_empty(), "something still waits: {says}");
    let versions: Vec<u64> = world.accepted.iter().map(|(row, _)| row.version).collect();
    lane_in_order(&versions).unwrap_or_else(|why| panic!("{why}: {says}"));
    let distinct: BTreeSet<u64> = versions.iter().copied().collect();
    assert_eq!(distinct.len(), versions.len(), "something is told twice: {says}");
    let rows: BTreeSet<u64> = routed.iter().map(|(_, version, _)| *version).collect();
    assert_eq!(world.ended, rows, "each row ends: {says}");
    let last = routed.last().map_or(0, |(_, _, status)| status.badness());
    let told = world.told.map_or(0, |told| told.status.badness());
    assert_eq!(told, last, "the last word is how things are: {says}");
    alarms_are_not_held_back(&world, &routed, &says);
}

/// What is worse than what the channel knows is told as soon as the channel takes messages: never
/// later because of a cooldown.
fn alarms_are_not_held_back(world: &World, routed: &[(i64, u64, Status)], says: &str) {
    let refill_s = if world.kind.allowance.is_some() { 20 } else { 0 };
    // The longest back-off here.
    let back_s = world.outage.1 + 60;
    for (at_s, version, status) in routed {
        let known = world.accepted.iter().rev().find(|(_, when)| *when <= at(*at_s as f64));
        let known = known.map_or(0, |(row, _)| row.status.badness());
        let overtaken = routed.iter().any(|(later_s, later, worse)| {
            later > version && (*later_s < back_s || later_s - at_s <= refill_s) && worse != status
        });
        if status.badness() <= known || overtaken {
            continue;
        }
        let out = world.outage.1 > 0 && *at_s < back_s;
        let latest_s = if out { back_s } else { *at_s } + refill_s + STEP_S;
        let told = world.accepted.iter().any(|(row, when)| {
            row.version >= *version
                && row.status.badness() >= status.badness()
                && *when <= at(latest_s as f64)
        });
        assert!(told, "version {version} is held back beyond {latest_s} s: {says}");
    }
}

#[test]
fn every_channel_hears_what_it_must_of_every_history() {
    let mut worlds = 0;
    for length in 1..=5 {
        for history in histories(length) {
            for pace in &PACES {
                for kind in kinds() {
                    for outage in OUTAGES {
                        hears(&history, pace, kind, outage);
                        worlds += 1;
                    }
                }
            }
        }
    }
    assert_eq!(worlds, (2 + 4 + 8 + 16 + 32) * 5 * 4 * 5);
}

/// A channel that takes only `down` is told each one outside its window.
#[test]
fn a_channel_that_takes_only_down_is_told_each() {
    let events = EventFilter::of(&[Event::Down]);
    for allowance in [PEOPLE, None] {
        let mut world = World::new(Kind { events, tracks_incidents: false, allowance }, (0, 0));
        let statuses = [Status::Down, Status::Up, Status::Down, Status::Up, Status::Down];
        for (version, status) in (1_u64..).zip(statuses) {
            let now_s = version as i64 * 400;
            world.commit(version, status, at(now_s as f64));
            world.drain(now_s);
        }
        let told: Vec<u64> = world.accepted.iter().map(|(row, _)| row.version).collect();
        assert_eq!(told, [1, 3, 5]);
    }
}

/// A vendor's incident is open exactly while the service is not up, as far as it takes messages.
#[test]
fn an_incident_is_open_while_the_service_is_not_up() {
    for history in histories(5) {
        let events = EventFilter::of(&[Event::Down]);
        let mut world =
            World::new(Kind { events, tracks_incidents: true, allowance: None }, (0, 0));
        let (mut open, mut down) = (false, false);
        for (version, status) in (1_u64..).zip(&history) {
            let now_s = version as i64 * 400;
            world.commit(version, *status, at(now_s as f64));
            world.drain(now_s);
            down = *status == Status::Down || (down && *status == Status::Degraded);
            if let Some((row, _)) = world.accepted.last() {
                open = row.status.badness() > 0;
            }
            assert_eq!(open, down, "{history:?} at version {version}");
        }
    }
}
