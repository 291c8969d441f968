//! What the page shows, in words: a pure function of what was read. The template adds no thought.

pub mod address;
mod compact;
mod filter;
mod moment;
mod prose;
mod row;
mod strip;
mod switches;

use flatline_domain::{Day, UnixMs};
use flatline_shared::config::Config;
use serde::Serialize;

pub use self::filter::Filter;
pub use self::moment::Moment;
pub use self::prose::{Piece, pieces};
pub use self::row::{Row, Share, Span, share, since};
pub use self::strip::{Spell, Strip};
pub use self::switches::Switches;
use crate::banner::{Banner, Checker, Vigil, banner};
use crate::board::{Board, Section, Standing};
use crate::hint::Hint;
use crate::look::{Level, Look};
use crate::reading::Past;

/// At most so many services in trouble are named below the banner.
const TROUBLES_NAMED: usize = 8;

/// Boards with more services have one line for each.
const COMPACT_ABOVE: usize = 500;

/// Everything that a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// What is shown, and for how long back.
    pub config: &'a Config,
    /// How it looks.
    pub look: &'a Look,
    /// Services and what is known of them.
    pub board: &'a Board<'a>,
    /// When the database was read.
    pub read_at: UnixMs,
    /// What uptime is computed from. `None`: it cannot be read, and no uptime is shown.
    pub past: Option<&'a Past>,
    /// The traces of the checker.
    pub vigil: Vigil,
    /// Which services are wanted.
    pub filter: &'a Filter,
    /// Where heartbeats go, without a trailing slash.
    pub base_url: &'a str,
}

/// The whole page.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The sentence on top.
    pub banner: Banner,
    /// Links to services in trouble, the worst first.
    pub troubles: Vec<Trouble>,
    /// How many more are in trouble.
    pub troubles_unnamed: usize,
    /// How many services are how; only what there is.
    pub tiles: Vec<Tile>,
    /// Which services are wanted.
    pub filter: Filter,
    /// Whether none is.
    pub nothing_found: bool,
    /// The groups.
    pub groups: Vec<GroupCard>,
    /// Whether each service has one line.
    pub compact: bool,
    /// How to begin, while nothing was ever heard.
    pub hint: Option<Hint>,
    /// When this was read.
    pub read: Moment,
    /// The newest tick.
    pub ticked: Option<Moment>,
    /// Days that the percentages go back.
    pub retention_days: u32,
    /// What is shown at all.
    pub switches: Switches,
}

/// A service in trouble.
#[derive(Debug, Serialize)]
pub struct Trouble {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// How it is.
    pub word: &'static str,
    /// The class of its standing.
    pub class: &'static str,
}

/// How many services have one standing.
#[derive(Debug, Serialize)]
pub struct Tile {
    /// The class of the standing; empty for all services.
    pub class: &'static str,
    /// Its word.
    pub word: &'static str,
    /// How many.
    pub services: usize,
    /// Shows only these.
    pub href: String,
    /// Only these are shown.
    pub current: bool,
}

/// One group with its services.
#[derive(Debug, Serialize)]
pub struct GroupCard {
    /// Its name.
    pub name: String,
    /// Its id as a value in a query. `None`: these services have no group.
    pub value: Option<String>,
    /// `2 of 3 up`.
    pub summary: String,
    /// Its services; empty on a compact page.
    pub rows: Vec<Row>,
    /// Its services as HTML, on a compact page.
    pub lines: String,
    /// The levels that colour its days.
    pub legend: Vec<Level>,
    /// The class of the set of these levels.
    pub set_class: String,
    /// None of its services is wanted now.
    pub hidden: bool,
}

