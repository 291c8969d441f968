//! One message of a round, and what becomes of the rows that it tells.

use flatline_domain::circuit::PAUSE_MS;
use flatline_domain::{Circuit, Event, Fault, Told, UnixMs};
use flatline_shared::store::{ChannelState, Ended, Ending, Lane, OutboxRow, StoreError};
use tracing::warn;

use crate::attempt::{Next, Outcome, Pace, attempt, is_last_try, next_try};
use crate::ending::{finish, lane_name};
use crate::fallback;
use crate::queue::Queue;
use crate::round::{Batch, Round};

impl Round<'_, '_> {
    /// Sends one message, if the channel is still ours.
    pub(crate) async fn send(
        &mut self,
        queues: &mut [Queue],
        batch: Batch,
    ) -> Result<(), StoreError> {
        let app = self.desk.app;
        let rows: Vec<OutboxRow> = told(queues, &batch).cloned().collect();
        if !self.begin(rows.len() > 1).await? {
            return Ok(());
        }
        let Some((&(place, _), index)) = batch.first().zip(first_index(&batch)) else {
            return Ok(());
        };
        let started_ms = app.clock.monotonic_ms();
        let outcome = attempt(app, self.channel, self.format, &rows).await;
        let duration_ms = app.clock.monotonic_ms() - started_ms;
        match outcome {
            Outcome::Accepted { answer } => {
                self.accepted(queues, &batch, answer, duration_ms).await
            }
            Outcome::Refused { reason } if rows.len() > 1 => {
                warn!(channel = self.desk.channel(), reason, "many as one are refused");
                self.folds = false;
                self.note(ChannelState { folding: false, ..self.state() });
                Ok(())
            }
            Outcome::Refused { reason } => {
                self.dead(&mut queues[place], index, reason, duration_ms).await
            }
            Outcome::Failed { error, after_ms, pace } => {
                let next = self.judge(&rows, after_ms, pace);
                let queue = &mut queues[place];
                match next {
                    Next::GiveUp => self.dead(queue, index, error, duration_ms).await,
                    Next::Retry(next_at) => {
                        self.postpone(&mut queue.rows[index], next_at, &error, duration_ms).await
                    }
                }
            }
        }
    }

    /// What to do after `rows` were not accepted, and what that says of the channel: also if they are
    /// given up, as those that wait behind them must not find it out once more.
    fn judge(&mut self, rows: &[OutboxRow], after_ms: Option<i64>, pace: Pace) -> Next {
        let (row, now) = (&rows[0], self.desk.app.clock.now());
        let mut next_at = next_try(row, after_ms, now);
        if rows.len() > 1 {
            // They find out for all lanes when the channel recovers.
            next_at = next_at.min(now.plus_ms(PAUSE_MS.max(after_ms.unwrap_or(0))));
        }
        let is_test = row.delivery.queued.event == Event::Test;
        match after_ms.filter(|_| pace == Pace::Limited) {
            _ if is_test => {}
            Some(after_ms) => self.failed(Fault::Limit(now.plus_ms(after_ms))),
            None if rows.len() > 1 => self.failed(Fault::Whole(next_at)),
            None => self.failed(Fault::Message(next_at)),
        }
        if is_last_try(row, now) { Next::GiveUp } else { Next::Retry(next_at) }
    }

    /// Whether the channel is still ours. That many are about to be told as one is written down first.
    async fn begin(&mut self, folding: bool) -> Result<bool, StoreError> {
        if !folding || self.state().folding {
            return self.renew().await;
        }
        self.note(ChannelState { folding, ..self.state() });
        self.renew_now().await
    }

    /// Marks the rows as delivered and what they say as well as folded. The folded ones come first: if
    /// only they are marked, the row is sent again, but nothing older after it.
    async fn accepted(
        &mut self,
        queues: &mut [Queue],
        batch: &Batch,
        answer: String,
        duration_ms: i64,
    ) -> Result<(), StoreError> {
        let at = self.desk.app.clock.now();
        let is_test = told(queues, batch).all(|row| row.delivery.queued.event == Event::Test);
        let mut ended = Vec::new();
        for (place, turns) in batch {
            let rows = &queues[*place].rows;
            for turn in turns {
                ended.extend(turn.folded.iter().map(|folded| Ended {
                    row: rows[*folded].clone(),
                    ending: Ending::Folded,
                    at,
                    answer: String::new(),
                    copy_to: None,
                }));
                let row = tried(&rows[turn.index]);
                let answer = answer.clone();
                ended.push(Ended { row, ending: Ending::Delivered, at, answer, copy_to: None });
            }
        }
        finish(self.desk, &ended, duration_ms).await?;
        self.passed(is_test, at);
        for (place, turns) in batch {
            let queue = &mut queues[*place];
            for turn in turns {
                let notice = queue.rows[turn.index].delivery.queued;
                if notice.event != Event::Test && !matches!(queue.lane, Lane::Copy { .. }) {
                    let (status, version) = (notice.status, notice.version);
                    queue.told = Some(Told { status, version, at });
                }
            }
            let gone: Vec<usize> = turns
                .iter()
                .flat_map(|turn| turn.folded.iter().copied().chain([turn.index]))
                .collect();
            queue.remove(&gone);
        }
        Ok(())
    }

    /// The channel took a message. Trying it out costs nothing.
    fn passed(&mut self, is_test: bool, at: UnixMs) {
        let mut bucket = self.state().bucket;
        if let Some(allowance) = self.allowance.filter(|_| !is_test) {
            bucket = bucket.take(allowance, at);
        }
        self.note(ChannelState { bucket, circuit: Circuit::accepted(), folding: false });
    }

    /// The channel did not take a message.
    fn failed(&mut self, fault: Fault) {
        let (state, now) = (self.state(), self.desk.app.clock.now());
        self.note(ChannelState { circuit: state.circuit.failed(fault, now), ..state });
    }

    async fn dead(
        &mut self,
        queue: &mut Queue,
        index: usize,
        reason: String,
        duration_ms: i64,
    ) -> Result<(), StoreError> {
        let at = self.desk.app.clock.now();
        let row = tried(&queue.rows[index]);
        let copy_to = fallback::copy_to(self.desk.app, &row).await?;
        let ended = Ended { row, ending: Ending::Dead, at, answer: reason, copy_to };
        let is_copied = ended.copy_to.is_some();
        finish(self.desk, &[ended], duration_ms).await?;
        queue.remove(&[index]);
        // What ends it may be sent next.
        if is_copied { self.copy_recoveries(std::slice::from_mut(queue)).await } else { Ok(()) }
    }

    async fn postpone(
        &mut self,
        row: &mut OutboxRow,
        next_at: UnixMs,
        error: &str,
        duration_ms: i64,
    ) -> Result<(), StoreError> {
        self.desk.app.store.postpone(row, next_at, error).await?;
        *row = tried(row);
        row.delivery.queued.next_at = Some(next_at);
        row.last_error = Some(error.to_owned());
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
        Ok(())
    }
}

/// The rows that a batch tells, in order.
fn told<'q>(queues: &'q [Queue], batch: &'q Batch) -> impl Iterator<Item = &'q OutboxRow> {
    batch.iter().flat_map(move |(place, turns)| {
        turns.iter().map(move |turn| &queues[*place].rows[turn.index])
    })
}

fn first_index(batch: &Batch) -> Option<usize> {
    batch.first()?.1.first().map(|turn| turn.index)
}

/// The row after one more attempt.
fn tried(row: &OutboxRow) -> OutboxRow {
    OutboxRow { attempts: row.attempts + 1, ..row.clone() }
}
