//! One heartbeat: its log row if it says something, its one write, the gap that it may end.

use flatline_domain::{Gap, Membership, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::Service;
use flatline_shared::store::{Beat, BeatOutcome, StoreError};
use flatline_shared::transition::Said;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::admission::{Failure, Sender};
use crate::change;
use crate::content::Content;

/// Rows of the log of one service that are written at the same time.
const CONCURRENT_ROWS: usize = 16;

/// Stores a heartbeat that says all of `contents`; durable when it returns the instant that is stored
/// as the last one. The last status that is stated counts, and the last message and metadata go with it.
pub(crate) async fn store(
    app: &App,
    sender: Sender<'_>,
    contents: &[&Content],
    now: UnixMs,
) -> Result<UnixMs, Failure> {
    let stored = match sender {
        Sender::Canary => app.store.prove(now).await.map(|()| now),
        Sender::Service(service) => store_service(app, service, contents, now).await,
    };
    stored.map_err(|error| {
        tracing::warn!(service = sender.id(), %error, "a heartbeat was not stored");
        match error {
            StoreError::Unavailable(_) => Failure::Busy,
            _ => Failure::Fault,
        }
    })
}

async fn store_service(
    app: &App,
    service: &Service,
    contents: &[&Content],
    now: UnixMs,
) -> Result<UnixMs, StoreError> {
    let id = service.spec.id.as_str();
    write_log(app, id, contents, now).await?;
    let stated = contents.iter().rev().find_map(|content| content.stated);
    let said = Said {
        message: contents.iter().rev().find_map(|content| content.message.as_deref()),
        metadata: contents.iter().rev().find_map(|content| content.metadata.as_ref()),
    };
    let beat = Beat { id, at: now, window_ms: service.spec.window_ms, stated };
    let outcome = app.store.beat(&beat).await?;
    let heard = outcome.after.last_beat.unwrap_or(now);
    if let Some(gap) = gap(service, &outcome, now) {
        match app.store.note_gap(id, gap).await {
            // The checker judges the silence first: what is stated now comes after it.
            Ok(()) => return Ok(heard),
            // The heartbeat is stored; without the note only the tale of the silence before it is lost.
            Err(error) => {
                tracing::warn!(service = id, %error, "a silence that ended was not noted");
            }
        }
    }
    change::commit(app, service, outcome.after, said, now).await;
    Ok(heard)
}

/// One row for each of them that says something worth keeping, in their order.
async fn write_log(
    app: &App,
    id: &str,
    contents: &[&Content],
    now: UnixMs,
) -> Result<(), StoreError> {
    let entries = contents.iter().filter_map(|content| content.log_entry(now));
    let keep_days = app.config.settings.retention_days;
    let writes: Vec<_> = (0..)
        .zip(entries)
        .map(async |(n, entry)| app.store.write_log(id, &entry, n, keep_days).await)
        .collect();
    stream::iter(writes).buffer_unordered(CONCURRENT_ROWS).try_collect().await
}

/// The silence that this heartbeat ended although nobody had judged it yet; or the one that ended with
/// the heartbeat before it, if whoever stored that died before noting it.
fn gap(service: &Service, outcome: &BeatOutcome, now: UnixMs) -> Option<Gap> {
    let (before, after) = (outcome.before.as_ref()?, &outcome.after);
    let stored = after.last_beat == Some(now);
    if service.spec.membership != Membership::Active || !stored || after.gap.is_some() {
        return None;
    }
    after.unnoted_gap().or_else(|| before.unnoted_gap())
}
