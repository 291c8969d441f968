//! What one channel is told next about one service: order, cooldown, folding.
//!
//! A lane is the waiting deliveries of one service (or external alert) on one channel, oldest
//! first. Commits always write their rows; what is said twice in a short time is folded only here,
//! when sending, so a cooldown can hold back neither an alarm nor the last word.

use crate::{Event, Status, UnixMs};

/// What a channel last accepted about one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Told {
    /// The status it was told.
    pub status: Status,
    /// The version that was told.
    pub version: u64,
    /// When it accepted.
    pub at: UnixMs,
}

/// One waiting delivery, as far as order and folding are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueuedNotice {
    /// The transition it tells.
    pub version: u64,
    /// 0 = the transition itself, 1.. = reminders of it.
    pub n: u32,
    /// What it says.
    pub event: Event,
    /// The status that it tells.
    pub status: Status,
    /// When it was committed.
    pub committed_at: UnixMs,
    /// Not to be tried before.
    pub next_at: Option<UnixMs>,
    /// Ends what was told, because the service is no longer watched.
    pub closing: bool,
}

/// How a delivery ends without being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsent {
    /// A newer one says it all, or says what was told already.
    Folded,
    /// It has nothing left to say.
    Cancelled,
}

/// What to do next with a lane. Indexes are those of the slice that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this one; when it is accepted, the `folded` ones have ended too.
    Send {
        /// The delivery to send.
        index: usize,
        /// Deliveries that it says as well.
        folded: Vec<usize>,
    },
    /// End these without sending, then ask again.
    End(Vec<(usize, Unsent)>),
    /// Nothing before this instant.
    Wait(UnixMs),
    /// The lane is empty.
    Done,
}

/// Decides the next step of a lane. `rows` are in order (version, then n).
#[must_use]
pub fn next_step(
    rows: &[QueuedNotice],
    told: Option<&Told>,
    cooldown_ms: i64,
    now: UnixMs,
) -> Step {
    let Some(first) = rows.first() else { return Step::Done };
    if let Some(ended) = cancelled(rows, told) {
        return Step::End(ended);
    }
    if let Some(ended) = outdated(rows, told) {
        return Step::End(ended);
    }
    let window_end = told.map(|told| told.at.plus_ms(cooldown_ms));
    let in_window = |row: &QueuedNotice| match (told, window_end) {
        (Some(told), Some(end)) => row.committed_at >= told.at && row.committed_at < end,
        _ => false,
    };
    let run = rows.iter().take_while(|row| in_window(row)).count();
    let (Some(told), Some(window_end)) = (told, window_end) else {
        return send_or_wait(first, 0, 0, now);
    };
    if run == 0 {
        return send_or_wait(first, 0, 0, now);
    }
    let newest = &rows[run - 1];
    let worse = newest.status.badness() > told.status.badness();
    if !worse && now < window_end {
        return Step::Wait(window_end);
    }
    if newest.status.badness() == told.status.badness() {
        return Step::End((0..run).map(|index| (index, Unsent::Folded)).collect());
    }
    send_or_wait(newest, run - 1, run - 1, now)
}

/// One of the messages that a lane would send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The delivery, as [`Step::Send`] has it.
    pub index: usize,
    /// Deliveries that it says as well.
    pub folded: Vec<usize>,
}

