//! Which addresses channels may be configured with.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

/// Whether a channel may have this address, as far as can be told without asking for the address of
/// its host. The sentence shows nothing of the URL: it may hold a secret.
pub(super) fn check_url(text: &str, allow_private: &[IpNet]) -> Result<(), String> {
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
