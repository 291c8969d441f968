//! One pass over what waits in a channel, under its lease.
//!
//! Lanes are independent: while one waits, the others go on. Within a lane nothing newer is sent
//! while something older waits. What the channel's bucket has no token for is folded into one message.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use flatline_domain::bucket::REFILL_MS;
use flatline_domain::circuit::PAUSE_MS;
use flatline_domain::lane::{Turn, Unsent, next_step};
use flatline_domain::{Allowance, Event, Level, Step, UnixMs};
use flatline_shared::config::{Channel, Config};
use flatline_shared::notify::Format;
use flatline_shared::store::{ChannelState, Ended, Ending, Lane, Lease, OutboxRow, StoreError};
use futures_util::FutureExt;
use tracing::{error, warn};

use crate::desk::{Desk, LEASE_MS};
use crate::ending::{finish, lane_name};
use crate::queue::{Queue, by_age};

/// A lease with less than this left is renewed before the next send, in ms: so it is renewed each
/// 10 s, and no send begins with less than 15 s left.
const RENEW_BELOW_MS: i64 = 20_000;
/// Deliveries that one message tells of at most: to mark them takes seconds.
const FOLD_MAX: usize = 2_000;

/// What a round leaves behind.
pub(crate) struct RoundEnd {
    /// When the first of what still waits falls due. `None`: nothing waits.
    pub(crate) due: Option<UnixMs>,
    /// The lease, if it is still ours.
    pub(crate) lease: Option<Lease>,
}

/// One pass.
pub(crate) struct Round<'d, 'a> {
    pub(crate) desk: &'d mut Desk<'a>,
    pub(crate) channel: &'a Channel,
    pub(crate) format: &'static Format,
    pub(crate) lease: Option<Lease>,
    /// How many messages the channel bears. `None`: as many as it takes.
    pub(crate) allowance: Option<Allowance>,
    /// Whether many may be told as one; not any more when that was refused.
    pub(crate) folds: bool,
}

/// What one message tells: places of lanes, and of each the turns, in order.
pub(crate) type Batch = Vec<(usize, Vec<Turn>)>;

/// Where a lane stands.
enum Ready {
    /// This would be sent.
    Turn(Turn),
    /// Nothing before this instant.
    Wait(UnixMs),
    /// Nothing waits.
    Done,
}

/// How many messages a channel bears. Programs read every message, people do not.
fn allowance(channel: &Channel, config: &Config) -> Option<Allowance> {
    let by_programs = channel.kind.is_for_programs();
    let burst = match channel.fold_above {
        Some(own) => own,
        None if by_programs => return None,
        None => config.notify.fold_above,
    };
    Some(Allowance { burst, refill_ms: REFILL_MS })
}

impl<'d, 'a> Round<'d, 'a> {
    /// One pass with this lease.
    pub(crate) fn new(
        desk: &'d mut Desk<'a>,
        channel: &'a Channel,
        format: &'static Format,
        lease: Lease,
    ) -> Self {
        let allowance = allowance(channel, &desk.app.config);
        // One message for many would neither open nor resolve the incident of each.
        let folds = !channel.route.tracks_incidents;
        Self { desk, channel, format, lease: Some(lease), allowance, folds }
    }

    /// Attends every lane, the one that waits longest first.
    pub(crate) async fn go(mut self, rows: Vec<OutboxRow>) -> Result<RoundEnd, StoreError> {
        let mut queues = self.queues(rows).await?;
        self.copy_late(&mut queues).await?;
        self.copy_recoveries(&mut queues).await?;
        let mut due: Option<UnixMs> = None;
        for place in 0..queues.len() {
            let wait = self.attend(&mut queues[place..]).await?;
            due = [due, wait].into_iter().flatten().min();
        }
        let late = self.next_late(&queues);
        let due = due.map(|due| late.map_or(due, |late| due.min(late)));
        Ok(RoundEnd { due, lease: self.lease })
    }

