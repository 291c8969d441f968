//! Every call and what it cost.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::fault::Passing;

/// Capacity units of an on-demand table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Write request units.
    pub wru: f64,
    /// Read request units.
    pub rru: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, more: Self) {
        self.wru += more.wru;
        self.rru += more.rru;
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered with 200.
    Ok,
    /// Answered with this error, such as `ConditionalCheckFailedException`.
    Error(String),
    /// Not answered.
    Unanswered,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What was called on what.
    pub passing: Passing,
    /// The label in force when it came.
    pub label: String,
    /// When it came, in ms of tokio's clock since the ledger began.
    pub at_ms: u64,
    /// How it ended, as the client saw it.
    pub outcome: Outcome,
    /// Whether it reached the database.
    pub applied: bool,
    /// What DynamoDB would have charged.
    pub units: Units,
}

/// Sums over calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Number of calls by operation.
    pub calls: BTreeMap<String, u64>,
    /// What they cost together.
    pub units: Units,
}

impl Totals {
    /// Number of calls of an operation.
    pub fn of(&self, operation: &str) -> u64 {
        self.calls.get(operation).copied().unwrap_or_default()
    }

    /// Number of calls of all operations.
    pub fn all(&self) -> u64 {
        self.calls.values().sum()
    }

    fn add(&mut self, call: &Call) {
        *self.calls.entry(call.passing.operation.clone()).or_default() += 1;
        self.units += call.units;
    }
}

impl<'a> FromIterator<&'a Call> for Totals {
    fn from_iter<I: IntoIterator<Item = &'a Call>>(calls: I) -> Self {
        let mut totals = Self::default();
        calls.into_iter().for_each(|call| totals.add(call));
        totals
    }
}

#[derive(Default)]
struct Pages {
    label: String,
    number: u64,
    of_operation: BTreeMap<String, u64>,
    calls: Vec<Call>,
    totals: Totals,
    totals_only: bool,
}

/// The log of calls and the sums over them.
pub struct Ledger {
    began: Instant,
    pages: Mutex<Pages>,
}

impl Ledger {
    pub(super) fn begin() -> Self {
        Self { began: Instant::now(), pages: Mutex::default() }
    }

    /// Calls that come from now on carry this label.
    pub fn label(&self, label: &str) {
        label.clone_into(&mut self.pages().label);
    }

    /// Keeps sums only from now on; for runs of millions of calls.
    pub fn totals_only(&self) {
        self.pages().totals_only = true;
    }

    /// Milliseconds of tokio's clock since the ledger began.
    pub fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Every call that has ended, in the order of ending.
    pub fn calls(&self) -> Vec<Call> {
        self.pages().calls.clone()
    }

    /// The ended calls for which the closure says yes.
    pub fn select(&self, mut wanted: impl FnMut(&Call) -> bool) -> Vec<Call> {
        self.pages().calls.iter().filter(|call| wanted(call)).cloned().collect()
    }

    /// The first ended call, past or to come, for which the closure says yes; `None` if it does not come
    /// within `timeout_ms`.
    pub async fn wait_for(
        &self,
        mut wanted: impl FnMut(&Call) -> bool,
        timeout_ms: u64,
    ) -> Option<Call> {
        let until_ms = self.now_ms() + timeout_ms;
        loop {
            if let Some(found) = self.pages().calls.iter().find(|call| wanted(call)) {
                return Some(found.clone());
            }
            if self.now_ms() >= until_ms {
                return None;
            }
            crate::clock::pause(5).await;
        }
    }

    /// The sums over calls with this label.
    pub fn labelled(&self, label: &str) -> Totals {
        self.pages().calls.iter().filter(|call| call.label == label).collect()
    }

    /// The sums over calls that came at or after `from_ms` and before `to_ms`.
    pub fn between(&self, from_ms: u64, to_ms: u64) -> Totals {
        let span = from_ms..to_ms;
        self.pages().calls.iter().filter(|call| span.contains(&call.at_ms)).collect()
    }

    /// The sums over everything that has ended.
    pub fn totals(&self) -> Totals {
        self.pages().totals.clone()
    }

    /// Forgets all calls and sums; numbers and label go on.
    pub fn clear(&self) {
        let mut pages = self.pages();
        pages.calls.clear();
        pages.totals = Totals::default();
    }

    pub(super) fn admit(&self, operation: String, keys: Vec<String>) -> Call {
        let mut pages = self.pages();
        pages.number += 1;
        let of_operation = pages.of_operation.entry(operation.clone()).or_default();
        *of_operation += 1;
        let of_operation = *of_operation;
        Call {
            passing: Passing { operation, number: pages.number, of_operation, keys },
            label: pages.label.clone(),
            at_ms: self.now_ms(),
            outcome: Outcome::Unanswered,
            applied: false,
            units: Units::default(),
        }
    }

    pub(super) fn enter(&self, call: Call) {
        let mut pages = self.pages();
        pages.totals.add(&call);
        if !pages.totals_only {
            pages.calls.push(call);
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
