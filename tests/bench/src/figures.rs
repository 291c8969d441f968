//! Figures with their targets, as a table and as JSON.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::Serialize;

/// What a figure has to be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Only told.
    None,
}

impl Target {
    fn is_met(self, measured: f64) -> bool {
        match self {
            Self::AtMost(most) => measured <= most,
            Self::AtLeast(least) => measured >= least,
            Self::None => true,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(formatter, "<= {most}"),
            Self::AtLeast(least) => write!(formatter, ">= {least}"),
            Self::None => Ok(()),
        }
    }
}

/// One figure.
#[derive(Debug, Serialize)]
struct Figure {
    what: String,
    unit: &'static str,
    target: Target,
    measured: f64,
}

/// All figures of a run.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    figures: Vec<Figure>,
}

impl Figures {
    /// Adds one, and shows it at once.
    pub fn add(&mut self, what: &str, unit: &'static str, target: Target, measured: f64) {
        let figure = Figure { what: what.to_owned(), unit, target, measured };
        eprintln!("{figure}");
        self.figures.push(figure);
    }

    /// Writes them beside the other things that builds leave.
    pub fn write(&self) -> anyhow::Result<()> {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench.json"));
        Ok(fs::write(path, format!("{:#}\n", serde_json::to_value(self)?))?)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, unit, target, measured } = self;
        let verdict = match target {
            Target::None => "",
            target if target.is_met(*measured) => "met",
            _ => "MISSED",
        };
        write!(
            formatter,
            "{what:<58}{:>12}{measured:>12.2} {unit:<5} {verdict}",
            target.to_string()
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<58}{:>12}{:>12}", "what", "target", "measured")?;
        for figure in &self.figures {
            writeln!(formatter, "{}", figure.to_string().trim_end())?;
        }
        Ok(())
    }
}
