//! Where a visitor comes from, as far as that can be known.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::extract::FromRequestParts;
use flatline_shared::http::Peer;
use http::HeaderMap;
use http::request::Parts;
use lambda_http::request::RequestContext;

/// The network that a visitor comes from: an address, of IPv6 the part that one household has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let address = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                context.http.source_ip.as_deref().and_then(|text| text.parse().ok())
            }
            _ => parts.extensions.get::<Peer>().map(|peer| behind(peer.0, &parts.headers)),
        };
        Ok(Self(network(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))))
    }
}

/// Whom a proxy on this machine speaks for: the last address is the one that it wrote itself. Others
/// could say what they like.
fn behind(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !peer.to_canonical().is_loopback() {
        return peer;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(network).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, behind, network};

    #[test]
    fn a_visitor_is_who_connects_or_whom_our_own_proxy_speaks_for() {
        let rows = [
            ("192.0.2.7", None, "192.0.2.7"),
            ("192.0.2.7", Some("203.0.113.5"), "192.0.2.7"),
            ("127.0.0.1", Some("203.0.113.5"), "203.0.113.5"),
            ("::ffff:127.0.0.1", Some("1.1.1.1, 203.0.113.5"), "203.0.113.5"),
            ("::1", Some("nonsense"), "::"),
            ("127.0.0.1", None, "127.0.0.1"),
            ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),
            ("::ffff:192.0.2.7", None, "192.0.2.7"),
        ];
        for (peer, forwarded, expected) in rows {
            let mut headers = HeaderMap::new();
            if let Some(forwarded) = forwarded {
                headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            }
            let found = network(behind(peer.parse().unwrap(), &headers));
            assert_eq!(found.to_string(), expected, "{peer}, {forwarded:?}");
        }
    }
}