impl Page {
    /// The page of these sources.
    pub fn of(sources: &Sources<'_>) -> Self {
        let board = sources.board;
        let checker = Checker::of(&sources.vigil, board.now);
        let compact = board.services().count() > COMPACT_ABOVE;
        let mut groups = groups(sources, checker);
        let (troubles, troubles_unnamed) = troubles(&groups);
        let switches = Switches::of(&sources.config.settings);
        if compact {
            for group in &mut groups {
                group.compact(&switches);
            }
        }
        let retention_days = sources.config.settings.retention_days;
        Self {
            banner: banner(board, checker),
            troubles,
            troubles_unnamed,
            tiles: tiles(board, sources.filter),
            filter: sources.filter.clone(),
            nothing_found: sources.filter.is_set() && groups.iter().all(|group| group.hidden),
            groups,
            compact,
            hint: Hint::of(board, sources.base_url),
            read: Moment::of(sources.read_at, board.now),
            ticked: sources.vigil.ticked_at.map(|at| Moment::of(at, board.now)),
            retention_days,
            switches,
        }
    }
}

impl GroupCard {
    /// Turns the rows into lines.
    fn compact(&mut self, switches: &Switches) {
        self.lines = compact::lines(&self.rows, &self.set_class, switches);
        self.rows.clear();
    }
}

/// The worst services, and how many more there are in trouble.
fn troubles(groups: &[GroupCard]) -> (Vec<Trouble>, usize) {
    let rows = groups.iter().flat_map(|group| &group.rows);
    let mut bad: Vec<&Row> = rows.filter(|row| row.standing.is_trouble()).collect();
    bad.sort_by_key(|row| row.standing);
    let unnamed = bad.len().saturating_sub(TROUBLES_NAMED);
    let named = bad.into_iter().take(TROUBLES_NAMED).map(|row| Trouble {
        href: row.href.clone(),
        name: row.name.clone(),
        word: row.word,
        class: row.class,
    });
    (named.collect(), unnamed)
}

/// How many services are how, in the order of what wants to be looked at.
fn tiles(board: &Board<'_>, filter: &Filter) -> Vec<Tile> {
    let tile = |class: &'static str, word, services| Tile {
        class,
        word,
        services,
        href: filter.with_status(class),
        current: filter.status == class,
    };
    let all = board.services().count();
    if all == 0 {
        return Vec::new();
    }
    let some = Standing::ALL
        .into_iter()
        .map(|standing| tile(standing.class(), standing.word(), board.count(standing)))
        .filter(|tile| tile.services > 0 || tile.current);
    std::iter::once(tile("", "All", all)).chain(some).collect()
}

/// The first of so many days, today included.
pub fn first_day(now: UnixMs, retention_days: u32) -> Day {
    Day(now.day().0 - i64::from(retention_days.max(1)) + 1)
}

fn groups(sources: &Sources<'_>, checker: Checker) -> Vec<GroupCard> {
    let now = sources.board.now;
    let days = sources.config.settings.retention_days;
    let span = sources.past.map(|past| Span::of_days(past, days, checker, now));
    let card = |section: &Section<'_>| {
        let named = section.services.first().and_then(|watched| watched.set_name());
        let set = sources.look.levels.set(named);
        let rows = rows(section, sources, span.as_ref());
        GroupCard {
            name: section.name().to_owned(),
            value: section.group.map(|group| address::value(&group.id)),
            summary: summary(section),
            hidden: rows.iter().all(|row| row.hidden),
            rows,
            lines: String::new(),
            legend: set.levels.clone(),
            set_class: set.class.clone(),
        }
    };
    sources.board.sections.iter().map(card).collect()
}

fn rows(section: &Section<'_>, sources: &Sources<'_>, span: Option<&Span<'_>>) -> Vec<Row> {
    let filter = sources.filter;
    let row = |watched: &crate::board::Watched<'_>| {
        let set = sources.look.levels.set(watched.set_name());
        let mut row = Row::of(watched, span, set, sources.board.now);
        let spec = &watched.service.spec;
        row.hidden = !filter.wants(watched.standing, [&spec.name, &spec.id, section.name()]);
        row
    };
    section.services.iter().map(row).collect()
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
