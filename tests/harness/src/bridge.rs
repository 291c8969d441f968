//! The embedded engine as a DynamoDB on the network, and the gate that counts, bills and breaks calls.
//!
//! [`Gate`] works in this process (simulation, tests of the store); [`Bridge`] serves the same gate over
//! plain HTTP, for `flatline --endpoint-url` and for the Lambda binaries.

mod capacity;
mod fault;
mod gate;
mod ledger;
mod request;
mod transport;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use flatline_embedded::Engine;
use http::{Request, Response};

use crate::listener::Listening;

pub use fault::{Action, Passing, Rule, Strike};
pub use gate::Gate;
pub use ledger::{Call, Ledger, Outcome, Totals, Units};

/// Who did what: the access key that signed, and the action as IAM names it.
pub type Deeds = BTreeSet<(String, String)>;

/// DynamoDB's protocol on 127.0.0.1, any signature accepted. Closes when dropped.
pub struct Bridge {
    gate: Gate,
    deeds: Arc<Mutex<Deeds>>,
    listening: Listening,
}

impl Bridge {
    /// Serves this engine on a free port.
    pub async fn start(engine: Engine) -> io::Result<Self> {
        let gate = Gate::before(engine);
        let (served, deeds) = (gate.clone(), Arc::<Mutex<Deeds>>::default());
        let book = deeds.clone();
        let handler = move |request| answer(served.clone(), book.clone(), request);
        let listening = Listening::start(None, handler).await?;
        Ok(Self { gate, deeds, listening })
    }

    /// `http://127.0.0.1:<port>`, for `--endpoint-url`.
    pub fn url(&self) -> String {
        self.listening.url()
    }

    /// What was done so far, by whom.
    pub fn deeds(&self) -> Deeds {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Log and faults.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }
}

async fn answer(
    gate: Gate,
    deeds: Arc<Mutex<Deeds>>,
    request: Request<Bytes>,
) -> Option<Response<Bytes>> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let target = header("x-amz-target").unwrap_or_default();
    let who = signer(header("authorization").unwrap_or_default());
    let actions = request::Request::read(target, request.body()).actions();
    let done = actions.into_iter().map(|action| (who.to_owned(), action));
    deeds.lock().unwrap_or_else(PoisonError::into_inner).extend(done);
    let answer = gate.pass(target, request.body()).await?;
    let response = Response::builder()
        .status(answer.status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Bytes::from(answer.body));
    response.ok()
}

/// The access key in `AWS4-HMAC-SHA256 Credential=<key>/<date>/...`.
fn signer(authorization: &str) -> &str {
    let (_, credential) = authorization.split_once("Credential=").unwrap_or_default();
    credential.split('/').next().unwrap_or_default()
}
