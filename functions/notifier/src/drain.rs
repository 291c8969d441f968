//! All channels side by side: a slow or failing one never delays another.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use flatline_shared::app::App;
use flatline_shared::store::StoreError;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::watch;
use tracing::{error, warn};

use crate::attempt::SEND_MS;
use crate::bell::{Bell, Ringer, Wake};
use crate::desk::{Desk, Duty, Until};

/// How long a drain goes on beginning things, in ms.
const DRAIN_MS: i64 = 75_000;
/// The time-out of the function on AWS, in ms.
const TIMEOUT_MS: i64 = 120_000;
/// A drain has ended, and given its leases back, so long before the time-out, in ms.
const MARGIN_MS: i64 = 15_000;
/// The longest that one operation of the store takes, in ms.
const STORE_MS: i64 = 5_000;
// What may still be begun at the end of its time: renew a lease, send, mark, release.
const _: () = assert!(DRAIN_MS + SEND_MS + 3 * STORE_MS <= TIMEOUT_MS - MARGIN_MS);
/// How often a channel is visited although nobody rang, in ms.
const ROUTINE_MS: i64 = 60_000;
/// How long to wait when the store cannot say which channels there are, in ms.
const STORE_PAUSE_MS: i64 = 2_000;

/// How a drain ended.
#[derive(Debug)]
pub enum Drained {
    /// Whatever still waits is due later, or the next doorbell's.
    Complete,
    /// The store refused: rows may wait that nobody looked at.
    CutShort(StoreError),
}

/// Delivers what waits in every channel; returns when nothing falls due within a minute, or when it
/// has taken its time: the next doorbell goes on. Every send is awaited.
pub async fn drain(app: &App) -> Drained {
    let duties = match duties(app).await {
        Ok(duties) => duties,
        Err(error) => {
            error!(%error, "the channels cannot be read, nothing is delivered now");
            return Drained::CutShort(error);
        }
    };
    let until = Until::At(app.clock.monotonic_ms() + DRAIN_MS);
    let busy = watch::Sender::new(duties.len());
    let desks = duties.into_iter().map(|(channel, duty)| {
        let mut desk = Desk::new(app, channel, duty, Bell::silent(), until);
        let busy = &busy;
        async move {
            accompany(&mut desk, busy).await;
            desk.into_failure()
        }
    });
    let failures = join_all(desks).await;
    failures.into_iter().flatten().next().map_or(Drained::Complete, Drained::CutShort)
}

/// One channel, until no channel has anything to do: while this drain lasts the stream may start no
/// other, so whoever is done looks for new rows as long as somebody is busy.
async fn accompany(desk: &mut Desk<'_>, busy: &watch::Sender<usize>) {
    let mut others = busy.subscribe();
    loop {
        stay(desk).await;
        busy.send_modify(|busy| *busy -= 1);
        loop {
            let glance_ms = desk.glance_ms();
            let all_done = others.wait_for(|busy| *busy == 0);
            let is_over = tokio::select! {
                biased;
                _ = all_done => true,
                _ = desk.wait(glance_ms) => desk.is_closing(),
            };
            if is_over {
                return;
            }
            if desk.has_news().await {
                break;
            }
        }
        busy.send_modify(|busy| *busy += 1);
    }
}

/// Attends all channels until `shutdown`: when the doorbell rings, when something falls due, and each
/// minute. Sends under way are awaited. Whoever holds the data directory's lock voids the leases of
/// earlier processes first.
pub async fn run(app: App, shutdown: impl Future<Output = ()>) {
    let ringer = Ringer::default();
    let attending = attend_all(&app, ringer.bell());
    let ringing = async {
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = app.doorbell.notified() => ringer.ring(),
                () = &mut shutdown => break,
            }
        }
        ringer.stop();
    };
    tokio::join!(attending, ringing);
}

async fn attend_all(app: &App, mut bell: Bell) {
    let duties = loop {
        match duties(app).await {
            Ok(duties) => break duties,
            Err(error) => warn!(%error, "the channels cannot be read, trying again"),
        }
        if bell.wait(&app.clock, STORE_PAUSE_MS).await == Wake::Stopping {
            return;
        }
    };
    let desks = duties.into_iter().map(|(channel, duty)| {
        let mut desk = Desk::new(app, channel, duty, bell.clone(), Until::Stopped);
        async move { attend(&mut desk).await }
    });
    join_all(desks).await;
}

/// One channel, for ever.
async fn attend(desk: &mut Desk<'_>) {
    loop {
        let due = stay(desk).await;
        let pause_ms = due.unwrap_or(ROUTINE_MS).clamp(0, ROUTINE_MS);
        if desk.wait(pause_ms).await == Wake::Stopping {
            return;
        }
    }
}

/// One stay at one channel; how many ms later something falls due. A panic is this channel's alone.
async fn stay(desk: &mut Desk<'_>) -> Option<i64> {
    let Ok(due) = AssertUnwindSafe(desk.stay()).catch_unwind().await else {
        error!(channel = desk.channel(), "a delivery panicked; its row stays and is tried again");
        return None;
    };
    due
}

/// What is to be done for each channel: those that are configured, and those that ever had rows.
async fn duties(app: &App) -> Result<BTreeMap<String, Duty<'_>>, StoreError> {
    let state = app.store.config_state().await?;
    let configured = app.config.channels.iter();
    let mut duties: BTreeMap<_, _> = configured
        .map(|channel| (channel.route.name.clone(), Duty::of(channel, &app.config)))
        .collect();
    for channel in state.channels {
        duties.entry(channel).or_insert(Duty::End("channel removed"));
    }
    // A newer configuration may know channels that this one does not; the same one under a higher number
    // is ours, after a rollback.
    if app.revision < state.revision && app.config.hash != state.hash {
        duties.retain(|_, duty| matches!(duty, Duty::Deliver { .. }));
    }
    Ok(duties)
}
