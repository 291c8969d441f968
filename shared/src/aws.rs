//! An [`App`] from the environment of a Lambda function: what the mains have in common.
//!
//! [`Foundation`] is what outlives a change of secrets, [`vault`] is where these are, [`Deployed`] keeps
//! what was made of both, [`front()`] stands before routers. A [`Role`] names what a function has.

mod deployed;
mod front;
mod role;
mod trust;
mod vault;

pub use deployed::{Deployed, NotReady};
pub use front::front;
pub use role::Role;
pub use vault::{Reading, Secrets, UnsignableRequest, Vault, VaultError};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use tokio::sync::Notify;

use crate::app::App;
use crate::clock::SharedClock;
use crate::config::{Config, ConfigErrors, Env, Secret};
use crate::notify::{CanaryError, ClientError};
use crate::store::{Carrier, Store, StoreError};

/// Where the configuration may be: the folder of the layer, the layer itself, the working directory.
const CONFIG_DIRS: [&str; 3] = ["/opt/config", "/opt", "config"];

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable that has no default is missing.
    #[error("the variable {0} is not set")]
    NotSet(&'static str),
    /// A variable that must be a whole number is none.
    #[error("the variable {0} is no whole number")]
    NotANumber(&'static str),
    /// The configuration cannot be used; its problems are in the log.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The table cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No client for channels.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// No client for canaries.
    #[error(transparent)]
    Canary(#[from] CanaryError),
    /// No secrets.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What a function has before it knows its secrets, and keeps when they change: the table.
#[derive(Clone)]
pub struct Foundation {
    store: Store,
    clock: SharedClock,
}

impl Foundation {
    /// Opens the table: FLATLINE_TABLE (no default), FLATLINE_DYNAMODB_URL.
    async fn lay(role: Role, env: &Env, clock: SharedClock) -> Result<Self, StartError> {
        let table = env.get("FLATLINE_TABLE").ok_or(StartError::NotSet("FLATLINE_TABLE"))?;
        let client = client(&role, env, env.get("FLATLINE_DYNAMODB_URL"))?;
        let store = Store::open_existing(client, table, clock.clone()).await?;
        Ok(Self { store, clock })
    }

    /// The rest from the environment, with secrets in it: FLATLINE_CONFIG, FLATLINE_CANARY_URL (checker),
    /// FLATLINE_CANARY_KEY (checker and ingest), FLATLINE_REVISION (checker and notifier), and the
    /// variables of the configuration.
    fn app(&self, role: Role, env: Env) -> Result<App, StartError> {
        let env = if role.has_channels { env } else { env.without_channels() };
        let env = if role.has_page { env } else { env.without_page() };
        let config = load_config(&role, &env)?;
        Ok(App {
            revision: revision(&role, &env)?,
            store: self.store.clone(),
            clock: self.clock.clone(),
            canary: (role.canary)(&env, &config)?,
            canary_key: env.secret("FLATLINE_CANARY_KEY").unwrap_or_else(|| Secret::new("")),
            transport: (role.transport)(&config)?,
            doorbell: Arc::new(Notify::new()),
            config: Arc::new(config),
        })
    }
}

/// The number of the configuration, by which checker and notifier know the newer one.
fn revision(role: &Role, env: &Env) -> Result<u64, StartError> {
    match env.get("FLATLINE_REVISION") {
        Some(text) => text.parse().map_err(|_| StartError::NotANumber("FLATLINE_REVISION")),
        None if role.needs_revision => Err(StartError::NotSet("FLATLINE_REVISION")),
        None => Ok(0),
    }
}

fn load_config(role: &Role, env: &Env) -> Result<Config, StartError> {
    let found = || CONFIG_DIRS.iter().find(|dir| Path::new(dir).join("services.json").is_file());
    let dir = env
        .get("FLATLINE_CONFIG")
        .map_or_else(|| PathBuf::from(found().unwrap_or(&CONFIG_DIRS[0])), PathBuf::from);
    let config = (role.config)(&dir, env).inspect_err(|errors| {
        for problem in &errors.0 {
            tracing::error!(%problem, "the configuration cannot be used");
        }
    })?;
    for warning in &config.warnings {
        tracing::warn!(%warning, "the configuration is odd");
    }
    Ok(config)
}

/// The database client: credentials and region from the environment only, so that nothing is
/// searched for elsewhere, and time-outs, of which the SDK sets none. Trying again is the store's.
pub fn client(role: &Role, env: &Env, endpoint_url: Option<&str>) -> Result<Client, StartError> {
    let set = |name| env.get(name).ok_or(StartError::NotSet(name));
    let (id, key) = (set("AWS_ACCESS_KEY_ID")?, set("AWS_SECRET_ACCESS_KEY")?);
    let token = env.get("AWS_SESSION_TOKEN").map(str::to_owned);
    let (attempt_ms, operation_ms) = role.store_timeouts_ms;
    let (attempt, operation) =
        (Duration::from_millis(attempt_ms), Duration::from_millis(operation_ms));
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build();
    let region = set("AWS_REGION")?;
    let http = trust::client(region, endpoint_url, operation)?;
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(Carrier::new(http))
        .credentials_provider(Credentials::new(id, key, token, None, "environment"))
        .region(Region::new(region.to_owned()))
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(url) = endpoint_url {
        config = config.endpoint_url(url);
    }
    Ok(Client::from_conf(config.build()))
}