    /// What waits, by lane, with what was told of each.
    async fn queues(&self, rows: Vec<OutboxRow>) -> Result<Vec<Queue>, StoreError> {
        let lanes = by_age(rows);
        let names: Vec<&Lane> = lanes.iter().map(|(lane, _)| lane).collect();
        let mut told = match self.desk.app.store.told_of(&names, self.desk.channel()).await {
            Err(failure) if !matches!(failure, StoreError::Unavailable(_)) => {
                error!(channel = self.desk.channel(), %failure, "what was told cannot be read");
                BTreeMap::new()
            }
            told => told?,
        };
        let cooldown_ms = self.desk.app.config.notify.cooldown_ms;
        let tracks_incidents = self.channel.route.tracks_incidents;
        let queue = |(lane, rows): (Lane, Vec<OutboxRow>)| Queue {
            told: told.remove(&lane),
            // What was told in place of another channel is not written down.
            may_hold_incident: tracks_incidents || matches!(lane, Lane::Copy { .. }),
            // Alerts are as many as their sender sends.
            cooldown_ms: if matches!(lane, Lane::Service(_)) { cooldown_ms } else { 0 },
            lane,
            rows,
        };
        Ok(lanes.into_iter().map(queue).collect())
    }

    /// The first of these lanes, until it has to wait; what the others have ready may go along. One
    /// that cannot be attended never keeps the others from it.
    async fn attend(&mut self, queues: &mut [Queue]) -> Result<Option<UnixMs>, StoreError> {
        let (name, now) = (lane_name(&queues[0].lane), self.desk.app.clock.now());
        let channel = self.desk.channel().to_owned();
        match AssertUnwindSafe(self.lane(queues)).catch_unwind().await {
            Ok(Err(failure)) if !matches!(failure, StoreError::Unavailable(_)) => {
                error!(channel, lane = name, %failure, "a lane cannot be attended");
            }
            Ok(done) => return done,
            Err(_) => error!(channel, lane = name, "a lane panicked; its rows are tried again"),
        }
        self.folds = false;
        Ok(Some(now.plus_ms(PAUSE_MS)))
    }

    async fn lane(&mut self, queues: &mut [Queue]) -> Result<Option<UnixMs>, StoreError> {
        loop {
            let now = self.desk.app.clock.now();
            if self.is_over() {
                return Ok(Some(now));
            }
            let turn = match self.ready(&mut queues[0]).await? {
                Ready::Turn(turn) => turn,
                Ready::Wait(until) => return Ok(Some(until)),
                Ready::Done => return Ok(None),
            };
            // Whoever tries a channel out wants to know now.
            let is_test = queues[0].rows[turn.index].delivery.queued.event == Event::Test;
            let batch = match self.level() {
                _ if is_test => vec![(0, vec![turn])],
                Err(until) | Ok(Level::Empty(until)) => return Ok(Some(until)),
                Ok(Level::Last) if self.folds => self.batch(queues).await?,
                Ok(Level::Last | Level::Several) => vec![(0, vec![turn])],
            };
            self.send(queues, batch).await?;
        }
    }

    /// How many messages the channel bears now; the error is until when it is left alone.
    fn level(&self) -> Result<Level, UnixMs> {
        let (state, now) = (self.state(), self.desk.app.clock.now());
        match (state.circuit.held(now), self.allowance) {
            (Some(until), _) => Err(until),
            (None, _) if state.folding && self.folds => Ok(Level::Last),
            // A failing channel is probed with one message.
            (None, _) if state.circuit.is_open(now) => Ok(Level::Several),
            (None, Some(allowance)) => Ok(state.bucket.level(allowance, now)),
            (None, None) => Ok(Level::Several),
        }
    }

    /// Everything that is ready in these lanes.
    async fn batch(&mut self, queues: &mut [Queue]) -> Result<Batch, StoreError> {
        let (mut batch, mut room) = (Batch::new(), FOLD_MAX);
        for (place, queue) in queues.iter_mut().enumerate() {
            let turn = match self.ready(queue).await {
                Ok(Ready::Turn(turn)) => turn,
                Err(StoreError::Unavailable(why)) => return Err(StoreError::Unavailable(why)),
                // Its own turn will say what is wrong with it.
                Ok(_) | Err(_) => continue,
            };
            if place > 0 && queue.rows[turn.index].delivery.queued.event == Event::Test {
                continue;
            }
            let mut turns = queue.turns(self.desk.app.clock.now());
            turns.truncate(room);
            room -= turns.len();
            batch.push((place, turns));
            if room == 0 {
                break;
            }
        }
        batch.retain(|(_, turns)| !turns.is_empty());
        Ok(batch)
    }

