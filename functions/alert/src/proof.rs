//! Whether a sender may send what it sends: by our key, or by a signature where a tool cannot carry
//! a key.

mod certificate;
mod sns;

use flatline_shared::app::App;
use flatline_shared::config::{AlertKey, Config};
use flatline_shared::http::{ApiError, keys};
use http::HeaderMap;
use ring::hmac;

pub(crate) use certificate::Certificates;

use crate::format::Proof;

/// Whose key it came with; refuses what its sender may not send. `sent`: the bytes of the body, which
/// may be signed.
pub(crate) async fn require(
    app: &App,
    certificates: &Certificates,
    headers: &HeaderMap,
    sent: &[u8],
    proof: &Proof,
) -> Result<AlertKey, ApiError> {
    match proof {
        Proof::Key => keys::alert_key(&app.config, headers).cloned(),
        Proof::Sentry(signature) => require_hmac(&app.config, headers, sent, signature),
        Proof::Sns(envelope) => {
            sns::require(app, certificates, envelope).await?;
            Ok(AlertKey::signed("Amazon SNS"))
        }
    }
}

/// Without a secret on our side, what Sentry sends needs the key, which a proxy may add.
fn require_hmac(
    config: &Config,
    headers: &HeaderMap,
    sent: &[u8],
    signature: &str,
) -> Result<AlertKey, ApiError> {
    let Some(secret) = &config.alert_senders.sentry_secret else {
        return keys::alert_key(config, headers).cloned();
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = from_hex(signature).ok_or_else(|| refuse("Sentry's signature is no hex"))?;
    hmac::verify(&key, sent, &tag).map_err(|_| refuse("Sentry's signature is wrong"))?;
    Ok(AlertKey::signed("Sentry"))
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
