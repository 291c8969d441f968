//! One service, a checker, an ingest and a channel in a small pure world: random things happen, the
//! invariants hold after every step.

use flatline_domain::invariant::{
    SilenceFacts, beat_moves_on, days_add_up, history_chains, lane_in_order, no_false_alarm,
};
use flatline_domain::lane::next_step;
use flatline_domain::sight::merged;
use flatline_domain::uptime::add_interval;
use flatline_domain::{
    Days, Decision, Event, Gap, Hole, Membership, QueuedNotice, ServiceRecord, ServiceSpec, Sight,
    SightLog, Status, Step, Told, Transition, UnixMs, reconcile,
};
use proptest::prelude::*;

use super::{at, spec};

/// Something that happens.
#[derive(Clone, Debug)]
enum Happening {
    /// Time passes.
    Pass(i64),
    /// A heartbeat that states this is stored; ingest then commits it, or loses that step.
    Beat(Status, bool),
    /// A canary is heard.
    Canary,
    /// A canary fails.
    CanaryFails,
    /// The checker looks.
    Look,
    /// The configuration changes.
    Configure(Membership),
    /// The channel accepts what waits, or refuses this time.
    Drain(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    let stated =
        prop_oneof![4 => Just(Status::Up), 1 => Just(Status::Degraded), 1 => Just(Status::Down)];
    let membership =
        prop_oneof![Just(Membership::Active), Just(Membership::Paused), Just(Membership::Closed)];
    prop_oneof![
        6 => (1_i64..15_000).prop_map(Happening::Pass),
        1 => (1_i64..200_000_000).prop_map(Happening::Pass),
        4 => (stated, any::<bool>()).prop_map(|(status, lost)| Happening::Beat(status, lost)),
        5 => Just(Happening::Canary),
        1 => Just(Happening::CanaryFails),
        6 => Just(Happening::Look),
        1 => membership.prop_map(Happening::Configure),
        3 => any::<bool>().prop_map(Happening::Drain),
    ]
}

const COOLDOWN_MS: i64 = 300_000;

struct World {
    now: UnixMs,
    spec: ServiceSpec,
    record: ServiceRecord,
    created: UnixMs,
    history: Vec<Transition>,
    days: Days,
    sight: SightLog,
    holes: Vec<Hole>,
    queue: Vec<QueuedNotice>,
    told: Option<Told>,
    accepted: Vec<u64>,
}

type Checked = Result<(), TestCaseError>;

fn held(result: Result<(), String>) -> Checked {
    result.map_err(TestCaseError::fail)
}

impl World {
    fn new() -> Self {
        let now = at(0.0);
        let spec = spec();
        Self {
            now,
            record: ServiceRecord::new(&spec, now),
            spec,
            created: now,
            history: Vec::new(),
            days: Days::new(),
            sight: SightLog { finest_ms: 4_000, ..SightLog::default() }.prove(now),
            holes: Vec::new(),
            queue: Vec::new(),
            told: None,
            accepted: Vec::new(),
        }
    }

    fn step(&mut self, happening: &Happening) -> Checked {
        match happening {
            Happening::Pass(ms) => self.now = self.now.plus_ms(*ms),
            Happening::Beat(status, lost) => self.beat(*status, *lost)?,
            Happening::Canary => self.prove(),
            Happening::CanaryFails => self.sight.failed = true,
            Happening::Look => self.look()?,
            Happening::Configure(membership) => self.spec.membership = *membership,
            Happening::Drain(accepts) => self.drain(*accepts)?,
        }
        held(history_chains(&self.history))?;
        held(days_add_up(&self.days, &self.history, self.created, self.now))
    }

    fn prove(&mut self) {
        self.holes.extend(self.sight.hole_before(self.now));
        self.sight = self.sight.prove(self.now);
    }

    fn beat(&mut self, stated: Status, lost: bool) -> Checked {
        let before = self.record.clone();
        self.record = before.after_beat(self.now, stated, self.spec.window_ms);
        held(beat_moves_on(before.last_beat, self.record.last_beat, self.now))?;
        let late = self.now.since_ms(before.deadline) > 500;
        if let (Status::Up, Some(from), true) = (before.status, before.last_beat, late) {
            self.record.gap = before.gap.or(Some(Gap { from, to: self.now }));
        }
        if lost {
            return Ok(());
        }
        match reconcile(&self.record, &self.spec, None, self.now) {
            Decision::Commit(transitions) => self.commit(&transitions),
            _ => Ok(()),
        }
    }

    fn sight(&self) -> Sight {
        match self.record.unjudged_gap() {
            Some(gap) => {
                let heard =
                    self.record.resumed_at.map_or(gap.from, |resumed| gap.from.max(resumed));
                Sight::of_gap(heard, gap.to, self.spec.window_ms, &self.holes)
            }
            None => self.sight.sight(&self.record, &self.spec, &self.holes, self.now),
        }
    }

