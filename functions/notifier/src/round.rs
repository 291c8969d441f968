//! One pass over what waits in a channel, under its lease.
//!
//! Lanes are independent: while one waits, the others go on. Within a lane nothing newer is sent
//! while something older waits.

use flatline_domain::lane::{Unsent, next_step};
use flatline_domain::{Step, Told, UnixMs};
use flatline_shared::config::Channel;
use flatline_shared::notify::Format;
use flatline_shared::store::{Ended, Ending, Lane, Lease, OutboxRow, StoreError};
use tracing::{error, warn};

use crate::attempt::{Next, Outcome, Pace, after_failure, attempt};
use crate::desk::{Desk, LEASE_MS};
use crate::ending::{finish, lane_name};
use crate::queue::{Queue, by_age, sensible};

/// A lease with less than this left is renewed before the next send, in ms: so it is renewed each
/// 10 s, and no send begins with less than 15 s left.
const RENEW_BELOW_MS: i64 = 20_000;
/// After so many failures in a row the channel is failing: one lane at a time finds out when it
/// recovers.
const FAILING_AFTER: u32 = 3;
/// The longest that a failing channel, or a lane that cannot be attended, is left alone, in ms.
const PAUSE_MS: i64 = 60_000;

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
}

/// Where a lane stands after a step.
enum Progress {
    /// Ask again.
    Onward,
    /// Nothing before this instant.
    Wait(UnixMs),
    /// Nothing waits.
    Done,
}

impl Round<'_, '_> {
    /// Attends every lane, the one that waits longest first.
    pub(crate) async fn go(mut self, rows: Vec<OutboxRow>) -> Result<RoundEnd, StoreError> {
        let mut due: Option<UnixMs> = None;
        for (lane, rows) in by_age(rows) {
            let wait = self.attend(lane, rows).await?;
            due = [due, wait].into_iter().flatten().min();
        }
        Ok(RoundEnd { due, lease: self.lease })
    }

    /// One lane, until it has to wait. One that cannot be attended never keeps the others from it.
    async fn attend(
        &mut self,
        lane: Lane,
        rows: Vec<OutboxRow>,
    ) -> Result<Option<UnixMs>, StoreError> {
        let (name, now) = (lane_name(&lane), self.desk.app.clock.now());
        match self.lane(lane, rows).await {
            Err(failure) if !matches!(failure, StoreError::Unavailable(_)) => {
                let channel = self.desk.channel();
                error!(channel, lane = name, %failure, "a lane cannot be attended");
                Ok(Some(now.plus_ms(PAUSE_MS)))
            }
            done => done,
        }
    }

    async fn lane(
        &mut self,
        lane: Lane,
        rows: Vec<OutboxRow>,
    ) -> Result<Option<UnixMs>, StoreError> {
        if let Some(until) = self.held() {
            return Ok(Some(until));
        }
        let told = self.desk.app.store.told_to(&lane, self.desk.channel()).await?;
        let mut queue = Queue { lane, rows, told };
        loop {
            match self.step(&mut queue).await? {
                Progress::Onward => {}
                Progress::Wait(until) => return Ok(Some(until)),
                Progress::Done => return Ok(None),
            }
        }
    }

    /// Until when nothing may be begun. With the lease lost, or our time over, that is for others.
    fn held(&self) -> Option<UnixMs> {
        let now = self.desk.app.clock.now();
        if self.lease.is_none() || self.desk.is_closing() {
            return Some(now);
        }
        sensible(self.desk.held_until, now).filter(|until| *until > now)
    }

