//! Hands e-mails to SMTP servers, under the same guard as HTTP requests.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::HeaderMap;
use lettre::address::{Address, Envelope};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::guard::Guard;
use super::tls::in_words;
use super::{Answer, Encryption, SendError, Submission};

/// Hands `submission` to its server; `roots` are trusted besides the public ones.
pub(super) async fn submit(
    submission: Submission,
    guard: Guard,
    roots: &[Vec<u8>],
    timeout: Duration,
) -> Result<Answer, SendError> {
    let failed =
        |what: &str| SendError::Failed(format!("sending to {} failed: {what}", submission.host));
    let address = address_of(&submission, &guard).await?;
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
        .port(submission.port)
        .timeout(Some(timeout))
        .tls(tls(&submission, roots).map_err(|error| failed(&error.to_string()))?);
    if let Some((user, password)) = &submission.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    let envelope = envelope(&submission).ok_or_else(|| failed("an address cannot be used"))?;
    let server: AsyncSmtpTransport<Tokio1Executor> = builder.build();
    let sent = server.send_raw(&envelope, &submission.message);
    match tokio::time::timeout(timeout, sent).await {
        Ok(Ok(response)) => {
            let line = response.message().collect::<Vec<_>>().join(" ");
            Ok(answer(200, &format!("{} {line}", response.code())))
        }
        Ok(Err(error)) => judged(&error).ok_or_else(|| failed(&innermost(&error))),
        Err(_) => Err(SendError::Failed(format!("sending to {} took too long", submission.host))),
    }
}

/// A reply of the server is an answer; anything else is none.
fn judged(error: &Error) -> Option<Answer> {
    let status = if error.is_permanent() { 400 } else { 503 };
    let code = error.status()?;
    Some(answer(status, &format!("{code} {}", innermost(error))))
}

fn answer(status: u16, line: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: line.to_owned().into() }
}

fn innermost(error: &Error) -> String {
    let first: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(first), |cause| cause.source());
    in_words(causes.last().map(ToString::to_string).unwrap_or_default())
}

/// Where to connect: one address, after all of them were judged.
async fn address_of(submission: &Submission, guard: &Guard) -> Result<IpAddr, SendError> {
    let host = submission.host.as_str();
    let unknown =
        |error: std::io::Error| SendError::Failed(format!("connecting to {host} failed: {error}"));
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let addresses: Vec<IpAddr> = if let Ok(address) = literal {
        vec![address]
    } else {
        let found = tokio::net::lookup_host((host, submission.port)).await.map_err(unknown)?;
        found.map(|address: SocketAddr| address.ip()).collect()
    };
    for address in &addresses {
        guard.judge(host, *address)?;
    }
    // Functions on Lambda have no way out by IPv6.
    let chosen = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    chosen.copied().ok_or_else(|| unknown(std::io::Error::other("it has no address")))
}

fn tls(submission: &Submission, roots: &[Vec<u8>]) -> Result<Tls, Error> {
    let mut parameters = TlsParameters::builder(submission.host.clone())
        .certificate_store(CertificateStore::WebpkiRoots);
    for root in roots {
        parameters = parameters.add_root_certificate(Certificate::from_der(root.clone())?);
    }
    Ok(match submission.encryption {
        Encryption::Tls => Tls::Wrapper(parameters.build_rustls()?),
        Encryption::StartTls => Tls::Required(parameters.build_rustls()?),
        Encryption::None => Tls::None,
    })
}

fn envelope(submission: &Submission) -> Option<Envelope> {
    let from: Address = submission.from.parse().ok()?;
    let to = submission.to.iter().map(|to| to.parse().ok()).collect::<Option<Vec<Address>>>()?;
    Envelope::new(Some(from), to).ok()
}
