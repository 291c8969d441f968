//! An [`App`] from the environment of a Lambda function: what the mains have in common.
//!
//! [`Foundation`] is what outlives a change of secrets, [`vault`] is where these are, [`Deployed`] keeps
//! what was made of both, [`front()`] stands before routers.

mod deployed;
mod front;
mod vault;

pub use deployed::{Deployed, NotReady};
pub use front::front;
pub use vault::{Secrets, UnsignableRequest, Vault, VaultError};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use flatline_domain::UnixMs;
use tokio::sync::Notify;

use crate::app::App;
use crate::clock::SharedClock;
use crate::config::{Config, ConfigErrors, Env, Secret};
use crate::notify::{
    Answer, BoxFuture, Canary, CanaryError, ClientError, HttpCanary, HttpTransport, Outgoing,
    SendError, Transport,
};
use crate::store::{IfMissing, Store, StoreError};

/// Where the configuration may be: the folder of the layer, the layer itself, the working directory.
const CONFIG_DIRS: [&str; 3] = ["/opt/config", "/opt", "config"];

/// Which function starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Takes heartbeats; waits for the database for the shortest time.
    Ingest,
    /// Takes external alerts.
    Alert,
    /// Shows pages and answers the read APIs.
    Dashboard,
    /// Decides statuses; the only one that sends canaries.
    Checker,
    /// Delivers; the only one that talks to channels and has their credentials.
    Notifier,
}

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
        let (region, url) = (env.get("AWS_REGION"), env.get("FLATLINE_DYNAMODB_URL"));
        let client = client(role, region, url).await;
        let store = Store::open(client, table, clock.clone(), IfMissing::Refuse).await?;
        Ok(Self { store, clock })
    }

    /// The rest from the environment, with secrets in it: FLATLINE_CONFIG, FLATLINE_CANARY_URL (checker),
    /// FLATLINE_CANARY_KEY (checker and ingest), FLATLINE_REVISION (checker and notifier), and the
    /// variables of the configuration.
    fn app(&self, role: Role, env: Env) -> Result<App, StartError> {
        let env = if role == Role::Notifier { env } else { env.without_channels() };
        let env = if role == Role::Dashboard { env } else { env.without_page() };
        let config = load_config(&env)?;
        Ok(App {
            revision: revision(role, &env)?,
            store: self.store.clone(),
            clock: self.clock.clone(),
            canary: canary(role, &env, &config)?,
            canary_key: env.secret("FLATLINE_CANARY_KEY").unwrap_or_else(|| Secret::new("")),
            transport: transport(role, &config)?,
            doorbell: Arc::new(Notify::new()),
            config: Arc::new(config),
        })
    }
}

/// The number of the configuration, by which checker and notifier know the newer one.
fn revision(role: Role, env: &Env) -> Result<u64, StartError> {
    match env.get("FLATLINE_REVISION") {
        Some(text) => text.parse().map_err(|_| StartError::NotANumber("FLATLINE_REVISION")),
        None if matches!(role, Role::Checker | Role::Notifier) => {
            Err(StartError::NotSet("FLATLINE_REVISION"))
        }
        None => Ok(0),
    }
}

fn load_config(env: &Env) -> Result<Config, StartError> {
    let found = || CONFIG_DIRS.iter().find(|dir| Path::new(dir).join("services.json").is_file());
    let dir = env
        .get("FLATLINE_CONFIG")
        .map_or_else(|| PathBuf::from(found().unwrap_or(&CONFIG_DIRS[0])), PathBuf::from);
    let config = Config::load(&dir, env).inspect_err(|errors| {
        for problem in &errors.0 {
            tracing::error!(%problem, "the configuration cannot be used");
        }
    })?;
    for warning in &config.warnings {
        tracing::warn!(%warning, "the configuration is odd");
    }
    Ok(config)
}

/// The roots of all of Amazon's certificates, <https://www.amazontrust.com/repository/>, valid until 2037
/// and longer. To parse the 150 of the system would take a third of a cold start.
const AMAZON_ROOTS: &str = include_str!("aws/amazon_roots.pem");

/// Whom to trust at the other end: Amazon alone where it is Amazon. The regions in China have
/// certificates of others, and a URL of one's own may be anybody's.
fn trust(region: Option<&str>, endpoint_url: Option<&str>) -> TrustStore {
    if endpoint_url.is_some() || region.is_some_and(|region| region.starts_with("cn-")) {
        return TrustStore::default();
    }
    TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
}

/// The database client: credentials and region from the environment only, so that nothing is
/// searched for elsewhere, and time-outs, of which the SDK sets none. Trying again is the store's.
pub async fn client(role: Role, region: Option<&str>, endpoint_url: Option<&str>) -> Client {
    let (attempt_ms, operation_ms) = role.store_timeouts_ms();
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(attempt_ms))
        .operation_timeout(Duration::from_millis(operation_ms))
        .build();
    let tls = Provider::Rustls(CryptoMode::Ring);
    let context = TlsContext::builder().with_trust_store(trust(region, endpoint_url)).build();
    let context = context.expect("the certificates are part of this program");
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Builder::new().tls_provider(tls).tls_context(context).build_https())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .region(EnvironmentVariableRegionProvider::new())
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
    }
    Client::new(&loader.load().await)
}

impl Role {
    /// How long one attempt and a whole operation of the database may take, in ms.
    #[must_use]
    pub const fn store_timeouts_ms(self) -> (u64, u64) {
        match self {
            Self::Ingest => (300, 2_000),
            _ => (1_000, 5_000),
        }
    }
}

fn canary(role: Role, env: &Env, config: &Config) -> Result<Arc<dyn Canary>, StartError> {
    if role != Role::Checker {
        return Ok(Arc::new(Absent));
    }
    let set = |name| env.get(name).ok_or(StartError::NotSet(name));
    let url = set("FLATLINE_CANARY_URL")?;
    let key = Secret::new(set("FLATLINE_CANARY_KEY")?);
    Ok(Arc::new(HttpCanary::new(url, key, &config.authorities)?))
}

fn transport(role: Role, config: &Config) -> Result<Arc<dyn Transport>, StartError> {
    // Of the others only one has to ask anybody anything: Amazon, who signed an alert.
    let asks = role == Role::Alert && !config.alert_senders.sns_topics.is_empty();
    if role != Role::Notifier && !asks {
        return Ok(Arc::new(Absent));
    }
    let timeout_ms = config.notify.request_timeout_ms as u64;
    let allowed = &config.notify.allow_private;
    Ok(Arc::new(HttpTransport::trusting(&config.authorities, allowed, timeout_ms)?))
}

/// In place of what a function never uses: building it would cost each cold start.
struct Absent;

impl Absent {
    fn refuse<T: Send + 'static>() -> BoxFuture<Result<T, SendError>> {
        let why = "this function sends nothing".to_owned();
        Box::pin(std::future::ready(Err(SendError::Forbidden(why))))
    }
}

impl Canary for Absent {
    fn prove(&self) -> BoxFuture<Result<UnixMs, SendError>> {
        Self::refuse()
    }
}

impl Transport for Absent {
    fn send(&self, _request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        Self::refuse()
    }
}
