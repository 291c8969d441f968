//! Puts the parts together: one `App`, one router.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use flatline_embedded::{Carrier, client_within};
use flatline_shared::app::App;
use flatline_shared::aws::Role;
use flatline_shared::clock::{SharedClock, SystemClock};
use flatline_shared::config::{Config, Env};
use flatline_shared::notify::{HttpCanary, HttpTransport, use_ring};
use flatline_shared::store::{IfMissing, Store, StoreError};
use tokio::sync::Notify;

use crate::args::ServeArgs;
use crate::data::random_key;
use crate::failure::Failure;

/// The table's name where FLATLINE_TABLE names none.
const TABLE: &str = "flatline";

/// The table of the embedded database.
pub fn table(env: &Env) -> &str {
    env.get("FLATLINE_TABLE").unwrap_or(TABLE)
}

/// Every TLS connection of this process uses the same provider.
pub fn install_tls() {
    use_ring();
}

/// The one context value, on the embedded engine or, without a carrier to it, on the DynamoDB that was
/// named.
pub async fn app(
    config: Config,
    env: &Env,
    args: &ServeArgs,
    carrier: Option<&Carrier>,
    address: SocketAddr,
) -> Result<App, Failure> {
    let clock = SystemClock::shared();
    let store = store(carrier, env, args, clock.clone(), Role::CHECKER).await?;
    let revision = revision(&store, &config.hash).await?;
    let canary_key = env.secret("FLATLINE_CANARY_KEY").unwrap_or_else(random_key);
    let canary_url = env.get("FLATLINE_CANARY_URL").map_or_else(|| own_url(address), str::to_owned);
    let canary = HttpCanary::new(&canary_url, canary_key.clone(), &config.authorities)?;
    let transport = HttpTransport::trusting(
        &config.authorities,
        &config.notify.allow_private,
        config.notify.request_timeout_ms as u64,
    )?;
    Ok(App {
        config: Arc::new(config),
        revision,
        store,
        clock,
        canary: Arc::new(canary),
        canary_key,
        transport: Arc::new(transport),
        doorbell: Arc::new(Notify::new()),
    })
}

/// The context value of heartbeats: who sends one waits for the database for a shorter time.
pub async fn ingest(
    app: &App,
    env: &Env,
    args: &ServeArgs,
    carrier: Option<&Carrier>,
) -> Result<App, Failure> {
    let store = store(carrier, env, args, app.clock.clone(), Role::INGEST).await?;
    Ok(App { store, ..app.clone() })
}

async fn store(
    carrier: Option<&Carrier>,
    env: &Env,
    args: &ServeArgs,
    clock: SharedClock,
    role: Role,
) -> Result<Store, Failure> {
    let (_, operation_ms) = role.store_timeouts_ms;
    let client = match carrier {
        Some(carrier) => client_within(carrier.clone(), Duration::from_millis(operation_ms)),
        None => flatline_shared::aws::client(&role, env, args.endpoint_url.as_deref())?,
    };
    Ok(Store::open(client, table(env), clock, IfMissing::Create).await?)
}

/// The stored revision; one more if the configuration changed. The data lock makes that safe.
async fn revision(store: &Store, hash: &str) -> Result<u64, StoreError> {
    let state = store.config_state().await?;
    Ok(if state.hash == hash { state.revision } else { state.revision + 1 })
}

/// Where this process hears heartbeats; a wildcard address is reached on the loopback.
fn own_url(address: SocketAddr) -> String {
    let mut address = address;
    if address.ip().is_unspecified() {
        let loopback: std::net::IpAddr = match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(loopback);
    }
    format!("http://{address}")
}

/// Channels that may have a lease: those configured and those that ever had rows.
pub async fn known_channels(app: &App) -> Result<Vec<String>, StoreError> {
    let mut names = app.store.config_state().await?.channels;
    names.extend(app.config.channels.iter().map(|channel| channel.route.name.clone()));
    names.sort();
    names.dedup();
    Ok(names)
}

/// Everything that this process answers.
pub fn router(app: &App, ingest: App) -> Router {
    flatline_shared::http::merge(
        app,
        [
            flatline_ingest::router(ingest),
            flatline_alert::router(app.clone()),
            flatline_dashboard::router(app.clone()),
        ],
    )
}