    /// Ends what ends without being sent; says what would be sent then.
    async fn ready(&mut self, queue: &mut Queue) -> Result<Ready, StoreError> {
        loop {
            let now = self.desk.app.clock.now();
            let told = queue.told(now);
            match next_step(&queue.notices(now), told.as_ref(), queue.cooldown_ms, now) {
                Step::Done => return Ok(Ready::Done),
                Step::Wait(until) => return Ok(Ready::Wait(until)),
                Step::End(unsent) => self.end(queue, &unsent).await?,
                Step::Send { index, .. } if self.is_stale(&queue.rows[index]).await? => {
                    self.end(queue, &[(index, Unsent::Cancelled)]).await?;
                }
                Step::Send { index, folded } => return Ok(Ready::Turn(Turn { index, folded })),
            }
        }
    }

    /// Whether a reminder tells of a status that is over.
    async fn is_stale(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let (Lane::Service(id), 1..) = (&row.delivery.lane, row.delivery.queued.n) else {
            return Ok(false);
        };
        let record = self.desk.app.store.service(id).await?;
        Ok(record.is_none_or(|record| record.version != row.delivery.queued.version))
    }

    async fn end(
        &mut self,
        queue: &mut Queue,
        unsent: &[(usize, Unsent)],
    ) -> Result<(), StoreError> {
        let at = self.desk.app.clock.now();
        let ended: Vec<Ended> = unsent
            .iter()
            .map(|(index, unsent)| {
                let ending = match unsent {
                    Unsent::Folded => Ending::Folded,
                    Unsent::Cancelled => Ending::Cancelled,
                };
                let row = queue.rows[*index].clone();
                Ended { row, ending, at, answer: String::new(), copy_to: None }
            })
            .collect();
        finish(self.desk, &ended, 0).await?;
        queue.remove(&unsent.iter().map(|(index, _)| *index).collect::<Vec<_>>());
        Ok(())
    }

    /// Whether nothing may be begun any more: with the lease lost, or our time over, it is for others.
    pub(crate) fn is_over(&self) -> bool {
        self.lease.is_none() || self.desk.is_closing()
    }

    /// How the channel is.
    pub(crate) fn state(&self) -> ChannelState {
        self.lease.as_ref().map(|lease| lease.state).unwrap_or_default()
    }

    /// Notes how the channel is.
    pub(crate) fn note(&mut self, state: ChannelState) {
        if let Some(lease) = &mut self.lease {
            lease.state = state;
        }
    }

    /// Renews the lease if it is time. `false`: somebody else has the channel.
    pub(crate) async fn renew(&mut self) -> Result<bool, StoreError> {
        let now = self.desk.app.clock.now();
        // More than a lease lasts is left only of a clock that was set back.
        let enough_ms = RENEW_BELOW_MS..=LEASE_MS;
        self.renew_if(|held| !enough_ms.contains(&held.until.since_ms(now))).await
    }

    /// Renews the lease, and so writes down how the channel is.
    pub(crate) async fn renew_now(&mut self) -> Result<bool, StoreError> {
        self.renew_if(|_| true).await
    }

    async fn renew_if(&mut self, is_due: impl Fn(&Lease) -> bool) -> Result<bool, StoreError> {
        let now = self.desk.app.clock.now();
        if let Some(lease) = self.lease.take_if(|held| is_due(held)) {
            self.lease = self.desk.app.store.renew(&lease, now, LEASE_MS).await?;
            if self.lease.is_none() {
                warn!(channel = self.desk.channel(), "the lease was lost");
            }
        }
        Ok(self.lease.is_some())
    }
}
