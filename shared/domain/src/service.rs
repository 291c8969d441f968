//! What we watch (the spec, from the configuration) and what we know of it (the record, stored).

use crate::reconcile::ARRIVAL_SLACK_MS;
use crate::{IncidentChange, Reason, ServiceRoute, Status, Transition, UnixMs};

/// Whether the configuration wants a service watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Configured and enabled.
    Active,
    /// Configured with `enabled: false`.
    Paused,
    /// Not in the configuration any more.
    Closed,
}

/// One service as configured, after it inherited from its group and the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    /// Its identity, 1-100 bytes.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it is to be watched.
    pub membership: Membership,
    /// Silence that is allowed (period + grace), in ms; at least 1,000.
    pub window_ms: i64,
    /// Silence that is allowed before the first heartbeat ever, in ms. `None`: for ever.
    pub first_window_ms: Option<i64>,
    /// Who is told of what.
    pub route: ServiceRoute,
}

impl ServiceSpec {
    /// What to reconcile a record with whose service is gone from the configuration.
    #[must_use]
    pub fn closed(id: &str, window_ms: i64) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            membership: Membership::Closed,
            window_ms,
            first_window_ms: None,
            route: ServiceRoute::default(),
        }
    }
}

/// A silence that ended before anybody judged it: noted by the heartbeat that came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gap {
    /// The heartbeat before the silence.
    pub from: UnixMs,
    /// The heartbeat that ended it.
    pub to: UnixMs,
}

/// How many arrival times a record keeps.
pub const RING: usize = 8;

/// What lies further ahead than this was written by a clock that has been set back since, in ms.
pub const CLOCK_AHEAD_MS: i64 = 60_000;

/// All that is stored of one service to decide its status.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServiceRecord {
    /// Its identity.
    pub id: String,
    /// The committed status.
    pub status: Status,
    /// Counts the committed transitions; 0 before the first.
    pub version: u64,
    /// Since when the status holds (the `at` of the last transition).
    pub status_since: UnixMs,
    /// The newest heartbeat, by our clock. `None`: never heard.
    pub last_beat: Option<UnixMs>,
    /// When silence becomes too long, as of the newest heartbeat; [`UnixMs::NEVER`] if never.
    pub deadline: UnixMs,
    /// The deadline that was in force when the newest heartbeat came. `None`: whether that one was late
    /// is judged, or it is the first.
    pub was_due: Option<UnixMs>,
    /// The window that `deadline` was computed with, in ms.
    pub window_ms: i64,
    /// What the newest heartbeat stated. A transition that no heartbeat caused overwrites it with
    /// where it led, so that it differs from `status` only when a heartbeat said something new.
    pub reported: Status,
    /// A timer that heartbeats never touch (first heartbeat, reminder); [`UnixMs::NEVER`] if unset.
    pub wake: UnixMs,
    /// A silence still to be judged.
    pub gap: Option<Gap>,
    /// Reminders sent of the open incident.
    pub reminders: u32,
    /// Start of the open incident.
    pub incident: Option<UnixMs>,
    /// When it was first configured, or first heard.
    pub configured_at: UnixMs,
    /// When it last came back from paused or closed.
    pub resumed_at: Option<UnixMs>,
    /// The newest arrival times, newest first.
    pub ring: Vec<UnixMs>,
}

impl ServiceRecord {
    /// A service that is configured and was never heard.
    #[must_use]
    pub fn new(spec: &ServiceSpec, now: UnixMs) -> Self {
        let first_due = spec.first_window_ms.map_or(UnixMs::NEVER, |ms| now.plus_ms(ms));
        Self {
            id: spec.id.clone(),
            status: Status::Unknown,
            version: 0,
            status_since: now,
            last_beat: None,
            deadline: first_due,
            was_due: None,
            window_ms: spec.window_ms,
            reported: Status::Unknown,
            wake: UnixMs::NEVER,
            gap: None,
            reminders: 0,
            incident: None,
            configured_at: now,
            resumed_at: None,
            ring: Vec::new(),
        }
    }

    /// Where silence is counted from, as far as this record knows; holes come on top.
    #[must_use]
    pub fn heard_until(&self) -> UnixMs {
        let heard = self.last_beat.unwrap_or(self.configured_at);
        self.resumed_at.map_or(heard, |resumed| heard.max(resumed))
    }

    /// The silence that `spec` allows this service now, in ms. `None`: any.
    #[must_use]
    pub fn allowed_ms(&self, spec: &ServiceSpec) -> Option<i64> {
        if self.last_beat.is_some() { Some(spec.window_ms) } else { spec.first_window_ms }
    }

