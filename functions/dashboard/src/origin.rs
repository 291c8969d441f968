//! The address under which people reach Flatline, for commands that they copy.

use flatline_shared::config::Config;
use http::{HeaderMap, header};

/// Said where nobody told us an address.
const UNKNOWN: &str = "https://flatline.example.com";

/// `FLATLINE_PUBLIC_URL`, else what the request was sent to. Without a trailing slash.
pub fn base_url(config: &Config, headers: &HeaderMap) -> String {
    if let Some(url) = &config.public_url {
        return url.clone();
    }
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let Some(host) = text(header::HOST).filter(|host| is_host(host)) else {
        return UNKNOWN.to_owned();
    };
    let scheme = match text(header::HeaderName::from_static("x-forwarded-proto")) {
        Some("https") => "https",
        _ => "http",
    };
    format!("{scheme}://{host}")
}

/// Whether this can only be a host with or without a port: it ends up in a command line.
fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::config;

    #[test]
    fn the_address_is_the_configured_one_or_that_of_the_request() {
        let rows = [
            ("the local server", "127.0.0.1:8080", None, "http://127.0.0.1:8080"),
            ("IPv6", "[::1]:8080", None, "http://[::1]:8080"),
            ("behind TLS", "status.example.com", Some("https"), "https://status.example.com"),
            ("a scheme we do not know", "a.example", Some("gopher"), "http://a.example"),
            ("what is no host is not repeated", "a.example/'; rm -rf ~ #", None, UNKNOWN),
            ("nothing", "", None, UNKNOWN),
        ];
        let mut config = config(Vec::new(), &[]);
        for (why, host, scheme, expected) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(scheme) = scheme {
                headers.insert("x-forwarded-proto", scheme.parse().unwrap());
            }
            assert_eq!(base_url(&config, &headers), expected, "{why}");
        }
        assert_eq!(base_url(&config, &HeaderMap::new()), UNKNOWN);
        config.public_url = Some("https://flatline.example.org".to_owned());
        assert_eq!(base_url(&config, &HeaderMap::new()), "https://flatline.example.org");
    }
}
