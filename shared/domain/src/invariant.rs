//! What must always hold. The model, the simulation and the crash tests check what they see with
//! these; each returns one sentence about the first thing that is wrong.

use crate::sight::{SEEN_WINDOWS, seen_ms};
use crate::uptime::{Days, Timeline, add_interval};
use crate::{DayTotals, Hole, Status, Transition, UnixMs};

/// The sentence that says what does not hold.
pub type Violation = String;

/// What was known of a service when silence was decided.
#[derive(Clone, Copy, Debug)]
pub struct SilenceFacts<'a> {
    /// max(last heartbeat or configured, resumed) as it really was when the decision was committed.
    pub heard_until: UnixMs,
    /// The silence that was allowed, in ms.
    pub allowed_ms: i64,
    /// Every hole there really was.
    pub holes: &'a [Hole],
    /// The newest proof when the decision was committed.
    pub last_proof: Option<UnixMs>,
}

/// I1, no false alarm: `down` for silence only after more than one window since the last heartbeat
/// and the last hole (or three windows seen), with a proof newer than the deadline.
pub fn no_false_alarm(down: &Transition, facts: &SilenceFacts<'_>) -> Result<(), Violation> {
    let SilenceFacts { heard_until, allowed_ms, holes, last_proof } = *facts;
    let start = holes
        .iter()
        .filter(|hole| hole.counts_for(allowed_ms) && hole.end <= down.decided_at)
        .map(|hole| hole.end)
        .fold(heard_until, UnixMs::max);
    let seen_until = last_proof.map_or(heard_until, |proof| proof.min(down.decided_at));
    let seen = seen_ms(heard_until, seen_until, allowed_ms, holes);
    let waited = down.decided_at.since_ms(start) > allowed_ms || seen > SEEN_WINDOWS * allowed_ms;
    if !waited {
        return Err(format!(
            "I1: down decided {} ms after sign of life, hole or resume; allowed are {allowed_ms} ms",
            down.decided_at.since_ms(start)
        ));
    }
    match last_proof {
        Some(proof) if proof > heard_until.plus_ms(allowed_ms) => Ok(()),
        _ => Err("I1: down decided without a proof newer than the deadline".into()),
    }
}

/// I2 and I3, the history: versions without gaps, each entry leads on from the one before, begins
/// no earlier, and changes the status.
pub fn history_chains(history: &[Transition]) -> Result<(), Violation> {
    for entry in history {
        if entry.from == entry.to {
            return Err(format!("I3: version {} changes nothing", entry.version));
        }
        if entry.at < entry.since {
            return Err(format!("I3: version {} begins before the one before it", entry.version));
        }
    }
    for pair in history.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.version != before.version + 1 {
            return Err(format!("I2: version {} follows {}", after.version, before.version));
        }
        if after.from != before.to || after.since != before.at {
            return Err(format!("I3: version {} does not lead on", after.version));
        }
    }
    Ok(())
}

/// I4: the last heartbeat never goes back and is never in the future, but for the repair of a
/// clock: what lay more than a minute ahead may come back to now.
pub fn beat_moves_on(
    before: Option<UnixMs>,
    after: Option<UnixMs>,
    now: UnixMs,
) -> Result<(), Violation> {
    match (before, after) {
        (Some(_), None) => Err("I4: the last heartbeat vanished".into()),
        (_, Some(after)) if after > now && Some(after) != before => {
            Err("I4: the last heartbeat lies in the future".into())
        }
        (Some(before), Some(after)) if after < before && before.since_ms(now) <= 60_000 => {
            Err("I4: the last heartbeat went back".into())
        }
        _ => Ok(()),
    }
}

/// I5: accepted sends of one lane never go back in version.
pub fn lane_in_order(accepted_versions: &[u64]) -> Result<(), Violation> {
    accepted_versions.windows(2).find(|pair| pair[1] < pair[0]).map_or(Ok(()), |pair| {
        Err(format!("I5: version {} was accepted after {}", pair[1], pair[0]))
    })
}

/// I12: the stored days, imported ones aside, are what the history adds up to, what of them was blind is
/// no more than that, and each day adds up to the time since creation.
pub fn days_add_up(
    stored: &Days,
    history: &[Transition],
    created: UnixMs,
    now: UnixMs,
) -> Result<(), Violation> {
    let mut recomputed = Days::new();
    for entry in history {
        add_interval(&mut recomputed, entry.from, entry.since, entry.at, &[]);
    }
    let own = || stored.iter().filter(|(_, totals)| !totals.imported);
    let off_ms = |totals: &DayTotals| totals.degraded_ms + totals.down_ms + totals.unknown_ms;
    if let Some((day, totals)) = own().find(|(_, it)| !(0..=off_ms(it)).contains(&it.blind_ms)) {
        return Err(format!("I12: of day {} more was blind than not up: {totals:?}", day.0));
    }
    let sums: Days =
        own().map(|(day, totals)| (*day, DayTotals { blind_ms: 0, ..*totals })).collect();
    if sums != recomputed {
        return Err(format!("I12: stored days {stored:?}, history says {recomputed:?}"));
    }
    let (status, since) =
        history.last().map_or((Status::Unknown, created), |last| (last.to, last.at));
    let timeline = Timeline { days: stored, created, status, since, holes: &[] };
    for (day, uptime) in timeline.days(created.day(), now.day(), now) {
        let whole_ms = day.next().start().min(now).since_ms(day.start().max(created));
        let sum_ms = uptime.up_ms + uptime.degraded_ms + uptime.down_ms + uptime.unknown_ms;
        if sum_ms != whole_ms.max(0) {
            return Err(format!("I12: day {} adds up to {sum_ms} of {whole_ms} ms", day.0));
        }
    }
    Ok(())
}