    /// When silence becomes too long if no hole comes between; [`UnixMs::NEVER`] if never.
    #[must_use]
    pub fn due(&self, spec: &ServiceSpec) -> UnixMs {
        self.allowed_ms(spec).map_or(UnixMs::NEVER, |allowed| self.heard_until().plus_ms(allowed))
    }

    /// The record after a repaired clock: times from which silence is counted, and that lie more than
    /// [`CLOCK_AHEAD_MS`] ahead of `now`, become `now`; gap and arrivals ahead are forgotten. `None`:
    /// nothing lies ahead.
    #[must_use]
    pub fn repaired(&self, spec: &ServiceSpec, now: UnixMs) -> Option<Self> {
        let is_ahead = |at: UnixMs| at.since_ms(now) > CLOCK_AHEAD_MS;
        let mended = |at: UnixMs| if is_ahead(at) { now } else { at };
        let mut next = Self {
            last_beat: self.last_beat.map(mended),
            configured_at: mended(self.configured_at),
            resumed_at: self.resumed_at.map(mended),
            // What one clock began and another ended has no length.
            gap: self.gap.filter(|gap| !is_ahead(gap.to)),
            ring: self.ring.iter().copied().filter(|at| !is_ahead(*at)).collect(),
            ..self.clone()
        };
        if next == *self {
            return None;
        }
        next.window_ms = spec.window_ms;
        next.deadline = next.due(spec);
        next.was_due = None;
        Some(next)
    }

    /// A silence that nobody has judged: the one that is noted, or the one that the newest heartbeat
    /// ended, if it came later than the deadline in force by more than [`ARRIVAL_SLACK_MS`]. Whoever
    /// stored it may have died before the note.
    #[must_use]
    pub fn unjudged_gap(&self) -> Option<Gap> {
        self.gap.or_else(|| self.unnoted_gap())
    }

    /// The second of the two of [`ServiceRecord::unjudged_gap`].
    #[must_use]
    pub fn unnoted_gap(&self) -> Option<Gap> {
        let (Some(due), [to, from, ..]) = (self.was_due, &self.ring[..]) else { return None };
        let is_late = to.since_ms(due) > ARRIVAL_SLACK_MS;
        let is_open = self.status == Status::Up && *from >= self.status_since;
        (is_late && is_open).then_some(Gap { from: *from, to: *to })
    }

    /// The record once its unjudged gap was found to be none.
    #[must_use]
    pub fn without_gap(&self) -> Self {
        let ends_now = self.unjudged_gap().is_some_and(|gap| self.last_beat == Some(gap.to));
        let was_due = self.was_due.filter(|_| !ends_now);
        Self { gap: None, was_due, ..self.clone() }
    }

    /// The record as a heartbeat at `at` that states `stated` leaves it. The store does the same in
    /// one conditional write; this is its specification, for the model and the simulation.
    #[must_use]
    pub fn after_beat(&self, at: UnixMs, stated: Status, window_ms: i64) -> Self {
        let mut next = self.clone();
        next.last_beat = Some(at);
        next.was_due = Some(self.deadline);
        next.window_ms = window_ms;
        next.deadline = at.plus_ms(window_ms);
        next.reported = stated;
        next.ring.insert(0, at);
        next.ring.truncate(RING);
        next
    }

    /// The record as `transition` leaves it, conditions aside.
    #[must_use]
    pub fn after(&self, transition: &Transition) -> Self {
        let mut next = self.clone();
        next.status = transition.to;
        next.version = transition.version;
        next.status_since = transition.at;
        next.reminders = 0;
        next.gap = None;
        if !transition.reason.is_told_by_heartbeat() {
            next.reported = match transition.to {
                Status::Down => Status::Down,
                _ => Status::Unknown,
            };
        }
        if matches!(transition.reason, Reason::Resumed | Reason::Reopened) {
            next.resumed_at = Some(transition.at);
        }
        next.incident = match transition.incident(self.incident) {
            IncidentChange::Open { start, .. } | IncidentChange::Worsen { start } => Some(start),
            IncidentChange::None => self.incident,
            IncidentChange::Close { .. } => None,
        };
        next
    }

    /// The record as `transitions`, committed together, leave it: [`ServiceRecord::after`] each in
    /// order, except that a recovery leaves what the newest heartbeat stated as it is, whatever the
    /// down before it assumed.
    #[must_use]
    pub fn after_all(&self, transitions: &[Transition]) -> Self {
        let mut next = transitions.iter().fold(self.clone(), |record, one| record.after(one));
        if transitions.last().is_some_and(|last| last.reason.is_told_by_heartbeat()) {
            next.reported = self.reported;
        }
        next
    }
}
