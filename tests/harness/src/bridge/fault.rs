//! What goes wrong, and when.

use std::sync::{Arc, Mutex, PoisonError};

/// One call on its way to the database.
#[derive(Clone, Debug)]
pub struct Passing {
    /// `UpdateItem`, `Query` ...
    pub operation: String,
    /// Which call this is, from 1, over all operations.
    pub number: u64,
    /// Which call of its operation this is, from 1.
    pub of_operation: u64,
    /// `<PK>/<SK>` of every item that it names; for a query the values of its key condition.
    pub keys: Vec<String>,
}

/// What a fault runs, for example a kill.
pub type Strike = Arc<dyn Fn() + Send + Sync>;

/// What happens to a call.
#[derive(Clone)]
pub enum Action {
    /// Not applied, answered with 500.
    FailBefore,
    /// Applied, answered with 500.
    ApplyThenFail,
    /// Not applied, the connection is cut without an answer.
    DropBefore,
    /// Applied, the connection is cut without an answer.
    ApplyThenDrop,
    /// Waits so many ms, then is applied and answered.
    DelayBefore(u64),
    /// Is applied, then waits so many ms before it is answered.
    DelayAfter(u64),
    /// Refused with ProvisionedThroughputExceededException.
    Throttle,
    /// Refused with TransactionConflict, as DynamoDB does to transactions and to single writes. Reads by
    /// GetItem, Query, Scan, BatchGetItem and batches of writes are never refused so and pass.
    Conflict,
    /// Never answered and not applied.
    Hang,
    /// The strike runs, then the call goes its way.
    Strike(Strike),
    /// The strike runs and the call is lost: its client died before it was applied.
    StrikeBefore(Strike),
    /// The call is applied, then the strike runs: its client died before it was answered.
    StrikeAfter(Strike),
}

/// When a fault hits.
pub struct Rule {
    matches: Box<dyn FnMut(&Passing) -> bool + Send>,
    skip: u64,
    times: u64,
    action: Action,
}

impl Rule {
    /// Every call.
    pub fn any(action: Action) -> Self {
        Self::matching(|_| true, action)
    }

    /// Every call of an operation, such as `TransactWriteItems`.
    pub fn on(operation: &str, action: Action) -> Self {
        let operation = operation.to_owned();
        Self::matching(move |call| call.operation == operation, action)
    }

    /// Every call that names an item or partition whose key starts so, such as `Q#hook/`.
    pub fn touching(key: &str, action: Action) -> Self {
        let key = key.to_owned();
        Self::matching(move |call| call.keys.iter().any(|it| it.starts_with(&key)), action)
    }

    /// Every call for which the closure says yes.
    pub fn matching(
        matches: impl FnMut(&Passing) -> bool + Send + 'static,
        action: Action,
    ) -> Self {
        Self { matches: Box::new(matches), skip: 0, times: u64::MAX, action }
    }

    /// Only the n-th matching call, from 1, counted from when the rule is set.
    #[must_use]
    pub fn at(self, n: u64) -> Self {
        Self { skip: n.saturating_sub(1), times: 1, ..self }
    }

    /// Only the first n matching calls.
    #[must_use]
    pub fn times(self, n: u64) -> Self {
        Self { times: n, ..self }
    }

    fn hit(&mut self, call: &Passing) -> Option<Action> {
        if self.times == 0 || !(self.matches)(call) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.action.clone())
    }
}

/// The rules in force. The first that hits decides.
#[derive(Default)]
pub(super) struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    pub(super) fn add(&self, rule: Rule) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    pub(super) fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn judge(&self, call: &Passing) -> Option<Action> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter_mut().find_map(|rule| rule.hit(call))
    }
}
