//! The only code that decides a status.
//!
//! It is level-triggered: it looks at where things are, not at what happened, so a step that was
//! lost is simply decided again at the next look, and deciding twice changes nothing.

use crate::sight::SEEN_WINDOWS;
use crate::{
    Gap, Membership, Reason, ServiceRecord, ServiceSpec, Sight, Status, Transition, UnixMs,
};

/// Heartbeats that are on their way when the deadline passes get this long to arrive, in ms.
pub const ARRIVAL_SLACK_MS: i64 = 500;

/// What to do about one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing, until `look_at`.
    Keep {
        /// Why nothing.
        reason: KeepReason,
        /// When to look again.
        look_at: UnixMs,
    },
    /// Commit these, one or two, in one transaction.
    Commit(Vec<Transition>),
    /// The noted gap was no outage: forget it.
    ClearGap(KeepReason),
    /// It is down for so long that whoever was told of it is told again. The checker does it.
    Remind {
        /// Which reminder of this outage it is, from 1.
        n: u32,
    },
}

/// Why nothing is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// Paused or closed, as configured.
    Out,
    /// Heard recently enough, and nothing new was stated.
    WithinWindow,
    /// Never heard, and it may stay so.
    MayStayUnknown,
    /// Already as it should be.
    Settled,
    /// Silent, but whoever asks has no sight; the checker decides.
    NeedsSight,
    /// Silent, but blind time counts as no silence: its window starts after the hole.
    AfterHole,
    /// Silent, but nothing was heard from anybody since the deadline.
    NoProof,
    /// A later transition already covers the time of the gap.
    GapCovered,
}

/// Decides what to do about `record`. Whoever has no `sight` (ingest) can commit what heartbeats
/// state, never silence. If the record notes a gap, `sight` is that of the gap.
#[must_use]
pub fn reconcile(
    record: &ServiceRecord,
    spec: &ServiceSpec,
    sight: Option<&Sight>,
    now: UnixMs,
) -> Decision {
    match (spec.membership, record.status) {
        (Membership::Closed, Status::Closed) | (Membership::Paused, Status::Paused) => {
            Decision::Keep { reason: KeepReason::Out, look_at: UnixMs::NEVER }
        }
        (Membership::Closed, _) => moved(record, Status::Closed, Reason::Removed, now),
        (Membership::Paused, _) => moved(record, Status::Paused, Reason::Paused, now),
        (Membership::Active, Status::Paused) => {
            moved(record, Status::Unknown, Reason::Resumed, now)
        }
        (Membership::Active, Status::Closed) => {
            moved(record, Status::Unknown, Reason::Reopened, now)
        }
        (Membership::Active, _) => watched(record, spec, sight, now),
    }
}

/// A transition that the configuration made; it begins now.
fn moved(record: &ServiceRecord, to: Status, reason: Reason, now: UnixMs) -> Decision {
    Decision::Commit(vec![transition(record, to, reason, now, now)])
}

fn watched(
    record: &ServiceRecord,
    spec: &ServiceSpec,
    sight: Option<&Sight>,
    now: UnixMs,
) -> Decision {
    match (record.unjudged_gap(), sight) {
        (Some(gap), Some(sight)) => return judge_gap(record, spec, gap, sight, now),
        // Whatever was stated since comes after the silence before it, or that would never be told.
        (Some(_), None) => return keep(KeepReason::NeedsSight, now, spec, now),
        (None, _) => {}
    }
    if record.reported != record.status && record.reported != Status::Unknown {
        return stated(record, now);
    }
    if record.status == Status::Down {
        return still_down(record, spec, now);
    }
    silence(record, spec, sight, now)
}

/// Down, and nobody said otherwise.
fn still_down(record: &ServiceRecord, spec: &ServiceSpec, now: UnixMs) -> Decision {
    if record.wake <= now {
        return Decision::Remind { n: record.reminders + 1 };
    }
    let look_at = record.wake.min(now.plus_ms(spec.window_ms));
    Decision::Keep { reason: KeepReason::Settled, look_at }
}

