//! What each function has. What a role does not name is not in its binary: the linker leaves it out.

use std::path::Path;
use std::sync::Arc;

use flatline_domain::UnixMs;

use super::StartError;
use crate::config::{Config, ConfigErrors, Env, Secret};
use crate::notify::{
    Answer, BoxFuture, Canary, HttpCanary, HttpTransport, Outgoing, SendError, Transport,
};

/// How long secrets are kept, in ms.
const SECRETS_MS: i64 = 300_000;
/// The same where looking costs nothing beside the work: once a minute.
const RINGING_SECRETS_MS: i64 = 60_000;

/// A part of a function, or why it cannot be had.
type Made<T> = Result<Arc<T>, StartError>;

/// What a function has and needs.
#[derive(Clone, Copy)]
pub struct Role {
    /// How long one attempt and a whole operation of the database may take, in ms.
    pub store_timeouts_ms: (u64, u64),
    /// How long secrets are kept, in ms.
    pub(super) secrets_ms: i64,
    /// Whether it has the credentials of channels.
    pub(super) has_channels: bool,
    /// Whether it shows the page, and so has its password.
    pub(super) has_page: bool,
    /// Whether it has to know which configuration is the newer one.
    pub(super) needs_revision: bool,
    /// Loads and judges the configuration, or the part that it uses.
    pub(super) config: fn(&Path, &Env) -> Result<Config, ConfigErrors>,
    /// Makes what sends canaries.
    pub(super) canary: fn(&Env, &Config) -> Made<dyn Canary>,
    /// Makes what talks to channels.
    pub(super) transport: fn(&Config) -> Made<dyn Transport>,
}

/// What most of them have.
const PLAIN: Role = Role {
    store_timeouts_ms: (1_000, 5_000),
    secrets_ms: SECRETS_MS,
    has_channels: false,
    has_page: false,
    needs_revision: false,
    config: Config::load_without_texts,
    canary: |_, _| Ok(Arc::new(Absent)),
    transport: |_| Ok(Arc::new(Absent)),
};

impl Role {
    /// Takes heartbeats; waits for the database for the shortest time.
    pub const INGEST: Self = Self { store_timeouts_ms: (300, 2_000), ..PLAIN };
    /// Takes external alerts.
    pub const ALERT: Self = Self { transport: asking, ..PLAIN };
    /// Shows pages and answers the read APIs.
    pub const DASHBOARD: Self = Self { has_page: true, ..PLAIN };
    /// Decides statuses; the only one that sends canaries.
    pub const CHECKER: Self =
        Self { secrets_ms: RINGING_SECRETS_MS, needs_revision: true, canary, ..PLAIN };
    /// Delivers; the only one that talks to channels and has their credentials.
    pub const NOTIFIER: Self = Self {
        secrets_ms: RINGING_SECRETS_MS,
        has_channels: true,
        needs_revision: true,
        config: Config::load,
        transport,
        ..PLAIN
    };
}

fn canary(env: &Env, config: &Config) -> Made<dyn Canary> {
    let set = |name| env.get(name).ok_or(StartError::NotSet(name));
    let url = set("FLATLINE_CANARY_URL")?;
    let key = Secret::new(set("FLATLINE_CANARY_KEY")?);
    Ok(Arc::new(HttpCanary::new(url, key, &config.authorities)?))
}

fn transport(config: &Config) -> Made<dyn Transport> {
    let timeout_ms = config.notify.request_timeout_ms as u64;
    let allowed = &config.notify.allow_private;
    Ok(Arc::new(HttpTransport::trusting(&config.authorities, allowed, timeout_ms)?))
}

/// The way to the one who has to be asked about alerts: Amazon, who signed them.
fn asking(config: &Config) -> Made<dyn Transport> {
    if config.alert_senders.sns_topics.is_empty() {
        return Ok(Arc::new(Absent));
    }
    transport(config)
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