    fn look(&mut self) -> Checked {
        for _ in 0..4 {
            let sight = self.sight();
            match reconcile(&self.record, &self.spec, Some(&sight), self.now) {
                Decision::Commit(transitions) => self.commit(&transitions)?,
                Decision::ClearGap(_) => self.record = self.record.without_gap(),
                Decision::Remind { .. } => {
                    return Err(TestCaseError::fail("nobody set a timer for a reminder"));
                }
                Decision::Keep { look_at, .. } => {
                    prop_assert!(
                        look_at > self.now || look_at == self.now && sight.last_proof.is_none()
                    );
                    return Ok(());
                }
            }
        }
        Err(TestCaseError::fail("I14: looking again and again does not settle"))
    }

    fn commit(&mut self, transitions: &[Transition]) -> Checked {
        let gap = self.record.unjudged_gap();
        let after = self.record.after_all(transitions);
        for transition in transitions {
            self.check_silence(transition, gap)?;
            let Transition { from, since, at, .. } = *transition;
            add_interval(&mut self.days, from, since, at, &merged(self.holes.clone()));
            self.queue.extend(self.notice(transition));
            self.record = self.record.after(transition);
            self.history.push(*transition);
        }
        self.record = after;
        Ok(())
    }

    fn check_silence(&self, transition: &Transition, gap: Option<Gap>) -> Checked {
        if !transition.reason.is_silence() {
            return Ok(());
        }
        let allowed_ms = self.record.allowed_ms(&self.spec).expect("silence has a window");
        prop_assert!(transition.at <= transition.decided_at, "I11: downtime begins in the past");
        if gap.is_some() {
            return Ok(());
        }
        held(no_false_alarm(
            transition,
            &SilenceFacts {
                heard_until: self.record.heard_until(),
                allowed_ms,
                holes: &self.holes,
                last_proof: self.sight.last_proof,
            },
        ))?;
        let earliest = self.record.heard_until().plus_ms(allowed_ms);
        prop_assert!(
            transition.at >= earliest.min(transition.decided_at),
            "I11: never before the deadline"
        );
        Ok(())
    }

    fn notice(&self, transition: &Transition) -> Option<QueuedNotice> {
        let waiting = !self.queue.is_empty();
        let told_bad = self.told.is_some_and(|told| told.status.badness() > 0);
        let closing = transition.closes() && (waiting || told_bad);
        let event = transition.event().or(closing.then_some(Event::Up))?;
        let status = if closing { Status::Up } else { transition.to };
        Some(QueuedNotice {
            version: transition.version,
            n: 0,
            event,
            status,
            committed_at: self.now,
            next_at: None,
            closing,
        })
    }

    fn drain(&mut self, accepts: bool) -> Checked {
        loop {
            match next_step(&self.queue, self.told.as_ref(), COOLDOWN_MS, self.now) {
                Step::Done | Step::Wait(_) => return Ok(()),
                Step::End(ended) => {
                    prop_assert!(!ended.is_empty());
                    let gone: Vec<_> = ended.iter().map(|(index, _)| *index).collect();
                    self.remove(&gone);
                }
                Step::Send { index, folded } if accepts => {
                    let sent = self.queue[index];
                    self.accepted.push(sent.version);
                    held(lane_in_order(&self.accepted))?;
                    self.told =
                        Some(Told { status: sent.status, version: sent.version, at: self.now });
                    self.remove(&[folded, vec![index]].concat());
                }
                Step::Send { index, .. } => {
                    self.queue[index].next_at = Some(self.now.plus_ms(5_000));
                }
            }
        }
    }

    fn remove(&mut self, gone: &[usize]) {
        let mut index = 0;
        self.queue.retain(|_| {
            index += 1;
            !gone.contains(&(index - 1))
        });
    }

    /// I9: once quiet, what was told is how things are.
    fn settle(&mut self) -> Checked {
        self.prove();
        self.look()?;
        for _ in 0..3 {
            self.now = self.now.plus_ms(COOLDOWN_MS + 5_000);
            self.drain(true)?;
        }
        prop_assert!(self.queue.is_empty(), "I8: {:?} never ended", self.queue);
        let told = self.told.map_or(0, |told| told.status.badness());
        prop_assert_eq!(
            told,
            self.record.status.badness(),
            "I9: told {:?}, is {:?}",
            self.told,
            self.record.status
        );
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_whatever_happens(happenings in prop::collection::vec(happening(), 1..80)) {
        let mut world = World::new();
        for happening in &happenings {
            world.step(happening)?;
        }
        world.settle()?;
    }

    /// I14: looking twice is looking once.
    #[test]
    fn looking_twice_changes_nothing(happenings in prop::collection::vec(happening(), 1..60)) {
        let mut world = World::new();
        for happening in &happenings {
            world.step(happening)?;
        }
        world.look()?;
        let (record, history, queue) = (world.record.clone(), world.history.clone(), world.queue.clone());
        world.look()?;
        prop_assert_eq!(world.record, record);
        prop_assert_eq!(world.history, history);
        prop_assert_eq!(world.queue, queue);
    }
}
