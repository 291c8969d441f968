//! What the tests stand on.
//!
//! - [`authority`]: certificates, good and bad, of an authority that only who is told of it trusts.
//! - [`bridge`]: the embedded engine behind a [`bridge::Gate`] that counts calls, bills them by DynamoDB's
//!   rules and breaks them on demand; in this process ([`bridge::Gate::client`]) or over HTTP
//!   ([`bridge::Bridge`]).
//! - [`clock`]: a virtual clock on tokio's paused time, for the simulation.
//! - [`config`]: config directories with the variables that belong to them.
//! - [`dice`]: chance that can be repeated.
//! - [`deployment`]: the Lambda binaries on one table, without AWS, by [`runtime_api`].
//! - [`mail`]: a mail server, with TLS from the start or by STARTTLS, that keeps messages or fails.
//! - [`moto`]: moto, which stands in for services of AWS.
//! - [`process`]: real processes, among them `flatline`; kill -9, signals, restarts, output, CPU, memory.
//! - [`receiver`]: a webhook receiver, plain or TLS, that answers what it is told to.
//! - [`runtime_api`]: the Runtime API of one Lambda process, and an HTTP API in front of several.
//! - [`vendors`]: the fault server: Discord, Slack and the others by their own rules, and any failure.
//!
//! Everything listens on a free port of 127.0.0.1 and is gone when dropped. A story in a few lines:
//! ```no_run
//! # use flatline_harness::{bridge::*, config::ConfigDir, process::*, receiver::Receiver};
//! # use flatline_embedded::Engine;
//! # use std::sync::Arc;
//! # async fn story() -> Result<(), Box<dyn std::error::Error>> {
//! let receiver = Receiver::start().await?;
//! let bridge = Bridge::start(Engine::memory()?).await?;
//! let config = ConfigDir::new()?.service("api", 5)?.hook(&receiver.url())?;
//! let mut flatline = FlatlineLaunch::with(config).endpoint_url(&bridge.url()).start().await?;
//! let id = flatline.id(); // Dies between the first commit and its answer.
//! let kill: Strike = Arc::new(move || drop(send_signal(id, "KILL")));
//! bridge.gate().fault(Rule::on("TransactWriteItems", Action::StrikeAfter(kill)).at(1));
//! flatline.wait(60_000).await?;
//! flatline.restart().await?;
//! receiver.wait_for(|it| it.json["event"] == "down", 60_000).await?;
//! # Ok(()) }
//! ```

pub mod authority;
pub mod bridge;
pub mod clock;
pub mod config;
pub mod deployment;
pub mod dice;
mod listener;
pub mod mail;
pub mod moto;
mod pour;
pub mod process;
pub mod receiver;
pub mod runtime_api;
pub mod vendors;

#[cfg(test)]
mod tests;

/// A client for stories: no proxy, 60 s at most per request. Installs the process's TLS provider.
pub fn http_client() -> reqwest::Client {
    // Only the first of a process is taken, and all are the same.
    let _already = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(60));
    client.build().expect("a client without certificates or addresses to refuse")
}
