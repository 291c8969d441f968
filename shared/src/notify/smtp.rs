//! Hands e-mails to SMTP servers, under the same guard as HTTP requests.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::HeaderMap;
use lettre::address::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, Tls, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::guard::Guard;
use super::tls::in_words;
use super::{Answer, Encryption, SendError, Submission};

/// How long the server may take over its farewell.
const FAREWELL: Duration = Duration::from_secs(1);

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
    let tls = tls(&submission, roots).map_err(|error| failed(&error.to_string()))?;
    let (from, to) = addresses(&submission).ok_or_else(|| failed("an address cannot be used"))?;
    let talk = async {
        let mut server = connect(address, &submission, tls, timeout).await?;
        let said = tell(&mut server, from, to, &submission.message).await;
        Ok::<_, Error>((server, said))
    };
    let said = match tokio::time::timeout(timeout, talk).await {
        Ok(Ok((mut server, said))) => {
            // What was said counts, however the server takes the farewell.
            tokio::time::timeout(FAREWELL, server.abort()).await.ok();
            said
        }
        Ok(Err(error)) => Err(error),
        Err(_) => {
            let what = format!("sending to {} took too long", submission.host);
            return Err(SendError::Failed(what));
        }
    };
    match said {
        Ok(line) => Ok(answer(200, &line)),
        Err(error) => judged(&error).ok_or_else(|| failed(&innermost(&error))),
    }
}

async fn connect(
    address: IpAddr,
    submission: &Submission,
    tls: Tls,
    timeout: Duration,
) -> Result<AsyncSmtpConnection, Error> {
    let hello = ClientId::default();
    let (at_once, later) = match tls {
        Tls::Wrapper(parameters) => (Some(parameters), None),
        Tls::Required(parameters) => (None, Some(parameters)),
        _ => (None, None),
    };
    let place = (address, submission.port);
    let mut server =
        AsyncSmtpConnection::connect_tokio1(place, Some(timeout), &hello, at_once, None).await?;
    if let Some(parameters) = later {
        server.starttls(parameters, &hello).await?;
    }
    if let Some((user, password)) = &submission.login {
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        server.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    Ok(server)
}

/// Sends to those that the server takes mail for, and says who they are not: one wrong address must not
/// keep the alarm from the others.
async fn tell(
    server: &mut AsyncSmtpConnection,
    from: Address,
    to: Vec<Address>,
    message: &[u8],
) -> Result<String, Error> {
    let parameters = parameters(server, &from, &to, message);
    server.command(Mail::new(Some(from), parameters)).await?;
    let mut refused: Vec<(Address, Error)> = Vec::new();
    let count = to.len();
    for address in to {
        match server.command(Rcpt::new(address.clone(), Vec::new())).await {
            Ok(_) => {}
            Err(error) if error.status().is_some() => refused.push((address, error)),
            Err(error) => return Err(error),
        }
    }
    if refused.len() == count {
        // One that may be taken later is worth another try.
        let later = refused.iter().position(|(_, error)| !error.is_permanent()).unwrap_or(0);
        return Err(refused.swap_remove(later).1);
    }
    server.command(Data).await?;
    let response = server.message(message).await?;
    let mut said: Vec<String> = response.message().map(str::to_owned).collect();
    said.insert(0, response.code().to_string());
    let refused = refused.iter().map(|(to, error)| format!("; refused: {to} ({})", reply(error)));
    Ok(said.join(" ") + &refused.collect::<String>())
}

/// What is announced of a mail that is not all ASCII, if the server knows it; if not, it says what it
/// does not take.
fn parameters(
    server: &AsyncSmtpConnection,
    from: &Address,
    to: &[Address],
    message: &[u8],
) -> Vec<MailParameter> {
    let info = server.server_info();
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    let has_plain_names = is_ascii(from) && to.iter().all(is_ascii);
    if !has_plain_names && info.supports_feature(Extension::SmtpUtfEight) {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !message.is_ascii() && info.supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    parameters
}

/// A reply of the server is an answer; anything else is none.
fn judged(error: &Error) -> Option<Answer> {
    let status = if error.is_permanent() { 400 } else { 503 };
    error.status()?;
    Some(answer(status, &reply(error)))
}

/// What the server said: its code and words.
fn reply(error: &Error) -> String {
    let code = error.status().map(|code| format!("{code} ")).unwrap_or_default();
    format!("{code}{}", innermost(error))
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

/// From whom, and to whom.
fn addresses(submission: &Submission) -> Option<(Address, Vec<Address>)> {
    let from = submission.from.parse().ok()?;
    let to = submission.to.iter().map(|to| to.parse().ok()).collect::<Option<Vec<Address>>>()?;
    (!to.is_empty()).then_some((from, to))
}
