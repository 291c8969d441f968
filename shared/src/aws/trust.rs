//! Clients of services of AWS, and whom they trust.

use std::time::Duration;

use reqwest::{Certificate, Client};

use crate::notify::{ClientError, client_builder};

/// The roots of all of Amazon's certificates, <https://www.amazontrust.com/repository/>, valid until 2037
/// and longer. To parse the 150 of the system would take a third of a cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// A client of a service of AWS in this region, or of what stands in for it at `url`. It trusts Amazon
/// alone where it is Amazon. The regions in China have certificates of others, and a URL of one's own
/// may be anybody's; nobody is trusted without a need.
pub(super) fn client(
    region: &str,
    url: Option<&str>,
    timeout: Duration,
) -> Result<Client, ClientError> {
    let builder = client_builder(&[], timeout)?;
    let builder = match url {
        Some(url) if url.starts_with("http:") => builder.tls_certs_only([]),
        None if !region.starts_with("cn-") => {
            builder.tls_certs_only(Certificate::from_pem_bundle(AMAZON_ROOTS)?)
        }
        _ => builder,
    };
    Ok(builder.build()?)
}