    async fn step(&mut self, queue: &mut Queue) -> Result<Progress, StoreError> {
        let app = self.desk.app;
        let cooldown_ms = match queue.lane {
            Lane::Service(_) => app.config.notify.cooldown_ms,
            // Alerts are as many as their sender sends.
            Lane::Alert(_) | Lane::Copy { .. } => 0,
        };
        let now = app.clock.now();
        match next_step(&queue.notices(now), queue.told(now).as_ref(), cooldown_ms, now) {
            Step::Done => Ok(Progress::Done),
            Step::Wait(until) => Ok(Progress::Wait(until)),
            Step::End(unsent) => self.end(queue, &unsent).await,
            Step::Send { index, .. } if self.is_stale(&queue.rows[index]).await? => {
                self.end(queue, &[(index, Unsent::Cancelled)]).await
            }
            Step::Send { index, folded } => match self.held() {
                Some(until) => Ok(Progress::Wait(until)),
                None => self.send(queue, index, &folded).await,
            },
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
    ) -> Result<Progress, StoreError> {
        let at = self.desk.app.clock.now();
        let ended: Vec<Ended> = unsent
            .iter()
            .map(|(index, unsent)| {
                let ending = match unsent {
                    Unsent::Folded => Ending::Folded,
                    Unsent::Cancelled => Ending::Cancelled,
                };
                Ended {
                    row: queue.rows[*index].clone(),
                    ending,
                    at,
                    answer: String::new(),
                    copy_to: None,
                }
            })
            .collect();
        finish(self.desk, &ended, 0).await?;
        queue.remove(&unsent.iter().map(|(index, _)| *index).collect::<Vec<_>>());
        Ok(Progress::Onward)
    }

    /// Sends one row, if the channel is still ours.
    async fn send(
        &mut self,
        queue: &mut Queue,
        index: usize,
        folded: &[usize],
    ) -> Result<Progress, StoreError> {
        let app = self.desk.app;
        if !self.renew().await? {
            return Ok(Progress::Wait(app.clock.now()));
        }
        let started_ms = app.clock.monotonic_ms();
        let outcome = attempt(app, self.channel, self.format, &queue.rows[index]).await;
        let duration_ms = app.clock.monotonic_ms() - started_ms;
        match outcome {
            Outcome::Accepted { answer } => {
                self.desk.failures = 0;
                self.accepted(queue, index, folded, answer, duration_ms).await
            }
            Outcome::Refused { reason } => self.dead(queue, index, reason, duration_ms).await,
            Outcome::Failed { error, after_ms, pace } => {
                let row = &queue.rows[index];
                match after_failure(row, after_ms, app.clock.now()) {
                    Next::GiveUp => self.dead(queue, index, error, duration_ms).await,
                    Next::Retry(next_at) => {
                        self.pause(pace, after_ms, next_at);
                        self.postpone(&mut queue.rows[index], next_at, &error, duration_ms).await
                    }
                }
            }
        }
    }

    /// Renews the lease if it is time. `false`: somebody else has the channel.
    async fn renew(&mut self) -> Result<bool, StoreError> {
        let now = self.desk.app.clock.now();
        // More than a lease lasts is left only of a clock that was set back.
        let enough_ms = RENEW_BELOW_MS..=LEASE_MS;
        let is_over = |held: &mut Lease| !enough_ms.contains(&held.until.since_ms(now));
        if let Some(lease) = self.lease.take_if(is_over) {
            self.lease = self.desk.app.store.renew(&lease, now, LEASE_MS).await?;
            if self.lease.is_none() {
                warn!(channel = self.desk.channel(), "the lease was lost");
            }
        }
        Ok(self.lease.is_some())
    }

    /// Marks the row as delivered and what it says as well as folded. The folded ones come first: if
    /// only they are marked, the row is sent again, but nothing older after it.
    async fn accepted(
        &mut self,
        queue: &mut Queue,
        index: usize,
        folded: &[usize],
        answer: String,
        duration_ms: i64,
    ) -> Result<Progress, StoreError> {
        let at = self.desk.app.clock.now();
        let mut ended: Vec<Ended> = folded
            .iter()
            .map(|folded| Ended {
                row: queue.rows[*folded].clone(),
                ending: Ending::Folded,
                at,
                answer: String::new(),
                copy_to: None,
            })
            .collect();
        let row = tried(&queue.rows[index]);
        let queued = row.delivery.queued;
        ended.push(Ended { row, ending: Ending::Delivered, at, answer, copy_to: None });
        finish(self.desk, &ended, duration_ms).await?;
        queue.told = Some(Told { status: queued.status, version: queued.version, at });
        queue.remove(&[folded, &[index]].concat());
        Ok(Progress::Onward)
    }

    async fn dead(
        &mut self,
        queue: &mut Queue,
        index: usize,
        reason: String,
        duration_ms: i64,
    ) -> Result<Progress, StoreError> {
        let at = self.desk.app.clock.now();
        let row = tried(&queue.rows[index]);
        let ended = Ended { row, ending: Ending::Dead, at, answer: reason, copy_to: None };
        finish(self.desk, &[ended], duration_ms).await?;
        queue.remove(&[index]);
        Ok(Progress::Onward)
    }

    async fn postpone(
        &mut self,
        row: &mut OutboxRow,
        next_at: UnixMs,
        error: &str,
        duration_ms: i64,
    ) -> Result<Progress, StoreError> {
        self.desk.app.store.postpone(row, next_at, error).await?;
        *row = tried(row);
        row.delivery.queued.next_at = Some(next_at);
        warn!(
            channel = row.channel,
            lane = lane_name(&row.delivery.lane),
            version = row.delivery.queued.version,
            n = row.delivery.queued.n,
            attempts = row.attempts,
            duration_ms,
            retry_in_ms = next_at.since_ms(self.desk.app.clock.now()),
            error,
            "not delivered, will be tried again"
        );
        Ok(Progress::Onward)
    }

    /// Leaves the whole channel alone if it asked for that, or if it is failing.
    fn pause(&mut self, pace: Pace, after_ms: Option<i64>, next_at: UnixMs) {
        let now = self.desk.app.clock.now();
        self.desk.failures += 1;
        let failing = self.desk.failures >= FAILING_AFTER;
        self.desk.held_until = match (pace, after_ms) {
            (Pace::Limited, Some(after_ms)) => Some(now.plus_ms(after_ms)),
            _ if failing => Some(next_at.min(now.plus_ms(PAUSE_MS))),
            _ => None,
        };
    }
}

/// The row after one more attempt.
fn tried(row: &OutboxRow) -> OutboxRow {
    OutboxRow { attempts: row.attempts + 1, ..row.clone() }
}
