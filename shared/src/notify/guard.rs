//! Keeps requests to channels away from what only we can reach.
//!
//! A name is resolved once; every address it has must be allowed, and the connection goes to exactly
//! those. Addresses written in the URL are never resolved, so they are judged from the URL.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::{is_listed, is_public};

/// Why an address must not be reached. The sentence names hosts and addresses, never paths.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Refusal {
    #[error("{host} is {address}, which is not a public address; {}", allow(*address))]
    Private { host: String, address: IpAddr },
    #[error("{host} is {address}: plain http is only for listed addresses, use https, or {}", allow(*address))]
    Plain { host: String, address: IpAddr },
    #[error("the address must begin with https://, or http:// for one in settings.allowPrivate")]
    Scheme,
    #[error("the address of {0} must not contain a user name or password")]
    UserInfo(String),
    #[error("the address names no host")]
    NoHost,
}

/// The setting that would let `address` pass.
fn allow(address: IpAddr) -> String {
    let range = IpNet::from(address);
    format!("\"{range}\" in settings.allowPrivate of notifications.json would allow it")
}

/// What must hold of the addresses of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Road {
    /// https: public or listed.
    Encrypted,
    /// http: listed.
    Plain,
}

/// Judges addresses by the configured list.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    allow_private: Arc<[IpNet]>,
    road: Road,
}

impl Guard {
    pub(super) fn new(allow_private: &[IpNet], road: Road) -> Self {
        Self { allow_private: allow_private.into(), road }
    }

    /// Judges one address of `host`.
    pub(super) fn judge(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        let host = || host.to_owned();
        match self.road {
            _ if is_listed(address, &self.allow_private) => Ok(()),
            _ if !is_public(address) => Err(Refusal::Private { host: host(), address }),
            Road::Plain => Err(Refusal::Plain { host: host(), address }),
            Road::Encrypted => Ok(()),
        }
    }

    /// Judges what can be judged from the URL alone.
    pub(super) fn judge_url(&self, url: &Url) -> Result<(), Refusal> {
        let host = url.host_str().ok_or(Refusal::NoHost)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::UserInfo(host.to_owned()));
        }
        match url.host() {
            Some(Host::Ipv4(v4)) => self.judge(host, v4.into()),
            Some(Host::Ipv6(v6)) => self.judge(host, v6.into()),
            _ => Ok(()),
        }
    }
}

/// The road that the scheme of a URL stands for.
pub(super) fn road(url: &Url) -> Result<Road, Refusal> {
    match url.scheme() {
        "https" => Ok(Road::Encrypted),
        "http" => Ok(Road::Plain),
        _ => Err(Refusal::Scheme),
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &addresses {
                guard.judge(name.as_str(), address.ip())?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(url: &str, allow_private: &[&str]) -> Result<(), String> {
        let url: Url = url.parse().unwrap();
        let ranges: Vec<IpNet> = allow_private.iter().map(|range| range.parse().unwrap()).collect();
        let road = road(&url).map_err(|refusal| refusal.to_string())?;
        Guard::new(&ranges, road).judge_url(&url).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn urls_are_judged_before_anything_is_sent() {
        let metadata = "169.254.169.254 is 169.254.169.254, which is not a public address; \
            \"169.254.169.254/32\" in settings.allowPrivate of notifications.json would allow it";
        let plain = "8.8.8.8 is 8.8.8.8: plain http is only for listed addresses, use https, or \
            \"8.8.8.8/32\" in settings.allowPrivate of notifications.json would allow it";
        let rows: [(&str, &[&str], Result<(), &str>); 13] = [
            ("https://hook.example/in", &[], Ok(())),
            ("http://hook.example/in", &[], Ok(())),
            ("https://8.8.8.8/in?token=t", &[], Ok(())),
            ("http://8.8.8.8/in?token=t", &[], Err(plain)),
            ("http://8.8.8.8/in", &["8.8.8.0/24"], Ok(())),
            ("https://169.254.169.254/latest", &[], Err(metadata)),
            ("https://169.254.169.254/latest", &["10.0.0.0/8"], Err(metadata)),
            ("http://127.0.0.1:9000/in", &["127.0.0.0/8"], Ok(())),
            ("http://[::ffff:127.0.0.1]:9000/in", &["127.0.0.0/8"], Ok(())),
            ("https://[::1]/in", &["::1/128"], Ok(())),
            (
                "https://user:secret@hook.example/in",
                &[],
                Err("the address of hook.example must not contain a user name or password"),
            ),
            (
                "ftp://hook.example/in",
                &[],
                Err(
                    "the address must begin with https://, or http:// for one in settings.allowPrivate",
                ),
            ),
            // Octal, hexadecimal and short forms are the address they stand for.
            ("http://0x7f.1/in", &["127.0.0.1/32"], Ok(())),
        ];
        for (url, allow_private, expected) in rows {
            assert_eq!(
                verdict(url, allow_private),
                expected.map_err(str::to_owned),
                "{url} with {allow_private:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_if_any_of_its_addresses_is() {
        let name = || "localhost".parse::<Name>().unwrap();
        let closed = Guard::new(&[], Road::Encrypted).resolve(name()).await.err();
        let refusal = closed.expect("localhost is never public");
        assert!(refusal.downcast_ref::<Refusal>().is_some(), "a refusal, not a failure: {refusal}");

        let ranges = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let opened = Guard::new(&ranges, Road::Plain).resolve(name()).await;
        assert!(opened.expect("both are listed").all(|address| address.ip().is_loopback()));
    }
}
