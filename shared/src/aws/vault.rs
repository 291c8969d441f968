//! The secrets of one function, in the Systems Manager Parameter Store.
//!
//! Looking costs nothing, decrypting is charged for each secret: known ones are decrypted again only when
//! the version of one has changed.
//!
//! Source: docs.aws.amazon.com/systems-manager, API Reference, GetParametersByPath.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use flatline_domain::UnixMs;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

use super::trust;
use crate::config::{Env, Secret};
use crate::notify::ClientError;
use crate::notify::signature::{Post, Unsignable};

/// How long one page may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Bytes of a refusal that are told.
const TOLD_BYTES: usize = 200;

/// Why secrets cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A variable that Lambda sets is missing.
    #[error("the variable {0} is not set, so the secrets cannot be read")]
    NotSet(&'static str),
    /// No client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The request cannot be made.
    #[error(transparent)]
    Unsignable(#[from] UnsignableRequest),
    /// Nobody answered, or not in time.
    #[error("the secrets under {path} cannot be read: {why}")]
    Unreachable {
        /// Where they are.
        path: String,
        /// What the client says.
        why: String,
    },
    /// The answer was no.
    #[error("the secrets under {path} cannot be read: {status} {why}")]
    Refused {
        /// Where they are.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer.
        why: String,
    },
    /// A piece of a secret that is kept in pieces is no JSON object.
    #[error("{path} is no JSON object, as a piece of API_KEYS must be")]
    Piece {
        /// Where it is.
        path: String,
    },
}

/// A request cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct UnsignableRequest(#[from] Unsignable);

/// Secrets by their names as variables.
pub type Secrets = BTreeMap<String, Secret>;

/// By name, what changes with a parameter: its version and when it was written. One that was deleted and
/// made again has its first version again.
type Marks = BTreeMap<String, (Option<u64>, Option<Number>)>;

/// What was read: secrets, and by what a change of them is seen.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The secrets.
    pub secrets: Secrets,
    marks: Marks,
}

/// Whether values come as they are, or as the Parameter Store keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    Decrypted,
    Encrypted,
}

/// Reads the secrets of one function.
#[derive(Clone, Debug)]
pub struct Vault {
    client: Client,
    url: String,
    region: String,
    credentials: Credentials,
    path: String,
}

/// One page of the answer.
#[derive(Deserialize)]
struct Page {
    #[serde(rename = "Parameters", default)]
    parameters: Vec<Parameter>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Value")]
    value: String,
    #[serde(rename = "Version")]
    version: Option<u64>,
    #[serde(rename = "LastModifiedDate")]
    modified: Option<Number>,
}

impl Vault {
    /// The one that FLATLINE_SECRETS_PATH names, if it is set. FLATLINE_SSM_URL is for tests.
    pub fn from_env(env: &Env) -> Result<Option<Self>, VaultError> {
        let Some(path) = env.get("FLATLINE_SECRETS_PATH") else { return Ok(None) };
        let set = |name| env.get(name).ok_or(VaultError::NotSet(name));
        let region = set("AWS_REGION")?.to_owned();
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let usual = format!("https://ssm.{region}.amazonaws.com{suffix}/");
        let token = env.get("AWS_SESSION_TOKEN").map(str::to_owned);
        let (id, key) = (set("AWS_ACCESS_KEY_ID")?, set("AWS_SECRET_ACCESS_KEY")?);
        Ok(Some(Self {
            client: trust::client(&region, env.get("FLATLINE_SSM_URL"), TIMEOUT)?,
            url: env.get("FLATLINE_SSM_URL").map_or(usual, str::to_owned),
            region,
            credentials: Credentials::new(id, key, token, None, "flatline"),
            path: path.trim_end_matches('/').to_owned(),
        }))
    }

    /// Where the secrets are.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// All secrets under the path; what is kept in pieces is put together. Nothing is decrypted if
    /// nothing differs from what is known.
    pub async fn renew(&self, known: &Reading, now: UnixMs) -> Result<Reading, VaultError> {
        if !known.marks.is_empty() {
            let found = self.parameters(Values::Encrypted, now).await?;
            let is_told = found.iter().all(|parameter| parameter.version.is_some());
            if is_told && marks(&found) == known.marks {
                return Ok(known.clone());
            }
        }
        let found = self.parameters(Values::Decrypted, now).await?;
        Ok(Reading { marks: marks(&found), secrets: self.put_together(found)? })
    }

    /// All pages.
    async fn parameters(&self, values: Values, now: UnixMs) -> Result<Vec<Parameter>, VaultError> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let page = self.page(values, next, now).await?;
            found.extend(page.parameters);
            if page.next.is_none() {
                return Ok(found);
            }
            next = page.next;
        }
    }

    async fn page(
        &self,
        values: Values,
        next: Option<String>,
        now: UnixMs,
    ) -> Result<Page, VaultError> {
        let decrypts = values == Values::Decrypted;
        let mut asked = json!({"Path": self.path, "Recursive": true, "WithDecryption": decrypts});
        if let Some(next) = next {
            asked["NextToken"] = next.into();
        }
        let body = asked.to_string();
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AmazonSSM.GetParametersByPath"),
        ];
        let post = Post {
            service: "ssm",
            region: &self.region,
            url: &self.url,
            headers: &headers,
            body: body.as_bytes(),
        };
        let signature =
            post.signed(self.credentials.clone(), now).map_err(UnsignableRequest::from)?;
        let mut request = self.client.post(&self.url).headers(signature);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let unreachable = |error: reqwest::Error| VaultError::Unreachable {
            path: self.path.clone(),
            why: error.without_url().to_string(),
        };
        let answer = request.body(body).send().await.map_err(unreachable)?;
        let status = answer.status();
        if !status.is_success() {
            let mut why = answer.text().await.unwrap_or_default();
            let end = (0..=TOLD_BYTES.min(why.len())).rev().find(|at| why.is_char_boundary(*at));
            why.truncate(end.unwrap_or_default());
            let (path, status) = (self.path.clone(), status.as_u16());
            return Err(VaultError::Refused { path, status, why });
        }
        answer.json().await.map_err(unreachable)
    }

    /// `<name>` is a secret; `<name>/<n>` are pieces of one, each a JSON object.
    fn put_together(&self, found: Vec<Parameter>) -> Result<Secrets, VaultError> {
        let mut secrets = Secrets::new();
        let mut whole: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for Parameter { name, value, .. } in found {
            let own = name.strip_prefix(&self.path).unwrap_or(&name).trim_start_matches('/');
            let Some((own, _)) = own.split_once('/') else {
                secrets.insert(own.to_owned(), Secret::new(value));
                continue;
            };
            let Ok(piece) = serde_json::from_str::<Map<_, _>>(&value) else {
                return Err(VaultError::Piece { path: name });
            };
            whole.entry(own.to_owned()).or_default().extend(piece);
        }
        for (name, object) in whole {
            secrets.insert(name, Secret::new(Value::Object(object).to_string()));
        }
        Ok(secrets)
    }
}

fn marks(found: &[Parameter]) -> Marks {
    let mark = |it: &Parameter| (it.name.clone(), (it.version, it.modified.clone()));
    found.iter().map(mark).collect()
}

#[cfg(test)]
mod tests;
