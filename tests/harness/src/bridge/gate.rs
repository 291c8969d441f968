//! The one way to the database: counts, bills and breaks calls.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use flatline_embedded::{Answer, Engine};
use serde_json::{Value, json};

use super::capacity;
use super::fault::{Action, Faults, Rule};
use super::ledger::{Call, Ledger, Outcome};
use super::request::Request;
use super::transport::GateHttpClient;

/// A database behind a gate. Clones share it.
#[derive(Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    faults: Faults,
    ledger: Ledger,
    is_billed: bool,
}

impl Gate {
    /// A gate before this engine. Calls run inline.
    pub fn before(engine: Engine) -> Self {
        Self::new(engine, true)
    }

    /// The same without bills and without a log of single calls, which take longer than the calls.
    pub fn unbilled(engine: Engine) -> Self {
        let gate = Self::new(engine, false);
        gate.ledger().totals_only();
        gate
    }

    fn new(engine: Engine, is_billed: bool) -> Self {
        let (faults, ledger) = (Faults::default(), Ledger::begin());
        Self { inner: Arc::new(Inner { engine, faults, ledger, is_billed }) }
    }

    /// The engine behind it: calls on it are neither counted nor broken.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The log of calls.
    pub fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }

    /// Sets a rule; it holds until [`Gate::clear_faults`]. Of several that hit a call the oldest decides.
    pub fn fault(&self, rule: Rule) {
        self.inner.faults.add(rule);
    }

    /// Removes every rule.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// The SDK's transport through this gate, in this process.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(GateHttpClient::through(self.clone()))
    }

    /// An SDK client through this gate, in this process.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        flatline_embedded::client_with(self.http_client())
    }

    /// Lets one call through, or not. `None`: hang up without an answer.
    ///
    /// A delayed call is carried out even if its caller gives up on it, as it would be at AWS.
    pub async fn pass(&self, target: &str, body: &[u8]) -> Option<Answer> {
        let crossing = self.crossing(target, body);
        let action = self.inner.faults.judge(&crossing.call.passing);
        crossing.cross(action).await
    }

    /// As [`Gate::pass`], but the caller says what happens to the call, whatever the rules say.
    pub async fn pass_with(
        &self,
        target: &str,
        body: &[u8],
        action: Option<Action>,
    ) -> Option<Answer> {
        self.crossing(target, body).cross(action).await
    }

    fn crossing(&self, target: &str, body: &[u8]) -> Crossing {
        let request = Request::read(target, body);
        let call = self.inner.ledger.admit(request.operation.clone(), request.keys());
        Crossing { gate: self.clone(), request, call, body: body.to_vec() }
    }
}

/// One call at the gate.
struct Crossing {
    gate: Gate,
    request: Request,
    call: Call,
    body: Vec<u8>,
}

impl Crossing {
    async fn cross(self, action: Option<Action>) -> Option<Answer> {
        match action {
            None => Some(self.through()),
            Some(Action::DelayBefore(ms)) => self.late(ms, 0).await,
            Some(Action::DelayAfter(ms)) => self.late(0, ms).await,
            Some(Action::Hang) => {
                self.unanswered();
                std::future::pending().await
            }
            Some(action) => self.broken(action),
        }
    }

    fn through(mut self) -> Answer {
        let answer = self.apply();
        self.answered(answer)
    }

    async fn late(mut self, before_ms: u64, after_ms: u64) -> Option<Answer> {
        let carried_out = tokio::spawn(async move {
            crate::clock::pause(before_ms).await;
            let answer = self.apply();
            crate::clock::pause(after_ms).await;
            self.answered(answer)
        });
        carried_out.await.ok()
    }

    fn broken(mut self, action: Action) -> Option<Answer> {
        match action {
            Action::FailBefore => Some(self.answered(failure())),
            Action::ApplyThenFail => {
                self.apply();
                Some(self.answered(failure()))
            }
            Action::ApplyThenDrop => {
                self.apply();
                self.unanswered()
            }
            Action::Throttle => Some(self.answered(throttled())),
            Action::Conflict => match conflict(&self.request) {
                Some(answer) => Some(self.answered(answer)),
                None => Some(self.through()),
            },
            Action::Strike(strike) => {
                strike();
                Some(self.through())
            }
            Action::StrikeBefore(strike) => {
                strike();
                self.unanswered()
            }
            Action::StrikeAfter(strike) => {
                self.apply();
                strike();
                self.unanswered()
            }
            Action::DropBefore | Action::Hang | Action::DelayBefore(_) | Action::DelayAfter(_) => {
                self.unanswered()
            }
        }
    }

    fn apply(&mut self) -> Answer {
        let engine = &self.gate.inner.engine;
        let operation = &self.request.operation;
        self.call.applied = true;
        if !self.gate.inner.is_billed {
            return engine.call(operation, &self.body);
        }
        let answer = engine.call(operation, &self.request.metered(&self.body));
        self.call.units = capacity::charge(engine, &self.request, &answer);
        answer
    }

    fn answered(mut self, answer: Answer) -> Answer {
        self.call.outcome = match answer.status {
            200 => Outcome::Ok,
            _ => Outcome::Error(capacity::error_code(&answer.body)),
        };
        self.gate.inner.ledger.enter(self.call);
        answer
    }

    fn unanswered(self) -> Option<Answer> {
        self.gate.inner.ledger.enter(self.call);
        None
    }
}

fn error(status: u16, code: &str, more: &Value) -> Answer {
    let mut body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "injected by the test",
    });
    if !more.is_null() {
        body["CancellationReasons"] = more.clone();
    }
    Answer { status, body: body.to_string().into_bytes() }
}

fn failure() -> Answer {
    error(500, "InternalServerError", &Value::Null)
}

fn throttled() -> Answer {
    error(400, "ProvisionedThroughputExceededException", &Value::Null)
}

/// The first item of a transaction is the one in conflict.
fn conflict(request: &Request) -> Option<Answer> {
    match request.operation.as_str() {
        "TransactWriteItems" | "TransactGetItems" => {
            let items = request.transacted().enumerate();
            let reasons = items.map(|(n, _)| match n {
                0 => json!({"Code": "TransactionConflict", "Message": "injected by the test"}),
                _ => json!({"Code": "None"}),
            });
            Some(error(400, "TransactionCanceledException", &reasons.collect()))
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            Some(error(400, "TransactionConflictException", &Value::Null))
        }
        _ => None,
    }
}
