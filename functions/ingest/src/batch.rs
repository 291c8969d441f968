//! All entries of one request: each service has one heartbeat, however often it is named, and several
//! are written at the same time.

use std::collections::HashMap;

use flatline_domain::UnixMs;
use flatline_shared::app::App;
use futures_util::{StreamExt, stream};

use crate::admission::{Failure, Sender};
use crate::beat;
use crate::content::Content;
use crate::entry::Entry;

/// Heartbeats of one batch that are written at the same time.
const CONCURRENT_WRITES: usize = 16;

/// What became of one entry: when its service was last heard, as stored.
pub(crate) type BeatResult = Result<UnixMs, Failure>;

/// One write, for all entries of one sender.
struct Write<'a> {
    sender: Sender<'a>,
    /// What its entries say, as far as they say something, in their order.
    contents: Vec<&'a Content>,
    /// The entries that it answers.
    indexes: Vec<usize>,
}

impl Write<'_> {
    async fn run(self, app: &App, now: UnixMs) -> (BeatResult, Vec<usize>) {
        (beat::store(app, self.sender, &self.contents, now).await, self.indexes)
    }
}

/// Stores what was admitted; one result per entry, in their order.
pub(crate) async fn store(
    app: &App,
    entries: &[Entry],
    admitted: &[Result<Sender<'_>, Failure>],
    now: UnixMs,
) -> Vec<BeatResult> {
    let mut results: Vec<BeatResult> = admitted.iter().map(|one| one.map(|_| now)).collect();
    let runs: Vec<_> =
        writes(entries, admitted).into_iter().map(|write| write.run(app, now)).collect();
    let mut stored = stream::iter(runs).buffer_unordered(CONCURRENT_WRITES);
    while let Some((result, indexes)) = stored.next().await {
        for index in indexes {
            results[index] = result;
        }
    }
    results
}

/// The writes that the admitted entries need.
fn writes<'a>(entries: &'a [Entry], admitted: &[Result<Sender<'a>, Failure>]) -> Vec<Write<'a>> {
    let mut writes: Vec<Write<'_>> = Vec::new();
    let mut write_of: HashMap<&str, usize> = HashMap::new();
    for (index, (entry, sender)) in entries.iter().zip(admitted).enumerate() {
        let Ok(sender) = *sender else { continue };
        let slot = *write_of.entry(sender.id()).or_insert(writes.len());
        if slot == writes.len() {
            writes.push(Write { sender, contents: Vec::new(), indexes: Vec::new() });
        }
        let write = &mut writes[slot];
        write.indexes.push(index);
        if !entry.content.is_empty() {
            write.contents.push(&entry.content);
        }
    }
    writes
}
