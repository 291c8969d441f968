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

use std::io;

use bytes::Bytes;
use flatline_embedded::Engine;
use http::{Request, Response};

use crate::listener::Listening;

pub use fault::{Action, Passing, Rule, Strike};
pub use gate::Gate;
pub use ledger::{Call, Ledger, Outcome, Totals, Units};

/// DynamoDB's protocol on 127.0.0.1, any signature accepted. Closes when dropped.
pub struct Bridge {
    gate: Gate,
    listening: Listening,
}

impl Bridge {
    /// Serves this engine on a free port.
    pub async fn start(engine: Engine) -> io::Result<Self> {
        let gate = Gate::before(engine);
        let served = gate.clone();
        let listening =
            Listening::start(None, move |request| answer(served.clone(), request)).await?;
        Ok(Self { gate, listening })
    }

    /// `http://127.0.0.1:<port>`, for `--endpoint-url`.
    pub fn url(&self) -> String {
        self.listening.url()
    }

    /// Log and faults.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }
}

async fn answer(gate: Gate, request: Request<Bytes>) -> Option<Response<Bytes>> {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answer = gate.pass(target, request.body()).await?;
    let response = Response::builder()
        .status(answer.status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Bytes::from(answer.body));
    response.ok()
}
