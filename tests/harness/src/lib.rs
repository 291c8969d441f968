//! What the tests stand on.

pub mod bridge;
pub mod clock;
pub mod config;
mod listener;
pub mod process;
pub mod receiver;
pub mod runtime_api;

#[cfg(test)]
mod tests;

/// A client for stories: no proxy, no waiting for ever.
///
/// # Panics
/// Never: it has no setting that could be wrong.
pub fn http_client() -> reqwest::Client {
    // Only the first of a process is taken, and all are the same.
    let _already = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(60));
    client.build().expect("a client without certificates or addresses to refuse")
}
