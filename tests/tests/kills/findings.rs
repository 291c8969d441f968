//! What was counted, and everything that is wrong.

use std::fmt;

/// Places that are shown; more tell nothing new.
const SHOWN: usize = 20;

/// What was counted, and everything that is wrong.
#[derive(Debug, Default)]
pub struct Findings {
    /// Processes that were killed.
    pub kills: u64,
    /// Of these, while they were starting.
    pub kills_while_starting: u64,
    /// Heartbeats that were acknowledged.
    pub heartbeats: usize,
    /// Acknowledged heartbeats that are not stored.
    pub lost_heartbeats: usize,
    /// Committed transitions.
    pub transitions: usize,
    /// Transitions that the channel is to be told of.
    pub events: usize,
    /// Of these, without exactly one row or ending, or marked as delivered and never received.
    pub lost_events: usize,
    /// Messages that the receiver got.
    pub messages: usize,
    /// Of these, messages that it had got before.
    pub duplicates: usize,
    /// Rows that still wait at the end.
    pub waiting: usize,
    wrong: Vec<String>,
}

impl Findings {
    /// Something is wrong.
    pub fn one(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// All these are wrong.
    pub fn all(&mut self, what: &str, places: impl IntoIterator<Item = String>) {
        places.into_iter().for_each(|place| self.one(format!("{what}: {place}")));
    }

    /// Everything that is wrong; empty if nothing is.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = self.wrong.clone();
        if self.duplicates as u64 > self.kills {
            wrong.push(format!("{} duplicates by {} kills", self.duplicates, self.kills));
        }
        if self.waiting > 0 {
            wrong.push(format!("{} rows wait although the channel is healthy", self.waiting));
        }
        wrong.truncate(SHOWN);
        wrong
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, kills_while_starting, heartbeats, lost_heartbeats, .. } = self;
        let Self { transitions, events, lost_events, messages, duplicates, waiting, .. } = self;
        writeln!(formatter, "kills                        {kills:>8}")?;
        writeln!(formatter, "  while starting             {kills_while_starting:>8}")?;
        writeln!(formatter, "heartbeats acknowledged      {heartbeats:>8}")?;
        writeln!(formatter, "  lost                       {lost_heartbeats:>8}")?;
        writeln!(formatter, "transitions                  {transitions:>8}")?;
        writeln!(formatter, "events to be told            {events:>8}")?;
        writeln!(formatter, "  lost                       {lost_events:>8}")?;
        writeln!(formatter, "  waiting                    {waiting:>8}")?;
        writeln!(formatter, "messages received            {messages:>8}")?;
        write!(formatter, "  duplicates                 {duplicates:>8}")
    }
}