/// What the newest heartbeat stated has not been committed yet.
fn stated(record: &ServiceRecord, now: UnixMs) -> Decision {
    let reason = match (record.status, record.reported) {
        (Status::Unknown, Status::Up) => Reason::FirstHeartbeat,
        (_, Status::Up) => Reason::Recovered,
        _ => Reason::Reported,
    };
    let heard = record.last_beat.unwrap_or(now).min(now);
    Decision::Commit(vec![transition(record, record.reported, reason, heard, now)])
}

fn silence(
    record: &ServiceRecord,
    spec: &ServiceSpec,
    sight: Option<&Sight>,
    now: UnixMs,
) -> Decision {
    let Some(allowed_ms) = record.allowed_ms(spec) else {
        return keep(KeepReason::MayStayUnknown, UnixMs::NEVER, spec, now);
    };
    let due = record.heard_until().plus_ms(allowed_ms);
    if now < due.plus_ms(ARRIVAL_SLACK_MS) {
        return keep(KeepReason::WithinWindow, due.plus_ms(ARRIVAL_SLACK_MS), spec, now);
    }
    let Some(sight) = sight else {
        return keep(KeepReason::NeedsSight, now, spec, now);
    };
    let seen_due = sight.silence_start.plus_ms(allowed_ms);
    let seen_enough = sight.seen_silence_ms > SEEN_WINDOWS * allowed_ms;
    if now < seen_due.plus_ms(ARRIVAL_SLACK_MS) && !seen_enough {
        return keep(KeepReason::AfterHole, seen_due.plus_ms(ARRIVAL_SLACK_MS), spec, now);
    }
    let proven_after = if seen_enough { due } else { seen_due };
    if sight.last_proof.is_none_or(|proof| proof <= proven_after) {
        return keep(KeepReason::NoProof, now.plus_ms(ARRIVAL_SLACK_MS), spec, now);
    }
    let reason = if record.last_beat.is_some() { Reason::Silence } else { Reason::NeverReported };
    let at = seen_due.min(now);
    Decision::Commit(vec![transition(record, Status::Down, reason, at, now)])
}

/// A late heartbeat ended a silence that nobody had judged: it was an outage, told afterwards, or
/// nothing.
fn judge_gap(
    record: &ServiceRecord,
    spec: &ServiceSpec,
    gap: Gap,
    sight: &Sight,
    now: UnixMs,
) -> Decision {
    let began = sight.silence_start.plus_ms(spec.window_ms);
    let seen_enough = sight.seen_silence_ms > SEEN_WINDOWS * spec.window_ms;
    if record.status != Status::Up || began < record.status_since {
        return Decision::ClearGap(KeepReason::GapCovered);
    }
    if gap.to <= began.plus_ms(ARRIVAL_SLACK_MS) && !seen_enough {
        return Decision::ClearGap(KeepReason::AfterHole);
    }
    let down = transition(record, Status::Down, Reason::Silence, began.min(gap.to), now);
    // What a later heartbeat stated is committed at the next look.
    let stated = if record.last_beat == Some(gap.to) { record.reported } else { Status::Up };
    let (to, reason) = match stated {
        // It spoke again only to say that it is down: one outage, which goes on.
        Status::Down => return Decision::Commit(vec![down]),
        Status::Degraded => (Status::Degraded, Reason::Reported),
        _ => (Status::Up, Reason::Recovered),
    };
    let back = Transition {
        version: down.version + 1,
        from: Status::Down,
        to,
        since: down.at,
        at: gap.to.max(down.at).min(now.max(down.at)),
        decided_at: now,
        reason,
    };
    Decision::Commit(vec![down, back])
}

/// The next transition of `record`; it never begins before the one before it.
fn transition(
    record: &ServiceRecord,
    to: Status,
    reason: Reason,
    at: UnixMs,
    now: UnixMs,
) -> Transition {
    Transition {
        version: record.version + 1,
        from: record.status,
        to,
        since: record.status_since,
        at: at.max(record.status_since),
        decided_at: now,
        reason,
    }
}

/// Nothing to do. However far the deadline is, look again within a window: a heartbeat moves it.
fn keep(reason: KeepReason, due: UnixMs, spec: &ServiceSpec, now: UnixMs) -> Decision {
    Decision::Keep { reason, look_at: due.min(now.plus_ms(spec.window_ms)) }
}
