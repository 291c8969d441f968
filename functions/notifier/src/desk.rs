//! One channel: visits, and the wait between them.

use std::collections::BTreeSet;

use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::config::{Channel, Config};
use flatline_shared::notify::{Format, format};
use flatline_shared::store::{Claim, Lease, OutboxRow, Release, StoreError};
use tracing::{debug, info, warn};

use crate::bell::{Bell, Wake};
use crate::ending;
use crate::fallback;
use crate::round::{Round, RoundEnd};
use crate::unreadable::Unreadable;

/// How long a lease lasts unless renewed, in ms.
pub const LEASE_MS: i64 = 30_000;
/// A stay lasts while something falls due within this time, in ms.
const STAY_MS: i64 = 60_000;
/// How often a desk with a silent bell looks for new rows while it waits, in ms.
const GLANCE_MS: i64 = 1_000;
/// How often if there are many: each look reads all of them, in ms.
const SLOW_GLANCE_MS: i64 = 10_000;
/// So many rows are many.
const MANY: usize = 200;
/// When to come back to a channel that somebody else attends: they may have died, in ms.
const TAKEN_PAUSE_MS: i64 = 10_000;
/// Rows that wait for longer than this are told in the log, once in this time, in ms.
const LONG_MS: i64 = 60_000;
/// When to come back after the store failed, in ms.
const STORE_PAUSE_MS: i64 = 2_000;

/// What is to be done with the rows of a channel.
#[derive(Clone, Copy, Debug)]
pub enum Duty<'a> {
    /// Send them.
    Deliver {
        /// As configured.
        channel: &'a Channel,
        /// What it speaks.
        format: &'static Format,
    },
    /// End them as dead, for this reason.
    End(&'static str),
}

impl<'a> Duty<'a> {
    /// What the configuration wants for this channel.
    pub fn of(channel: &'a Channel, config: &Config) -> Self {
        match format(channel.kind) {
            _ if !channel.enabled => Self::End("channel disabled"),
            _ if !config.notifications_enabled => Self::End("notifications are switched off"),
            None => Self::End("channels of this type are not delivered yet"),
            Some(format) => Self::Deliver { channel, format },
        }
    }
}

/// How long a stay may go on beginning things.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// Until this reading of the monotonic clock, in ms.
    At(i64),
    /// Until the process is told to stop.
    Stopped,
}

/// One drain of one channel.
pub struct Desk<'a> {
    pub(crate) app: &'a App,
    duty: Duty<'a>,
    channel: String,
    owner: String,
    bell: Bell,
    until: Until,
    /// Keys of the rows that the last visit saw.
    seen: BTreeSet<String>,
    /// When the log was last told that rows wait, in ms of the monotonic clock.
    told_ms: Option<i64>,
    unreadable: Unreadable,
    /// Why the last visit was cut short.
    failure: Option<StoreError>,
}

impl<'a> Desk<'a> {
    /// A desk at this channel.
    pub fn new(app: &'a App, channel: String, duty: Duty<'a>, bell: Bell, until: Until) -> Self {
        let owner = owner();
        let seen = BTreeSet::new();
        let unreadable = Unreadable::default();
        let (told_ms, failure) = (None, None);
        Self { app, duty, channel, owner, bell, until, seen, told_ms, unreadable, failure }
    }

    /// The channel's name.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Why the last visit was cut short by the store, if it was.
    pub fn into_failure(self) -> Option<StoreError> {
        self.failure
    }

    /// Whether nothing new may be begun.
    pub(crate) fn is_closing(&self) -> bool {
        match self.until {
            Until::At(end_ms) => self.app.clock.monotonic_ms() >= end_ms,
            Until::Stopped => self.bell.is_stopping(),
        }
    }

    /// Waits for `ms` milliseconds or a ring.
    pub async fn wait(&mut self, ms: i64) -> Wake {
        self.bell.wait(&self.app.clock, ms).await
    }

    /// Attends the channel while something falls due within a minute. Returns how many ms later
    /// something does. `None`: nothing waits.
    pub async fn stay(&mut self) -> Option<i64> {
        loop {
            self.failure = None;
            let due = match self.visit().await {
                Ok(due) => due?,
                Err(error) => {
                    warn!(channel = self.channel, %error, "a visit was cut short by the store");
                    self.failure = Some(error);
                    self.app.clock.now().plus_ms(STORE_PAUSE_MS)
                }
            };
            let wait_ms = due.since_ms(self.app.clock.now()).max(0);
            if wait_ms > STAY_MS || self.is_closing() || self.rest(due).await == Wake::Stopping {
                return Some(wait_ms);
            }
        }
    }

