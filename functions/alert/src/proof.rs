//! Whether a sender may send what it sends: by our key, or by a signature where a tool cannot carry
//! a key.

mod certificate;
mod sns;

use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::http::{ApiError, keys};
use http::HeaderMap;
use ring::hmac;

pub(crate) use certificate::Certificates;

use crate::format::Proof;

/// Refuses what its sender may not send. `sent`: the bytes of the body, which may be signed.
pub(crate) async fn require(
    app: &App,
    certificates: &Certificates,
    headers: &HeaderMap,
    sent: &[u8],
    proof: &Proof,
) -> Result<(), ApiError> {
    match proof {
        Proof::Key => keys::require_alert_key(&app.config, headers),
        Proof::Sentry(signature) => require_hmac(&app.config, headers, sent, signature),
        Proof::Sns(envelope) => sns::require(app, certificates, envelope).await,
    }
}

/// Without a secret on our side, what Sentry sends needs the key, which a proxy may add.
fn require_hmac(
    config: &Config,
    headers: &HeaderMap,
    sent: &[u8],
    signature: &str,
) -> Result<(), ApiError> {
    let Some(secret) = &config.alert_senders.sentry_secret else {
        return keys::require_alert_key(config, headers);
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = from_hex(signature).ok_or_else(|| refuse("Sentry's signature is no hex"))?;
    hmac::verify(&key, sent, &tag).map_err(|_| refuse("Sentry's signature is wrong"))
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// The log says why; the sender only hears that it was refused.
fn refuse(reason: &str) -> ApiError {
    tracing::info!(reason, "an alert was refused");
    ApiError::Unauthorized
}
