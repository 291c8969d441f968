//! The last 24 hours of a service: what is drawn, said and counted comes from the same stretches.

use flatline_domain::{Hole, Status, Transition, UnixMs, Uptime};
use flatline_shared::render::duration::words;
use flatline_shared::render::time::rfc3339;
use serde::Serialize;

use super::SHOWN;
use super::past::named;
use crate::dossier::Past;
use crate::page::Moment;

const MINUTE_MS: i64 = 60_000;
const MINUTES: usize = 24 * 60;

/// The last 24 hours.
pub const SPAN_MS: i64 = MINUTES as i64 * MINUTE_MS;

/// What a service was, or was known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its status.
    Was(Status),
    /// It was up before and after, but Flatline could not have heard it.
    Unwatched,
    /// Before it was configured.
    Absent,
}

impl Kind {
    /// The class and the words, unless it was up.
    const fn named(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Was(status) => named(status),
            Self::Unwatched => Some(("unknown", "Nobody watched")),
            Self::Absent => Some(("unknown", "Not watched yet")),
        }
    }

    /// What wins where a minute has more than one.
    const fn weight(self) -> u8 {
        match self {
            Self::Was(Status::Up) => 0,
            Self::Was(Status::Paused) => 1,
            Self::Absent | Self::Was(Status::Unknown | Status::Closed) => 2,
            Self::Unwatched => 3,
            Self::Was(Status::Degraded) => 4,
            Self::Was(Status::Down) => 5,
        }
    }
}

/// A stretch in which one thing was so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    kind: Kind,
    from: UnixMs,
    to: UnixMs,
}

impl Stretch {
    const fn ms(&self) -> i64 {
        self.to.since_ms(self.from)
    }

    /// The parts of it that lie between these instants.
    fn within(self, begin: UnixMs, end: UnixMs) -> Option<Self> {
        let cut = Self { from: self.from.max(begin), to: self.to.min(end), ..self };
        (cut.from < cut.to).then_some(cut)
    }
}

/// The last 24 hours.
#[derive(Debug, PartialEq, Serialize)]
pub struct Hours {
    /// All of it in words.
    pub label: String,
    /// What is drawn, oldest first.
    pub marks: Vec<Mark>,
    /// The newest stretches that were not up, newest first.
    pub spells: Vec<Spell>,
    /// How many older ones there are.
    pub more: usize,
}

/// Minutes that are drawn in one colour.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The class of the status.
    pub class: &'static str,
    /// Its beginning, in minutes from 24 hours ago.
    pub from: usize,
    /// How long, in minutes.
    pub minutes: usize,
    /// `Down for 12 min at 02:23 UTC`.
    pub text: String,
}

/// A stretch in words.
#[derive(Debug, PartialEq, Serialize)]
pub struct Spell {
    /// The class of the status.
    pub class: &'static str,
    /// The word of the status.
    pub word: &'static str,
    /// How long.
    pub lasted: String,
    /// When it began.
    pub start: Moment,
}

impl Hours {
    /// Those of these stretches.
    pub fn of(stretches: &[Stretch], now: UnixMs) -> Self {
        let off = || stretches.iter().filter(|stretch| stretch.kind.named().is_some());
        let spell = |stretch: &Stretch| {
            let (class, word) = stretch.kind.named()?;
            let start = Moment::of(stretch.from, now);
            Some(Spell { class, word, lasted: words(stretch.ms()), start })
        };
        let label = said(off());
        Self {
            label: if label.is_empty() { "Up the whole time".to_owned() } else { label },
            marks: marks(stretches, now.plus_ms(-SPAN_MS)),
            spells: off().rev().take(SHOWN).filter_map(spell).collect(),
            more: off().count().saturating_sub(SHOWN),
        }
    }
}

/// What was, from `begin` to `now`, oldest first and without gaps; known is what lies before `until`.
/// As everywhere, blind time counts only where the service was up: who was down before and after was
/// down.
pub fn stretches(
    past: &Past,
    history: &[Transition],
    begin: UnixMs,
    (until, now): (UnixMs, UnixMs),
) -> Vec<Stretch> {
    let Some(record) = &past.record else { return Vec::new() };
    let was = |status, from, to| Stretch { kind: Kind::Was(status), from, to };
    let blank = |kind, from, to| Stretch { kind, from, to };
    let committed = history.iter().filter(|one| one.version <= record.version);
    let closed = committed.map(|one| was(one.from, one.since, one.at));
    let open = was(record.status, record.status_since, until);
    let known = closed.chain([open]).filter_map(|stretch| stretch.within(begin, until));
    let mut known: Vec<_> = known.flat_map(|stretch| heard(stretch, &past.holes)).collect();
    known.sort_by_key(|stretch| stretch.from);
    let first = known.first().map_or(until, |stretch| stretch.from);
    let before = blank(Kind::Absent, begin, first).within(begin, now);
    let after = blank(Kind::Unwatched, until, now).within(begin, now);
    before.into_iter().chain(known).chain(after).collect()
}

