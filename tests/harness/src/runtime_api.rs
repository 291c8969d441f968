//! AWS Lambda's side of a function: its Runtime API
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>) for one real process, and the HTTP
//! front of an HTTP API or a Function URL.

mod api;
mod event;
mod gateway;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use flatline_shared::clock::{SharedClock, SystemClock};
use serde_json::Value;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::clock::pause;
use crate::process::{Launch, Process, ProcessError};
use api::{Answered, Api};

pub use gateway::Gateway;

/// How often a waiting invocation looks whether its process still lives.
const LOOK_MS: u64 = 5;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The function said so (`invocation/<id>/error`).
    #[error("{kind}: {message}")]
    Function {
        /// `errorType`
        kind: String,
        /// `errorMessage`
        message: String,
    },
    /// It could not begin (`init/error`).
    #[error("init failed: {0}")]
    Init(Value),
    /// The process ended with the invocation in flight.
    #[error("{0}")]
    Ended(ProcessError),
    /// The time-out passed; the process was killed.
    #[error("timed out after {timeout_ms} ms\n{output}")]
    TimedOut {
        /// The function's time-out.
        timeout_ms: u64,
        /// What it wrote.
        output: String,
    },
    /// The process could not be started or killed.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// One Lambda function with one instance. Invocations wait for each other. A process that ended is
/// started again by the next invocation, as a cold start.
pub struct LambdaProcess {
    api: Api,
    launch: Launch,
    timeout_ms: u64,
    clock: SharedClock,
    process: Arc<Mutex<Option<Process>>>,
}

impl LambdaProcess {
    /// Starts a function's binary with these variables and those that Lambda sets; nothing else is in
    /// its environment. Its time-out is 30 s.
    pub async fn start(
        name: &str,
        binary: impl Into<PathBuf>,
        variables: &[(String, String)],
    ) -> io::Result<Self> {
        let api = Api::start(name).await?;
        let mut launch = Launch::of(binary);
        for (name, value) in api.variables().iter().chain(variables) {
            launch = launch.env(name, value);
        }
        let clock = SystemClock::shared();
        let process = Arc::default();
        let function = Self { api, launch, timeout_ms: 30_000, clock, process };
        function.instance().await.map_err(io::Error::other)?;
        Ok(function)
    }

    /// With this time-out.
    #[must_use]
    pub fn timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.timeout_ms = timeout_ms;
        self
    }

    /// Hands it one event and returns its answer.
    pub async fn invoke(&self, event: &Value) -> Result<Value, InvokeError> {
        let mut instance = self.instance().await?;
        let Some(process) = instance.as_mut() else { return Err(InvokeError::Init(Value::Null)) };
        let deadline_ms = self.clock.now().0 + self.timeout_ms as i64;
        let ends_ms = self.clock.monotonic_ms() + self.timeout_ms as i64;
        let mut answer = self.api.submit(event, deadline_ms);
        loop {
            tokio::select! {
                biased;
                answered = &mut answer => return result(answered),
                () = pause(LOOK_MS) => {}
            }
            if let Err(ended) = process.alive() {
                self.api.withdraw();
                return Err(self
                    .api
                    .init_error()
                    .map_or(InvokeError::Ended(ended), InvokeError::Init));
            }
            if self.clock.monotonic_ms() >= ends_ms {
                process.kill()?;
                self.api.withdraw();
                let output = process.output();
                return Err(InvokeError::TimedOut { timeout_ms: self.timeout_ms, output });
            }
        }
    }

    /// The instance, started if there is none; nobody else may invoke while it is held.
    async fn instance(&self) -> Result<OwnedMutexGuard<Option<Process>>, ProcessError> {
        let mut instance = self.process.clone().lock_owned().await;
        match instance.as_mut() {
            None => *instance = Some(self.launch.clone().start()?),
            Some(process) => {
                if process.alive().is_err() {
                    self.api.withdraw();
                    process.restart()?;
                }
            }
        }
        Ok(instance)
    }

    /// Waits until it has polled for its first event and returns its process, for measurements and
    /// signals. Invocations wait while it is held.
    pub async fn ready(
        &self,
        timeout_ms: u64,
    ) -> Result<OwnedMutexGuard<Option<Process>>, InvokeError> {
        let mut instance = self.instance().await?;
        if let Some(process) = instance.as_mut() {
            let polled = |_: &Process| self.api.polls() > 0;
            process.wait_until("polling", timeout_ms, polled).await?;
        }
        Ok(instance)
    }
}

fn result(
    answered: Result<Answered, tokio::sync::oneshot::error::RecvError>,
) -> Result<Value, InvokeError> {
    match answered {
        Ok(Answered::Response(value)) => Ok(value),
        Ok(Answered::Error(error)) => {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            Err(InvokeError::Function { kind: text("errorType"), message: text("errorMessage") })
        }
        Err(_) => Err(InvokeError::Init(Value::Null)),
    }
}
