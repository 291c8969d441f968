//! What the `webhook` type knows, and which addresses channels may have.

use std::net::IpAddr;

use http::{HeaderName, HeaderValue};
use ipnet::IpNet;
use serde_json::{Map, Value};
use url::{Host, Url};

use super::credentials::{Credentials, variable_name};
use super::reader::{Object, quoted, wanted};

const METHODS: [(&str, &str); 3] = [("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH")];

/// Headers that belong to the connection (RFC 9110, 7.6.1) or are made for each request.
const NOT_SENT: [&str; 10] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Reads `method` and `headers`, and leaves them in `options` as they are sent.
pub(super) fn read(
    config: &mut Object<'_>,
    options: &mut Map<String, Value>,
    channel: &str,
    credentials: &Credentials,
) {
    if let Some(method) = config.choice("method", &METHODS) {
        options.insert("method".to_owned(), method.into());
    }
    let headers = config.object("headers");
    let mut sent = Map::new();
    for (name, value) in headers.entries() {
        judge_header(&headers, name, value);
        judge_placeholder(&headers, name, value, channel, credentials);
        sent.insert(name.to_owned(), value.clone());
    }
    if headers.is_present() {
        options.insert("headers".to_owned(), sent.into());
    }
}

/// An `Authorization` that still waits for its token is not sent.
fn judge_placeholder(
    headers: &Object<'_>,
    name: &str,
    value: &Value,
    channel: &str,
    credentials: &Credentials,
) {
    let is_waiting = name.eq_ignore_ascii_case("authorization")
        && value.as_str().is_some_and(|value| value.contains("YOUR_TOKEN"))
        && credentials.get("AUTHTOKEN").is_none();
    if is_waiting {
        let variable = variable_name(channel, "AUTHTOKEN");
        let sentence = format!("is not sent until {variable} says what YOUR_TOKEN stands for");
        headers.judge.warn(&headers.place.key(name), sentence);
    }
}

/// Judges the address of an enabled channel, wherever it was found.
pub(super) fn judge_address(
    config: &Object<'_>,
    channel: &str,
    credentials: &Credentials,
    allow_private: &[IpNet],
) {
    match credentials.get("URL") {
        None if credentials.may_be_elsewhere() => {}
        None => {
            let variable = variable_name(channel, "URL");
            let sentence = format!("the channel is enabled and has no address: set {variable}");
            config.judge.error(&config.place, sentence);
        }
        Some((url, place)) => {
            if let Err(sentence) = check_url(url, allow_private) {
                config.judge.error(place, sentence);
            }
        }
    }
    if let Some((token, place)) = credentials.get("AUTHTOKEN")
        && HeaderValue::from_str(token).is_err()
    {
        let sentence = "must be a text without line breaks and control characters";
        config.judge.error(place, sentence);
    }
}

/// Judges `baseUrl`, which stands in for a vendor's address.
pub(super) fn judge_base_url(config: &mut Object<'_>, allow_private: &[IpNet]) {
    let Some(url) = config.text("baseUrl") else { return };
    if let Err(sentence) = check_url(url, allow_private) {
        config.judge.error(&config.place.key("baseUrl"), sentence);
    }
}

fn judge_header(headers: &Object<'_>, name: &str, value: &Value) {
    let place = headers.place.key(name);
    let Some(text) = value.as_str() else {
        headers.judge.error(&place, wanted("a text", value));
        return;
    };
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        headers.judge.error(&place, format!("{} is no name of a header", quoted(name)));
    } else if NOT_SENT.contains(&name.to_ascii_lowercase().as_str()) {
        headers.judge.warn(&place, "this header is not sent: it belongs to the connection");
    }
    if HeaderValue::from_str(text).is_err() {
        headers.judge.error(&place, "must be a text without line breaks and control characters");
    }
}

/// Whether a channel may have this address, as far as can be told without asking for the address of
/// its host. The sentence shows nothing of the URL: it may hold a secret.
fn check_url(text: &str, allow_private: &[IpNet]) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("must be an https URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must be an https URL".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user name and no password in the URL".to_owned());
    }
    if url.scheme() == "http" && !may_be_plain(&url, allow_private) {
        let sentence = "must be https; http is only for hosts in notifications.json \
                        settings.allowPrivate";
        return Err(sentence.to_owned());
    }
    if literal(&url).is_some_and(|ip| is_local(ip) && !is_allowed(ip, allow_private)) {
        let sentence = "is an address of a private network: name its range in notifications.json \
                        settings.allowPrivate";
        return Err(sentence.to_owned());
    }
    Ok(())
}

/// http is for allowed ranges. What a name leads to is judged when connecting.
fn may_be_plain(url: &Url, allow_private: &[IpNet]) -> bool {
    literal(url).map_or(!allow_private.is_empty(), |ip| is_allowed(ip, allow_private))
}

/// The host, if it is written as an address.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(_) => None,
    }
}

fn is_allowed(ip: IpAddr, allow_private: &[IpNet]) -> bool {
    allow_private.iter().any(|range| range.contains(&ip.to_canonical()))
}

/// Whether an address is surely not on the internet. The rest is judged when connecting.
fn is_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}
