//! What a Lambda function keeps between invocations, built anew when its secrets have changed.

use std::sync::Arc;

use flatline_domain::UnixMs;
use tokio::sync::Mutex;

use super::vault::{Reading, Vault};
use super::{Foundation, Role, StartError};
use crate::app::App;
use crate::clock::{SharedClock, SystemClock};
use crate::config::Env;
use crate::telemetry::{self, LogFormat};

/// What failed, or what was refused, is looked at again after this time, in ms.
const PAUSE_MS: i64 = 10_000;

/// The function cannot work now; the log says why.
#[derive(Debug, thiserror::Error)]
#[error("the function cannot start; its log says why")]
pub struct NotReady;

/// What a function makes of its [`App`]: a router, a checker. It begins without one where secrets are
/// missing, and tries again.
pub struct Deployed<T> {
    role: Role,
    env: Env,
    clock: SharedClock,
    build: fn(App) -> T,
    state: Mutex<State<T>>,
}

struct State<T> {
    foundation: Option<Foundation>,
    reading: Reading,
    made: Option<Arc<T>>,
    /// When secrets were last read, or it was tried.
    looked_at: Option<UnixMs>,
}

impl<T> Deployed<T> {
    /// Starts the log and builds what can be built; what cannot is logged, once.
    pub async fn begin(role: Role, build: fn(App) -> T) -> Self {
        let deployed = Self::later(role, build);
        let filter = deployed.env.get("FLATLINE_LOG").unwrap_or("info");
        telemetry::start(LogFormat::Json, filter);
        // Its error is in the log; invocations are answered all the same.
        let _ = deployed.current().await;
        deployed
    }

    /// The same for what is rarely needed: built when it is first asked for.
    pub fn later(role: Role, build: fn(App) -> T) -> Self {
        let reading = Reading::default();
        let state = State { foundation: None, reading, made: None, looked_at: None };
        let (env, clock) = (Env::from_process(), SystemClock::shared());
        Self { role, env, clock, build, state: Mutex::new(state) }
    }

    /// Whether secrets come from elsewhere and so may change.
    pub fn has_vault(&self) -> bool {
        self.env.get("FLATLINE_SECRETS_PATH").is_some()
    }

    /// The thing, with secrets that are at most 5 minutes old (checker, notifier: 1 minute). Old ones
    /// are kept while they cannot be read.
    pub async fn current(&self) -> Result<Arc<T>, NotReady> {
        let kept_ms = self.role.secrets_ms;
        let mut state = self.state.lock().await;
        let wait_ms = if state.made.is_some() { kept_ms } else { PAUSE_MS };
        let is_due = state.made.is_none() || self.has_vault();
        if is_due && state.is_older_than(wait_ms, self.clock.now()) {
            self.look(&mut state).await;
        }
        state.made.clone().ok_or(NotReady)
    }

    /// What a key was refused by may be outdated: the thing with newer secrets, if there are newer ones.
    /// Looks at most once in 10 s.
    pub async fn after_refusal(&self) -> Option<Arc<T>> {
        let mut state = self.state.lock().await;
        if !self.has_vault() || !state.is_older_than(PAUSE_MS, self.clock.now()) {
            return None;
        }
        let before = state.made.clone()?;
        self.look(&mut state).await;
        state.made.clone().filter(|made| !Arc::ptr_eq(made, &before))
    }

    async fn look(&self, state: &mut State<T>) {
        state.looked_at = Some(self.clock.now());
        match self.renew(state).await {
            Ok(()) => {}
            Err(error) if state.made.is_some() => {
                tracing::warn!(%error, "the secrets that are known stay in force");
            }
            Err(error) => {
                let place = self.place();
                tracing::error!(%error, place, "the function cannot start");
            }
        }
    }

    /// Where its secrets are, for people who look for one.
    fn place(&self) -> &str {
        self.env.get("FLATLINE_SECRETS_PATH").unwrap_or("environment")
    }

    /// Reads the secrets, and builds anew if they are others.
    async fn renew(&self, state: &mut State<T>) -> Result<(), StartError> {
        let vault = Vault::from_env(&self.env)?;
        let reading = async {
            match &vault {
                Some(vault) => Ok(vault.renew(&state.reading, self.clock.now()).await?),
                None => Ok(Reading::default()),
            }
        };
        let foundation = async {
            match &state.foundation {
                Some(foundation) => Ok(foundation.clone()),
                None => Foundation::lay(self.role, &self.env, self.clock.clone()).await,
            }
        };
        // Both open a connection, which is most of a cold start.
        let (reading, foundation): (Result<_, StartError>, Result<_, StartError>) =
            tokio::join!(reading, foundation);
        let (reading, foundation) = (reading?, foundation?);
        state.foundation = Some(foundation.clone());
        if state.made.is_some() && reading.secrets == state.reading.secrets {
            state.reading = reading;
            return Ok(());
        }
        let mut env = self.env.clone();
        for (name, secret) in &reading.secrets {
            env = env.with(name, secret.expose());
        }
        let app = foundation.app(self.role, env)?;
        if state.made.is_some() {
            tracing::info!("the secrets have changed");
        }
        if vault.is_some() {
            let names: Vec<_> = reading.secrets.keys().map(String::as_str).collect();
            tracing::info!(
                place = self.place(),
                names = names.join(" "),
                "the secrets that are there"
            );
        }
        (state.reading, state.made) = (reading, Some(Arc::new((self.build)(app))));
        Ok(())
    }
}

impl<T> State<T> {
    fn is_older_than(&self, ms: i64, now: UnixMs) -> bool {
        // A clock that was set back looks again too.
        self.looked_at.is_none_or(|at| !(0..ms).contains(&now.since_ms(at)))
    }
}