/// What a lane would send now, one after the other, if each were accepted at once: what a message that
/// tells of many says of it. A test stands for itself, and so does a reminder, which must still be
/// true when it is sent. Indexes are those of `rows`.
#[must_use]
pub fn turns(
    rows: &[QueuedNotice],
    told: Option<&Told>,
    cooldown_ms: i64,
    now: UnixMs,
) -> Vec<Turn> {
    let mut left: Vec<usize> = (0..rows.len()).collect();
    let mut told = told.copied();
    let mut turns: Vec<Turn> = Vec::new();
    loop {
        let waiting: Vec<QueuedNotice> = left.iter().map(|&row| rows[row]).collect();
        let Step::Send { index, folded } = next_step(&waiting, told.as_ref(), cooldown_ms, now)
        else {
            return turns;
        };
        let row = waiting[index];
        if !turns.is_empty() && (row.n > 0 || row.event == Event::Test) {
            return turns;
        }
        told = Some(Told { status: row.status, version: row.version, at: now });
        let folded_rows = folded.iter().map(|&index| left[index]).collect();
        turns.push(Turn { index: left[index], folded: folded_rows });
        let mut place = 0;
        left.retain(|_| {
            place += 1;
            place - 1 != index && !folded.contains(&(place - 1))
        });
        if row.event == Event::Test {
            return turns;
        }
    }
}

/// Sends `rows[index]`, which says all before it as well, unless it must wait for its next try.
fn send_or_wait(row: &QueuedNotice, index: usize, folded: usize, now: UnixMs) -> Step {
    match row.next_at {
        // What is longer than any wait was planned by a clock that has been set back since.
        Some(next_at) if next_at > now && next_at.since_ms(now) <= LONGEST_WAIT_MS => {
            Step::Wait(next_at)
        }
        _ => Step::Send { index, folded: (0..folded).collect() },
    }
}

/// What a closing row makes pointless: all before it, and itself if nothing bad was ever told.
/// A reminder is pointless once anything newer waits in its lane.
fn cancelled(rows: &[QueuedNotice], told: Option<&Told>) -> Option<Vec<(usize, Unsent)>> {
    let closing = rows.iter().rposition(|row| row.closing);
    let nothing_told = told.is_none_or(|told| told.status.badness() == 0);
    let pointless = |index: usize, row: &QueuedNotice| match closing {
        Some(close) if index < close => true,
        Some(close) if index == close => nothing_told,
        _ => row.n > 0 && index + 1 < rows.len(),
    };
    let ended: Vec<_> = rows
        .iter()
        .enumerate()
        .filter(|(index, row)| pointless(*index, row))
        .map(|(index, _)| (index, Unsent::Cancelled))
        .collect();
    (!ended.is_empty()).then_some(ended)
}

/// What a lane is decided by where an incident may be open that nobody wrote down: a drain may have died
/// between sending an alarm and noting that it was accepted. A closing row then ends it; to resolve what
/// is not open is harmless where `tracks_incidents`, and nowhere else.
#[must_use]
pub fn presumed(rows: &[QueuedNotice], told: Option<Told>, tracks_incidents: bool) -> Option<Told> {
    let nothing_told = told.is_none_or(|told| told.status.badness() == 0);
    if !tracks_incidents || !nothing_told || !rows.iter().any(|row| row.closing) {
        return told;
    }
    let (version, at) = told.map_or((0, UnixMs(0)), |told| (told.version, told.at));
    Some(Told { status: Status::Down, version, at })
}

/// What is older than what was told says nothing any more: sending it would go back in time.
fn outdated(rows: &[QueuedNotice], told: Option<&Told>) -> Option<Vec<(usize, Unsent)>> {
    let told = told?;
    let count = rows.iter().take_while(|row| row.version < told.version).count();
    (count > 0).then(|| (0..count).map(|index| (index, Unsent::Folded)).collect())
}

/// A delivery that was not accepted for this long is dead, in ms.
pub const GIVE_UP_AFTER_MS: i64 = 24 * 3_600_000;

/// No try is planned further ahead than this, in ms: `Retry-After` is honoured up to an hour.
pub const LONGEST_WAIT_MS: i64 = 3_600_000 + 600_000;

/// How long to wait after the given number of failed attempts (at least 1), in ms, before jitter.
#[must_use]
pub const fn backoff_ms(attempts: u32) -> i64 {
    match attempts {
        0 => 0,
        1 => 5_000,
        2 => 30_000,
        3 => 60_000,
        4 => 120_000,
        5 => 300_000,
        6 => 600_000,
        _ => 900_000,
    }
}
