//! Rows that end, and the log of how they do.

use flatline_shared::store::{Ended, Ending, Lane, OutboxRow, StoreError};
use tracing::{error, info, warn};

use crate::desk::Desk;
use crate::fallback;

/// When to try again to write down what is a fact already, in ms.
const MARK_PAUSE_MS: i64 = 500;

/// Rows that are ended together: so many fit into a transaction.
const BURIED_AT_ONCE: usize = 30;

/// The name of a lane in the log.
pub(crate) fn lane_name(lane: &Lane) -> String {
    match lane {
        Lane::Service(id) => format!("service/{id}"),
        Lane::Alert(key) => format!("alert/{key}"),
        Lane::Test(id) => format!("test/{id}"),
        Lane::Copy { channel, of } => format!("copy/{channel}/{}", lane_name(of)),
    }
}

/// Ends the rows of a channel that is gone, as many as there is time for; `true`: all of them. Needs
/// no lease: nobody else would send them.
pub(crate) async fn bury(
    desk: &Desk<'_>,
    rows: Vec<OutboxRow>,
    reason: &str,
) -> Result<bool, StoreError> {
    for part in rows.chunks(BURIED_AT_ONCE) {
        if desk.is_closing() {
            return Ok(false);
        }
        let at = desk.app.clock.now();
        let mut ended = Vec::new();
        for row in part {
            let copy_to = fallback::copy_to(desk.app, row).await?;
            let (row, answer) = (row.clone(), reason.to_owned());
            ended.push(Ended { row, ending: Ending::Dead, at, answer, copy_to });
        }
        finish(desk, &ended, 0).await?;
    }
    Ok(true)
}

/// Writes down how rows ended, as often as it takes while there is time: what was accepted must not
/// be sent again because the store was away for a moment.
pub(crate) async fn finish(
    desk: &Desk<'_>,
    ended: &[Ended],
    duration_ms: i64,
) -> Result<(), StoreError> {
    loop {
        let failure = match desk.app.store.mark(ended).await {
            Ok(()) => break,
            Err(StoreError::Unavailable(why)) if !desk.is_closing() => why,
            Err(failure) => return Err(failure),
        };
        warn!(channel = desk.channel(), failure, "how deliveries ended cannot be written yet");
        desk.app.clock.sleep(MARK_PAUSE_MS).await;
    }
    for ended in ended {
        log(ended, duration_ms);
    }
    if ended.iter().any(|ended| ended.copy_to.is_some()) {
        desk.app.doorbell.notify_one();
    }
    Ok(())
}

/// One event per delivery that ended.
fn log(ended: &Ended, duration_ms: i64) {
    let Ended { row, ending, answer, .. } = ended;
    let queued = &row.delivery.queued;
    let (channel, lane) = (&row.channel, lane_name(&row.delivery.lane));
    let (version, n, event) = (queued.version, queued.n, queued.event.as_str());
    let attempts = row.attempts;
    match ending {
        Ending::Delivered => {
            info!(channel, lane, version, n, event, attempts, duration_ms, answer, "delivered");
        }
        Ending::Dead => {
            error!(channel, lane, version, n, event, attempts, duration_ms, answer, "dead");
        }
        Ending::Folded => info!(channel, lane, version, n, event, "folded"),
        Ending::Cancelled => info!(channel, lane, version, n, event, "cancelled"),
    }
}
