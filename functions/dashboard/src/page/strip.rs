//! The days of a service as a strip: one mark per day that was not wholly up.

use std::fmt::Write;

use flatline_domain::{Day, Uptime};
use flatline_shared::render::percent::percent;
use flatline_shared::render::time::date;
use serde::Serialize;

use crate::look::Set;

/// The class of days of which nothing is known.
const NO_DATA: &str = "kn";

/// The strip. Days are numbered from the first one that is shown.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Strip {
    /// How many days there are.
    pub days: i64,
    /// What is drawn over the days that were wholly up.
    pub marks: Vec<Mark>,
    /// `3:97.12 40:99.5`: the day and its percentage, for whoever asks for a single day.
    pub figures: String,
    /// The same in a sentence.
    pub label: String,
}

/// The days of one level.
#[derive(Debug, PartialEq, Serialize)]
pub struct Mark {
    /// The class of the level.
    pub class: String,
    /// A path along the strip, one unit per day.
    pub path: String,
}

/// What a strip is made of.
#[derive(Clone, Copy, Debug)]
pub struct Spell<'a> {
    /// The first day that is shown.
    pub first: Day,
    /// The last one.
    pub last: Day,
    /// The first day of which anything is known.
    pub created: Day,
    /// The days that were not wholly up, oldest first.
    pub uneven: &'a [(Day, Uptime)],
    /// The levels of the service.
    pub set: &'a Set,
}

impl Strip {
    /// The strip of these days.
    pub fn of(spell: &Spell<'_>) -> Self {
        let mut strip = Self { days: spell.last.0 - spell.first.0 + 1, ..Self::default() };
        let mut worst: Option<(Day, f64)> = None;
        let mut bad = 0;
        let before = (spell.created.0 - spell.first.0).clamp(0, strip.days);
        if before > 0 {
            strip.draw(NO_DATA, 0, before);
        }
        for (day, uptime) in spell.uneven {
            let at = day.0 - spell.first.0;
            let Some(percentage) = uptime.percentage() else {
                strip.draw(NO_DATA, at, 1);
                continue;
            };
            if percentage >= 100.0 {
                continue;
            }
            bad += 1;
            worst = worst.filter(|(_, least)| *least <= percentage).or(Some((*day, percentage)));
            match spell.set.level(percentage) {
                Some(level) => strip.draw(&level.class, at, 1),
                None => strip.draw(NO_DATA, at, 1),
            }
            let gap = if strip.figures.is_empty() { "" } else { " " };
            let _ =
                write!(strip.figures, "{gap}{at}:{}", percent(percentage).trim_end_matches(" %"));
        }
        strip.label = label(strip.days, before, bad, worst);
        strip
    }

    /// Adds `days` days from `at` on to the marks of `class`.
    fn draw(&mut self, class: &str, at: i64, days: i64) {
        let end = format!("M{at} 1h");
        match self.marks.iter_mut().find(|mark| mark.class == class) {
            None => {
                let path = format!("{end}{days}");
                self.marks.push(Mark { class: class.to_owned(), path });
            }
            Some(mark) => {
                let _ = write!(mark.path, "{end}{days}");
            }
        }
    }
}

/// What a strip shows, for those who do not see it.
fn label(days: i64, before: i64, bad: usize, worst: Option<(Day, f64)>) -> String {
    let known = days - before;
    let of = match known {
        0 => return "No data yet".to_owned(),
        1 => "1 day".to_owned(),
        _ => format!("{known} days"),
    };
    match worst {
        None => format!("No trouble in {of}"),
        Some((day, percentage)) => {
            let days = if bad == 1 { "1 day".to_owned() } else { format!("{bad} days") };
            format!("Trouble on {days} of {of}, worst {} with {}", date(day), percent(percentage))
        }
    }
}

#[cfg(test)]
mod tests;
