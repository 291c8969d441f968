//! The Lambda functions as they would be deployed: one table behind a bridge, real binaries, no AWS.

mod stream;

use std::io;
use std::sync::Arc;

use flatline_embedded::{Engine, EngineError, Execution};
use flatline_shared::clock::SystemClock;
use flatline_shared::store::{IfMissing, Store, StoreError};

use crate::bridge::Bridge;
use crate::config::ConfigDir;
use crate::process::{ProcessError, Profile, binary};
use crate::runtime_api::LambdaProcess;

pub use stream::Stream;

/// The table of every deployment.
pub const TABLE: &str = "flatline";

/// The key of canaries of every deployment.
pub const CANARY_KEY: &str = "fl_test_key_of_canaries";

/// Why a deployment cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// No engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No bridge or no Runtime API.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// No table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No binary.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// Variables that a function needs besides those of all: only it has them on AWS.
fn own_variables(function: &str) -> &'static [&'static str] {
    match function {
        "ingest" => &["API_KEYS", "FLATLINE_CANARY_KEY"],
        "alert" => &["ALERT_API_KEY"],
        "dashboard" => &["ALERT_API_KEY", "READ_API_KEY", "DASHBOARD_PASSWORD"],
        "checker" => &["FLATLINE_CANARY_KEY", "FLATLINE_REVISION"],
        "notifier" => &["FLATLINE_REVISION", "NOTIFICATION_"],
        _ => &[],
    }
}

/// How long a function may take, in ms.
fn timeout_ms(function: &str) -> u64 {
    match function {
        "checker" => 150_000,
        "notifier" => 120_000,
        _ => 30_000,
    }
}

/// A table with its bridge and the configuration of all functions.
pub struct Deployment {
    bridge: Bridge,
    store: Store,
    config: ConfigDir,
    profile: Profile,
}

impl Deployment {
    /// Creates the table, in memory. Its creation is neither counted nor broken. The functions are those
    /// that FLATLINE_TEST_PROFILE asks for.
    pub async fn of(config: ConfigDir) -> Result<Self, DeploymentError> {
        let engine = Engine::memory()?;
        let client = engine.client(Execution::Inline);
        let store = Store::open(client, TABLE, SystemClock::shared(), IfMissing::Create).await?;
        let bridge = Bridge::start(engine).await?;
        Ok(Self { bridge, store, config, profile: Profile::of_tests() })
    }

    /// With this build of the functions.
    #[must_use]
    pub fn built_as(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// The database of the functions.
    pub fn bridge(&self) -> &Bridge {
        &self.bridge
    }

    /// The same table, past the bridge: for looking, neither counted nor broken.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Builds a function, such as `ingest`, and starts it with these variables more: the checker needs
    /// FLATLINE_CANARY_URL. An empty value is like none.
    pub async fn function(
        &self,
        name: &str,
        more: &[(&str, &str)],
    ) -> Result<Arc<LambdaProcess>, DeploymentError> {
        let binary = binary(&format!("flatline-{name}"), name, self.profile)?;
        let mut variables = self.variables(name);
        variables.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let function = LambdaProcess::start(name, binary, &variables).await?;
        Ok(Arc::new(function.timeout_ms(timeout_ms(name))))
    }

    /// The variables that this function gets, and no others: secrets only where they are needed.
    pub fn variables(&self, function: &str) -> Vec<(String, String)> {
        let config = self.config.path().to_string_lossy().into_owned();
        let all = [
            ("FLATLINE_TABLE", TABLE.to_owned()),
            ("FLATLINE_DYNAMODB_URL", self.bridge.url()),
            ("FLATLINE_CONFIG", config),
        ];
        let some =
            [("FLATLINE_CANARY_KEY", CANARY_KEY.to_owned()), ("FLATLINE_REVISION", "1".to_owned())];
        let named = |(name, value): (&str, String)| (name.to_owned(), value);
        let some = self.config.variables().into_iter().chain(some.map(named));
        let own = own_variables(function);
        let some = some.filter(|(name, _)| own.iter().any(|own| name.starts_with(own)));
        all.map(named).into_iter().chain(some).collect()
    }
}
