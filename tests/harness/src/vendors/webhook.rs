//! A receiver of webhooks that asks for everything that it may ask for: a bearer, JSON, and
//! signatures by Standard Webhooks.
//!
//! Source: github.com/standard-webhooks/standard-webhooks, Verifying signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::{Refusal, Ruling, is_typed};
use crate::receiver::{Received, Reply};

const TOKEN: &str = "webhook-token-nobody-may-read";
/// Base64 of `a secret of the tests, 32 bytes.`
const SECRET: &str = "YSBzZWNyZXQgb2YgdGhlIHRlc3RzLCAzMiBieXRlcy4=";

pub(super) const CREDENTIALS: [(&str, &str); 3] = [
    ("URL", "https://hooks.example.com/in?team=ops"),
    ("AUTHTOKEN", TOKEN),
    ("SIGNINGSECRET", "whsec_YSBzZWNyZXQgb2YgdGhlIHRlc3RzLCAzMiBieXRlcy4="),
];

/// How far the time of a message may be off, in s.
const TOLERANCE_S: i64 = 300;

pub(super) fn rule(request: &Received) -> Ruling {
    if request.path != "/in?team=ops" {
        return Err(Refusal::new(404, "", "the address"));
    }
    let bearer = format!("Bearer {TOKEN}");
    if header(request, "authorization") != bearer {
        return Err(Refusal::new(401, "", "the bearer"));
    }
    if !is_typed(request, "application/json") || !request.json.is_object() {
        return Err(Refusal::new(400, "", "a JSON object"));
    }
    verified(request).map_err(|rule| Refusal::new(401, rule, rule))?;
    Ok(Reply::status(204))
}

fn header<'r>(request: &'r Received, name: &str) -> &'r str {
    request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn verified(request: &Received) -> Result<(), &'static str> {
    let [id, timestamp, signatures] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| header(request, name));
    let sent_s: i64 = timestamp.parse().map_err(|_| "webhook-timestamp is no number")?;
    if id.is_empty() || (request.at.0 / 1_000 - sent_s).abs() > TOLERANCE_S {
        return Err("webhook-id is missing, or webhook-timestamp is too old or too new");
    }
    let key = STANDARD.decode(SECRET).map_err(|_| "the secret is base64")?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [format!("{id}.{timestamp}.").as_bytes(), &request.body].concat();
    let mut versions = signatures.split(' ').filter_map(|it| it.strip_prefix("v1,"));
    let is_ours = |signature: &str| {
        let signature = STANDARD.decode(signature);
        signature.is_ok_and(|signature| hmac::verify(&key, &signed, &signature).is_ok())
    };
    if versions.any(is_ours) { Ok(()) } else { Err("no signature matches") }
}
