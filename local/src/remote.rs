//! Asking a server that runs: its address, a key, one request.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args as ClapArgs;
use flatline_shared::config::{Env, Secret, full_alert_key};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, StatusCode, Url};
use serde_json::Value;

use crate::data::{DataFileError, stored_alert_key};
use crate::wiring::install_tls;

/// Longer than the server takes for any answer.
const TIMEOUT: Duration = Duration::from_secs(35);

/// Which server, and with which key.
#[derive(Debug, ClapArgs)]
pub struct RemoteArgs {
    /// Address of the running server
    #[arg(long, env = "FLATLINE_URL", default_value = "http://127.0.0.1:8080")]
    url: String,

    /// Its data directory, whose key is sent where ALERT_API_KEY is not set
    #[arg(long, env = "FLATLINE_DATA", default_value = "./data", value_name = "DIR")]
    data: PathBuf,
}

/// Why a server did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// No address.
    #[error("'{0}' is no http or https address: give another with --url or FLATLINE_URL")]
    Url(String),
    /// No key.
    #[error(
        "no key: set ALERT_API_KEY to that of the server, or give its data directory with --data \
         ({0} has none)"
    )]
    NoKey(String),
    /// None of the keys may do this.
    #[error("every key in ALERT_API_KEY is for some channels only: add one without channels")]
    Limited,
    /// The key in the data directory cannot be read.
    #[error(transparent)]
    Key(#[from] DataFileError),
    /// Our own authorities cannot be read.
    #[error("FLATLINE_CA cannot be used: {0}")]
    Authorities(String),
    /// It does not answer.
    #[error("{url} does not answer: {why}; is the server running?")]
    Unreachable {
        /// Its address.
        url: String,
        /// Why, without the address.
        why: String,
    },
    /// It answers something else than Flatline does.
    #[error("{url} answered {status}, and not as Flatline does: is the address right?")]
    Foreign {
        /// Its address.
        url: String,
        /// The status of the answer.
        status: StatusCode,
    },
    /// It says why not.
    #[error("{sentence}")]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// What it says, and what to do.
        sentence: String,
    },
}

impl RemoteError {
    /// Whether the request itself, the key or a setting has to be another.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Url(_) | Self::NoKey(_) | Self::Limited | Self::Key(_) | Self::Authorities(_) => {
                true
            }
            Self::Unreachable { .. } | Self::Foreign { .. } => false,
            Self::Refused { status, .. } => {
                status.is_client_error() && *status != StatusCode::CONFLICT
            }
        }
    }
}

/// A server, ready to be asked.
pub struct Remote {
    client: Client,
    base: Url,
    key: Secret,
}

impl RemoteArgs {
    /// The server, with the first of these keys that is set, or else that of the data directory.
    pub fn open(&self, keys: &[&str]) -> Result<Remote, RemoteError> {
        let base = address(&self.url).ok_or_else(|| RemoteError::Url(self.url.clone()))?;
        let env = Env::from_process();
        let key = match keys.iter().find_map(|name| env.secret(name)) {
            // The server's own environment may name the keys of several senders.
            Some(key) => full_alert_key(&key).ok_or(RemoteError::Limited)?,
            None => own_key(&self.data)?,
        };
        install_tls();
        let client = client(env.get("FLATLINE_CA"))?;
        Ok(Remote { client, base, key })
    }
}

/// A client that trusts these authorities (PEM) too. It follows no redirect, which would take the key
/// elsewhere.
fn client(authorities: Option<&str>) -> Result<Client, RemoteError> {
    let mut builder = Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT);
    if let Some(text) = authorities {
        let unusable = |error: reqwest::Error| RemoteError::Authorities(error.to_string());
        let found = Certificate::from_pem_bundle(text.as_bytes()).map_err(unusable)?;
        if found.is_empty() {
            return Err(RemoteError::Authorities("it holds no certificate".to_owned()));
        }
        builder = found.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    }
    builder.build().map_err(|error| RemoteError::Authorities(error.to_string()))
}

fn address(text: &str) -> Option<Url> {
    let url: Url = text.trim_end_matches('/').parse().ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn own_key(data: &Path) -> Result<Secret, RemoteError> {
    let missing = || RemoteError::NoKey(data.display().to_string());
    stored_alert_key(data)?.map(Secret::new).ok_or_else(missing)
}

/// What went wrong, in the words of its innermost cause.
fn unreachable(base: &Url, error: &reqwest::Error) -> RemoteError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let why = if error.is_timeout() { "it took too long".to_owned() } else { cause.to_string() };
    RemoteError::Unreachable { url: base.to_string(), why }
}

impl Remote {
    /// Asks; the answer is a JSON object with the status of a success.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), RemoteError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, url).bearer_auth(self.key.expose());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| unreachable(&self.base, &error))?;
        let status = answer.status();
        let foreign = || RemoteError::Foreign { url: self.base.to_string(), status };
        let answer: Value = answer.json().await.map_err(|_| foreign())?;
        if status.is_success() && answer.is_object() {
            return Ok((status, answer));
        }
        let said = answer["error"].as_str().ok_or_else(foreign)?;
        let sentence = plain(&with_advice(said, &answer));
        Err(RemoteError::Refused { status, sentence })
    }
}

/// A text of an answer, safe for a terminal: channels, too, have their words in it.
pub fn text(answer: &Value, key: &str) -> String {
    plain(answer[key].as_str().unwrap_or_default())
}

fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// What the server says, and what helps.
fn with_advice(said: &str, answer: &Value) -> String {
    let names = answer["availableChannels"].as_array().into_iter().flatten();
    let names: Vec<_> = names.filter_map(|channel| channel["name"].as_str()).collect();
    match answer["code"].as_str() {
        Some("unknown-channel") if !names.is_empty() => {
            format!("{said}; there are {}", names.join(", "))
        }
        Some("api-disabled") => format!(
            "{said}: set \"api\": {{\"enableTestNotificationEndpoint\": true}} in settings.json and \
             restart the server"
        ),
        Some("unauthorized") => {
            "the server does not accept this key: set ALERT_API_KEY to the server's own".to_owned()
        }
        _ => said.to_owned(),
    }
}
