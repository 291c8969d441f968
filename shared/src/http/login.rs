//! The login of the page: a signed cookie that says until when it holds.
//!
//! Nothing of it is stored, so that every function, and every copy of one, knows it: the signature's
//! key comes from `DASHBOARD_PASSWORD` and the other keys of the server. A changed password ends all
//! logins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flatline_domain::UnixMs;
use http::{HeaderMap, HeaderValue, header};
use ring::hmac;

use crate::config::{Config, Secret};

/// How long a login holds, in ms.
const HOLDS_MS: i64 = 12 * 3_600_000;

/// The cookie. Its prefix makes browsers take it over https only and from this very host.
pub(super) const COOKIE: &str = "__Host-flatline-login";

/// The cookie where the page is shown by this machine itself without TLS: no browser takes the other
/// there.
const LOOPBACK_COOKIE: &str = "flatline-login";

/// How a request reached us, as far as cookies care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Road {
    /// By TLS, or so we must assume.
    Tls,
    /// From this machine to itself.
    Loopback,
}

impl Road {
    fn of(headers: &HeaderMap) -> Self {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let behind_proxy = headers.contains_key("x-forwarded-proto");
        if !behind_proxy && host.is_some_and(is_loopback) { Self::Loopback } else { Self::Tls }
    }

    const fn cookie(self) -> &'static str {
        match self {
            Self::Tls => COOKIE,
            Self::Loopback => LOOPBACK_COOKIE,
        }
    }

    const fn secure(self) -> &'static str {
        match self {
            Self::Tls => "; Secure",
            Self::Loopback => "",
        }
    }
}

/// Whether the host of a request can only be this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The value of `Set-Cookie` that signs whoever sent this request in.
pub fn cookie(config: &Config, password: &Secret, headers: &HeaderMap, now: UnixMs) -> HeaderValue {
    let until = now.plus_ms(HOLDS_MS).0.to_string();
    let signature = hmac::sign(&key(config, password), until.as_bytes());
    set(headers, &format!("{until}.{}", URL_SAFE_NO_PAD.encode(signature)), HOLDS_MS / 1_000)
}

/// The value of `Set-Cookie` that signs whoever sent this request out.
pub fn no_cookie(headers: &HeaderMap) -> HeaderValue {
    set(headers, "", 0)
}

fn set(headers: &HeaderMap, value: &str, max_age_s: i64) -> HeaderValue {
    let road = Road::of(headers);
    let (name, secure) = (road.cookie(), road.secure());
    let text =
        format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).expect("a cookie of ours is plain ASCII")
}

/// Whether the request carries a login that still holds.
pub fn is_signed_in(config: &Config, headers: &HeaderMap, now: UnixMs) -> bool {
    let Some(password) = &config.dashboard_password else { return false };
    let road = Road::of(headers);
    let is_ours = |name: &str| name == COOKIE || name == road.cookie();
    let mut given = cookies(headers).filter(|(name, _)| is_ours(name)).peekable();
    // Most requests have none: no key is made for them.
    if given.peek().is_none() {
        return false;
    }
    let key = key(config, password);
    given.any(|(_, token)| holds(&key, token, now))
}

fn holds(key: &hmac::Key, token: &str, now: UnixMs) -> bool {
    let Some((until, signature)) = token.split_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let is_signed = hmac::verify(key, until.as_bytes(), &signature).is_ok();
    is_signed && until.parse().is_ok_and(|until: i64| now < UnixMs(until))
}

/// The cookies of a request: name and value.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// The key of signatures. The other secrets of the server are in it, so that whoever got hold of a
/// cookie cannot try passwords on it at home.
fn key(config: &Config, password: &Secret) -> hmac::Key {
    let base = hmac::Key::new(hmac::HMAC_SHA256, password.expose().as_bytes());
    let mut context = hmac::Context::with_key(&base);
    context.update(b"flatline login 1");
    context.update(&[0]);
    context.update(config.read_key.as_ref().map_or("", Secret::expose).as_bytes());
    for digest in config.alert_keys.digests() {
        context.update(&[0]);
        context.update(digest);
    }
    hmac::Key::new(hmac::HMAC_SHA256, context.sign().as_ref())
}

#[cfg(test)]
mod tests;