    /// Does what is due. Returns when to come back. `None`: nothing waits.
    async fn visit(&mut self) -> Result<Option<UnixMs>, StoreError> {
        if matches!(self.duty, Duty::Deliver { channel, .. } if channel.fallback) {
            fallback::tell_ends(self.app, &self.channel).await?;
        }
        if !self.app.store.waits(&self.channel).await? {
            self.seen.clear();
            self.unreadable.mind(self.app, &self.channel, Vec::new()).await;
            return Ok(None);
        }
        let now = self.app.clock.now();
        let (channel, format) = match self.duty {
            Duty::Deliver { channel, format } => (channel, format),
            Duty::End(reason) => {
                let rows = self.rows().await?;
                let is_done = ending::bury(self, rows, reason).await?;
                return Ok((!is_done).then_some(now));
            }
        };
        match self.app.store.claim(&self.channel, &self.owner, now, LEASE_MS).await? {
            Claim::Won(lease) => self.hold(lease, channel, format).await,
            Claim::Rang => {
                debug!(channel = self.channel, "somebody else attends the channel and was told");
                Ok(Some(now.plus_ms(TAKEN_PAUSE_MS)))
            }
        }
    }

    /// Goes round until nobody rang meanwhile, then gives the channel back: whoever waits for the
    /// next due row does so without the lease.
    async fn hold(
        &mut self,
        mut lease: Lease,
        channel: &'a Channel,
        format: &'static Format,
    ) -> Result<Option<UnixMs>, StoreError> {
        loop {
            let rows = self.rows().await?;
            let round = Round::new(self, channel, format, lease);
            let RoundEnd { due, lease: held } = round.go(rows).await?;
            let Some(held) = held else { return Ok(due) };
            match self.app.store.release(&held).await? {
                // With no time left the next round sends nothing; it only reads what is due.
                Release::RangAgain(ours) => lease = ours,
                Release::Released | Release::Lost => return Ok(due),
            }
        }
    }

    async fn rows(&mut self) -> Result<Vec<OutboxRow>, StoreError> {
        let outbox = self.app.store.outbox(&self.channel).await?;
        self.seen = outbox.rows.iter().map(|row| row.key.clone()).collect();
        self.unreadable.mind(self.app, &self.channel, outbox.unreadable).await;
        self.tell_age(&outbox.rows);
        Ok(outbox.rows)
    }

    /// An alarm on AWS reads this event.
    fn tell_age(&mut self, rows: &[OutboxRow]) {
        let Some(oldest) = rows.iter().map(|row| row.delivery.queued.committed_at).min() else {
            return;
        };
        let age_ms = self.app.clock.now().since_ms(oldest);
        let now_ms = self.app.clock.monotonic_ms();
        if age_ms > LONG_MS && self.told_ms.is_none_or(|told_ms| now_ms - told_ms >= LONG_MS) {
            self.told_ms = Some(now_ms);
            info!(
                channel = self.channel,
                rows = rows.len(),
                oldest_s = age_ms / 1_000,
                "rows wait"
            );
        }
    }

    /// Waits until `due`, or until there is something new.
    async fn rest(&mut self, due: UnixMs) -> Wake {
        loop {
            let left_ms = due.since_ms(self.app.clock.now());
            // More than a stay is left only if the clock was set back: look again what is due.
            if !(1..=STAY_MS).contains(&left_ms) || self.is_closing() {
                return Wake::Due;
            }
            let slice_ms =
                if self.bell.is_silent() { left_ms.min(self.glance_ms()) } else { left_ms };
            let wake = self.wait(slice_ms).await;
            if wake != Wake::Due || (self.bell.is_silent() && self.has_news().await) {
                return wake;
            }
        }
    }

    /// How long to wait before looking for new rows, in ms.
    pub(crate) fn glance_ms(&self) -> i64 {
        if self.seen.len() < MANY { GLANCE_MS } else { SLOW_GLANCE_MS }
    }

    /// Whether there are rows that the last visit did not see, or none any more. A store that cannot
    /// say is asked again by the next visit.
    pub async fn has_news(&self) -> bool {
        match self.app.store.queued(&self.channel).await {
            Ok(rows) if rows.is_empty() => !self.seen.is_empty(),
            Ok(rows) => rows.iter().any(|row| !self.seen.contains(&row.key)),
            Err(_) => true,
        }
    }
}

/// A name that no other drain has.
fn owner() -> String {
    format!("{:016x}", getrandom::u64().unwrap_or_default())
}
