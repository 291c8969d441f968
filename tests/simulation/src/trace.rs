//! What happened, for people and for comparison.

use std::collections::VecDeque;

use crate::random::hash;

/// Events that a failing seed shows.
const KEPT: usize = 60;

/// How much is shown while a seed runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Nothing.
    #[default]
    Quiet,
    /// Everything, on standard output.
    Everything,
}

/// The events of one seed, as a hash over all and the text of the last.
#[derive(Debug)]
pub struct Trace {
    verbosity: Verbosity,
    hash: u64,
    last: VecDeque<String>,
}

impl Trace {
    /// Nothing happened yet.
    pub fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, hash: 0, last: VecDeque::new() }
    }

    /// Something happened at this millisecond of the run.
    pub fn note(&mut self, at_ms: i64, text: &str) {
        let line = self.take(at_ms, text);
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// Something small happened: it counts, but is shown only to those who want to see everything.
    pub fn mention(&mut self, at_ms: i64, text: &str) {
        self.take(at_ms, text);
    }

    fn take(&mut self, at_ms: i64, text: &str) -> String {
        let line = format!("{:>9.3} s  {text}", at_ms as f64 / 1_000.0);
        self.hash = self.hash.rotate_left(5) ^ hash(line.as_bytes());
        if self.verbosity == Verbosity::Everything {
            println!("{line}");
        }
        line
    }

    /// A hash over everything so far: the same for the same seed.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The last events, one per line.
    pub fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}
