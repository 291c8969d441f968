//! Standard Webhooks: who has the secret can tell that a message is ours, and fresh.
//!
//! Source: github.com/standard-webhooks/standard-webhooks, spec: HMAC-SHA256 over
//! `id.timestamp.body`, in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::hmac;

use crate::notify::{Message, RequestError};

/// What a secret in the spec's own form begins with.
const PREFIX: &str = "whsec_";

/// The bytes of a secret: base64 after the prefix, otherwise its text.
pub(super) fn key(secret: &str) -> Option<Vec<u8>> {
    let Some(encoded) = secret.strip_prefix(PREFIX) else {
        return Some(secret.as_bytes().to_vec());
    };
    STANDARD.decode(encoded).ok().filter(|key| !key.is_empty())
}

/// Adds the three headers. The id is the same at every attempt, the time is the attempt's.
pub(super) fn sign(
    headers: &mut HeaderMap,
    secret: &str,
    message: &Message<'_>,
    body: &[u8],
) -> Result<(), RequestError> {
    let key = key(secret).ok_or(RequestError::Credential("SIGNINGSECRET"))?;
    let id = message.id();
    let timestamp_s = message.now.0.div_euclid(1_000);
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body);
    let signature = STANDARD.encode(mac.sign());
    for (name, value) in [
        ("webhook-id", id),
        ("webhook-timestamp", timestamp_s.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
    ] {
        let value = HeaderValue::try_from(value).expect("digits, letters and base64 are sendable");
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}