/// A stretch, and where it was up, without the time in which nobody watched.
fn heard(stretch: Stretch, holes: &[Hole]) -> Vec<Stretch> {
    if stretch.kind != Kind::Was(Status::Up) {
        return vec![stretch];
    }
    let mut parts = Vec::new();
    let mut from = stretch.from;
    for hole in holes {
        let hole = Stretch { kind: Kind::Unwatched, from: hole.start, to: hole.end };
        let Some(hole) = hole.within(from, stretch.to) else { continue };
        parts.extend(Stretch { from, ..stretch }.within(from, hole.from));
        parts.push(hole);
        from = hole.to;
    }
    parts.extend(Stretch { from, ..stretch }.within(from, stretch.to));
    parts
}

/// How long what was, without what is not known because it lies ahead of `until` or before it was
/// configured.
pub fn sum(stretches: &[Stretch], until: UnixMs) -> Uptime {
    let mut sum = Uptime::default();
    for stretch in stretches.iter().filter(|stretch| stretch.to <= until) {
        let ms = stretch.ms();
        match stretch.kind {
            Kind::Was(Status::Up) => sum.up_ms += ms,
            Kind::Was(Status::Degraded) => sum.degraded_ms += ms,
            Kind::Was(Status::Down) => sum.down_ms += ms,
            Kind::Absent => {}
            Kind::Unwatched | Kind::Was(Status::Unknown | Status::Paused | Status::Closed) => {
                sum.unknown_ms += ms;
            }
        }
    }
    sum
}

/// Each minute in the colour of the worst that was in it; what was wholly up is not drawn.
fn marks(stretches: &[Stretch], begin: UnixMs) -> Vec<Mark> {
    let mut minutes = [None::<Kind>; MINUTES];
    let place = |at: UnixMs| at.since_ms(begin).clamp(0, SPAN_MS);
    for stretch in stretches {
        let first = place(stretch.from).div_euclid(MINUTE_MS) as usize;
        let end = (place(stretch.to) + MINUTE_MS - 1).div_euclid(MINUTE_MS) as usize;
        for minute in &mut minutes[first.min(MINUTES)..end] {
            if minute.is_none_or(|kind| kind.weight() < stretch.kind.weight()) {
                *minute = Some(stretch.kind);
            }
        }
    }
    let mut marks = Vec::new();
    let mut from = 0;
    for run in minutes.chunk_by(|one, other| one == other) {
        let range = (from, run.len());
        from += run.len();
        marks.extend(run[0].and_then(|kind| mark(stretches, kind, range, begin)));
    }
    marks
}

fn mark(
    stretches: &[Stretch],
    kind: Kind,
    (from, minutes): (usize, usize),
    begin: UnixMs,
) -> Option<Mark> {
    let (class, _) = kind.named()?;
    let start = begin.plus_ms(from as i64 * MINUTE_MS);
    let end = start.plus_ms(minutes as i64 * MINUTE_MS);
    let here = |stretch: &&Stretch| stretch.kind == kind && stretch.within(start, end).is_some();
    Some(Mark { class, from, minutes, text: said(stretches.iter().filter(here)) })
}

/// `Down 12 times, 1 h 3 min in all, last at 02:23 UTC. Degraded for 5 min at 01:10 UTC.`, the worst
/// first.
fn said<'a>(stretches: impl Iterator<Item = &'a Stretch>) -> String {
    let mut kinds: Vec<(&str, u8, Vec<&Stretch>)> = Vec::new();
    for stretch in stretches {
        let Some((_, word)) = stretch.kind.named() else { continue };
        match kinds.iter_mut().find(|(known, ..)| *known == word) {
            Some((.., several)) => several.push(stretch),
            None => kinds.push((word, stretch.kind.weight(), vec![stretch])),
        }
    }
    kinds.sort_by_key(|(_, weight, _)| std::cmp::Reverse(*weight));
    let sentence = |(word, _, several): &(&str, u8, Vec<&Stretch>)| {
        let lasted = words(several.iter().map(|stretch| stretch.ms()).sum());
        let last = several.last().map(|stretch| rfc3339(stretch.from)[11..16].to_owned());
        let at = last.unwrap_or_default();
        match several.len() {
            1 => format!("{word} for {lasted} at {at} UTC."),
            n => format!("{word} {n} times, {lasted} in all, last at {at} UTC."),
        }
    };
    kinds.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
