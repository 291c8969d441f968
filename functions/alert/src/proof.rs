//! Whether a sender may send what it sends: by our key, or by a signature where a tool cannot carry
//! a key.

mod certificate;
mod sns;

use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::config::AlertKey;
use flatline_shared::http::{ApiError, keys};
use http::HeaderMap;
use ring::hmac;

pub(crate) use certificate::Certificates;

use crate::format::{Proof, Signature};

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
        Proof::Sentry(signature) => require_hmac(app, headers, sent, signature),
        Proof::Sns(envelope) => {
            sns::require(app, certificates, envelope).await?;
            Ok(AlertKey::signed("Amazon SNS"))
        }
    }
}

/// What is signed can be sent again by whoever saw it, so it counts for this long only, in ms. SNS
/// tries for up to 3,600 s, the tries themselves not counted
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>); the rest is for
/// those, and for clocks. Within it a copy of an alert with a key is a repetition.
const SIGNED_FOR_MS: i64 = 5_400_000;

/// Refuses what was sent too long ago, or nobody knows when.
fn require_fresh(app: &App, sent_at: Option<UnixMs>) -> Result<(), ApiError> {
    match sent_at {
        None => Err(refuse("it does not say when it was sent")),
        Some(at) if app.clock.now().since_ms(at) > SIGNED_FOR_MS => {
            Err(refuse("it was sent more than 90 minutes ago"))
        }
        Some(_) => Ok(()),
    }
}

/// Without a secret on our side, what Sentry sends needs the key, which a proxy may add.
fn require_hmac(
    app: &App,
    headers: &HeaderMap,
    sent: &[u8],
    signature: &Signature,
) -> Result<AlertKey, ApiError> {
    let Some(secret) = &app.config.alert_senders.sentry_secret else {
        return keys::alert_key(&app.config, headers).cloned();
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = from_hex(&signature.hmac).ok_or_else(|| refuse("Sentry's signature is no hex"))?;
    hmac::verify(&key, sent, &tag).map_err(|_| refuse("Sentry's signature is wrong"))?;
    require_fresh(app, signature.sent_at)?;
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
