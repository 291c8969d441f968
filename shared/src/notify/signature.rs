//! Requests to AWS by the client that we have anyway: a second SDK would double what is built.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use flatline_domain::UnixMs;
use http::{HeaderMap, HeaderName, HeaderValue};

/// A request cannot be signed: the credentials have characters that no header takes.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be signed with these AWS credentials")]
pub(crate) struct Unsignable;

/// A POST to a service of AWS.
pub(crate) struct Post<'a> {
    /// The service's name in signatures, such as `ses`.
    pub(crate) service: &'a str,
    /// Such as eu-central-1.
    pub(crate) region: &'a str,
    /// Where it goes.
    pub(crate) url: &'a str,
    /// Headers that are signed too.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// What it says.
    pub(crate) body: &'a [u8],
}

impl Post<'_> {
    /// The headers of Signature Version 4, marked as sensitive.
    pub(crate) fn signed(
        &self,
        credentials: Credentials,
        now: UnixMs,
    ) -> Result<HeaderMap, Unsignable> {
        let identity = credentials.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_millis(now.0.max(0) as u64))
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| Unsignable)?
            .into();
        let headers = self.headers.iter().copied();
        let body = SignableBody::Bytes(self.body);
        let signable =
            SignableRequest::new("POST", self.url, headers, body).map_err(|_| Unsignable)?;
        let (instructions, _) = sign(signable, &params).map_err(|_| Unsignable)?.into_parts();
        let mut headers = HeaderMap::new();
        for (name, value) in instructions.headers() {
            let name: HeaderName = name.parse().map_err(|_| Unsignable)?;
            let mut value: HeaderValue = value.parse().map_err(|_| Unsignable)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}
