//! The Lambda functions as they would be deployed: one table behind a bridge, real binaries, no AWS.

use std::io;
use std::sync::Arc;

use flatline_embedded::{Engine, EngineError, Execution};
use flatline_shared::clock::SystemClock;
use flatline_shared::store::{IfMissing, Store, StoreError};

use crate::bridge::Bridge;
use crate::config::ConfigDir;
use crate::process::{ProcessError, Profile, binary};
use crate::runtime_api::LambdaProcess;

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

/// A table with its bridge and the configuration of all functions.
pub struct Deployment {
    bridge: Bridge,
    config: ConfigDir,
    profile: Profile,
}

impl Deployment {
    /// Creates the table, in memory. Its creation is neither counted nor broken.
    pub async fn of(config: ConfigDir) -> Result<Self, DeploymentError> {
        let engine = Engine::memory()?;
        let client = engine.client(Execution::Inline);
        Store::open(client, TABLE, SystemClock::shared(), IfMissing::Create).await?;
        let bridge = Bridge::start(engine).await?;
        Ok(Self { bridge, config, profile: Profile::Debug })
    }

    /// With release builds of the functions.
    #[must_use]
    pub fn release(mut self) -> Self {
        self.profile = Profile::Release;
        self
    }

    /// The database of the functions.
    pub fn bridge(&self) -> &Bridge {
        &self.bridge
    }

    /// Builds and starts a function, such as `ingest`, with more variables: the checker needs
    /// FLATLINE_CANARY_URL.
    pub async fn function(
        &self,
        name: &str,
        more: &[(&str, &str)],
    ) -> Result<Arc<LambdaProcess>, DeploymentError> {
        let binary = binary(&format!("flatline-{name}"), name, self.profile)?;
        let mut variables = self.variables();
        variables.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        Ok(Arc::new(LambdaProcess::start(name, binary, &variables).await?))
    }

    /// The variables that every function gets.
    pub fn variables(&self) -> Vec<(String, String)> {
        let config = self.config.path().to_string_lossy().into_owned();
        let own = [
            ("FLATLINE_TABLE", TABLE.to_owned()),
            ("FLATLINE_DYNAMODB_URL", self.bridge.url()),
            ("FLATLINE_CONFIG", config),
            ("FLATLINE_CANARY_KEY", CANARY_KEY.to_owned()),
            ("FLATLINE_REVISION", "1".to_owned()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        self.config.variables().into_iter().chain(own).collect()
    }
}
