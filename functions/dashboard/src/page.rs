//! What the page shows, in words: a pure function of what was read. The template adds no thought.

mod moment;
mod row;

use flatline_domain::{Day, UnixMs};
use serde::Serialize;

pub use self::moment::Moment;
pub use self::row::{Row, Span};
use crate::banner::{Banner, Checker, banner};
use crate::board::{Board, Section, Standing};
use crate::hint::Hint;
use crate::reading::Past;

/// At most so many services in trouble are named below the banner.
const TROUBLES_NAMED: usize = 8;

/// Everything that a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Services and what is known of them.
    pub board: &'a Board<'a>,
    /// What uptime is computed from. `None`: it cannot be read, and no uptime is shown.
    pub past: Option<&'a Past>,
    /// When the checker last marked a tick.
    pub ticked_at: Option<UnixMs>,
    /// Days that the percentages go back, today included.
    pub retention_days: u32,
    /// Where heartbeats go, without a trailing slash.
    pub base_url: &'a str,
}

/// The whole page.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The sentence on top.
    pub banner: Banner,
    /// Links to the rows of services in trouble, the worst first.
    pub troubles: Vec<Trouble>,
    /// How many more are in trouble.
    pub troubles_unnamed: usize,
    /// How many services are how; only what there is.
    pub counts: Vec<Count>,
    /// The groups.
    pub groups: Vec<GroupCard>,
    /// How to begin, while nothing was ever heard.
    pub hint: Option<Hint>,
    /// When this was read.
    pub read: Moment,
    /// The newest tick.
    pub ticked: Option<Moment>,
    /// Days that the percentages go back.
    pub retention_days: u32,
    /// Flatline's version.
    pub version: &'static str,
}

/// A service in trouble.
#[derive(Debug, Serialize)]
pub struct Trouble {
    /// Its row.
    pub anchor: String,
    /// Its name.
    pub name: String,
    /// How it is.
    pub word: &'static str,
    /// The class of its standing.
    pub class: &'static str,
}

/// How many services have one standing.
#[derive(Debug, Serialize)]
pub struct Count {
    /// The class of the standing.
    pub class: &'static str,
    /// Its word.
    pub word: &'static str,
    /// How many.
    pub services: usize,
}

/// One group with its services.
#[derive(Debug, Serialize)]
pub struct GroupCard {
    /// Its name.
    pub name: String,
    /// `2 of 3 up`.
    pub summary: String,
    /// Its services.
    pub rows: Vec<Row>,
}

impl Page {
    /// The page of these sources.
    pub fn of(sources: &Sources<'_>) -> Self {
        let board = sources.board;
        let checker = Checker::of(sources.ticked_at, board.now);
        let groups = groups(sources, checker);
        let mut troubles: Vec<&Row> = groups
            .iter()
            .flat_map(|group| &group.rows)
            .filter(|row| row.standing.is_trouble())
            .collect();
        troubles.sort_by_key(|row| row.standing);
        let troubles_unnamed = troubles.len().saturating_sub(TROUBLES_NAMED);
        Self {
            banner: banner(board, checker),
            troubles: troubles.into_iter().take(TROUBLES_NAMED).map(Trouble::of).collect(),
            troubles_unnamed,
            counts: counts(board),
            groups,
            hint: Hint::of(board, sources.base_url),
            read: Moment::of(board.now, board.now),
            ticked: sources.ticked_at.map(|at| Moment::of(at, board.now)),
            retention_days: sources.retention_days,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl Trouble {
    fn of(row: &Row) -> Self {
        let (anchor, name) = (row.anchor.clone(), row.name.clone());
        Self { anchor, name, word: row.word, class: row.class }
    }
}

/// How many services are how, in the order of what wants to be looked at.
fn counts(board: &Board<'_>) -> Vec<Count> {
    Standing::ALL
        .into_iter()
        .map(|standing| (standing, board.count(standing)))
        .filter(|(_, services)| *services > 0)
        .map(|(standing, services)| Count {
            class: standing.class(),
            word: standing.word(),
            services,
        })
        .collect()
}

/// The first of so many days, today included.
pub fn first_day(now: UnixMs, retention_days: u32) -> Day {
    Day(now.day().0 - i64::from(retention_days.max(1)) + 1)
}

fn groups(sources: &Sources<'_>, checker: Checker) -> Vec<GroupCard> {
    let now = sources.board.now;
    let until = match checker {
        Checker::Running { .. } => now,
        Checker::Stopped { age_ms } => now.plus_ms(-age_ms),
        Checker::NeverRan => UnixMs(0),
    };
    let span = sources.past.map(|past| Span {
        past,
        first: first_day(now, sources.retention_days),
        until,
    });
    let card = |(place, section): (usize, &Section<'_>)| GroupCard {
        name: section.name().to_owned(),
        summary: summary(section),
        rows: rows(section, place, span.as_ref(), now),
    };
    sources.board.sections.iter().enumerate().map(card).collect()
}

fn rows(section: &Section<'_>, place: usize, span: Option<&Span<'_>>, now: UnixMs) -> Vec<Row> {
    let numbered = section.services.iter().enumerate();
    numbered
        .map(|(number, watched)| Row::of(watched, format!("s{place}-{number}"), span, now))
        .collect()
}

/// `2 of 3 up`; what is disabled does not count.
fn summary(section: &Section<'_>) -> String {
    let standings = || section.services.iter().map(|watched| watched.standing);
    let up = standings().filter(|standing| *standing == Standing::Up).count();
    match standings().filter(|standing| *standing != Standing::Paused).count() {
        0 => "disabled".to_owned(),
        watched => format!("{up} of {watched} up"),
    }
}

#[cfg(test)]
mod tests;
