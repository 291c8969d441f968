//! Formats of alerts: what other tools send, as [`Alert`]s.
//!
//! # Adding a format
//!
//! One file here and its name in the list below. The file has a `FORMAT`: its name in the path, how a
//! body of it is known ([`Format::knows`]) and a pure `parse` ([`Payload`] in, [`Parsed`] out). The list
//! is in the order in which bodies are judged: most specific first. Snapshot what `parse` makes of real
//! payloads (`tests`), and add a section to docs/alert-sources.md.

mod alert;
mod fields;
mod group;

pub(crate) use alert::{Alert, MAX_MESSAGE_BYTES, MAX_TITLE_BYTES, Phase};
use fields::Fields;
use flatline_shared::http::ApiError;
use http::HeaderMap;
pub(crate) use sentry::Signature;
use serde_json::Value;
pub(crate) use sns::{Envelope, Kind};

/// What one tool sends.
struct Format {
    /// What `POST /api/alert/<name>` calls it.
    name: &'static str,
    /// Whether the payload has this format.
    knows: fn(&Payload<'_>) -> bool,
    /// Reads a payload of this format.
    parse: fn(&Payload<'_>) -> Result<Parsed, FormatError>,
}

/// Declares the modules of formats and lists them.
macro_rules! formats {
    ($($name:ident,)*) => {
        $(mod $name;)*
        const FORMATS: &[Format] = &[$($name::FORMAT),*];
    };
}

formats! {
    sns,
    sentry,
    eventbridge,
    cloudwatch,
    snitch,
    uptime_kuma,
    datadog,
    healthchecks,
    gatus,
    grafana,
    alertmanager,
    grafana_legacy,
    apprise,
    generic,
}

/// A request, as formats look at it.
struct Payload<'a> {
    headers: &'a HeaderMap,
    body: Fields<'a>,
}

/// What a payload says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parsed {
    /// In the order of the payload.
    pub(crate) alerts: Vec<Alert>,
    /// What the sender should know, one sentence each.
    pub(crate) warnings: Vec<String>,
    /// How the sender proves that it may send this.
    pub(crate) proof: Proof,
}

/// How a sender proves that it may send.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Proof {
    /// By `ALERT_API_KEY`.
    #[default]
    Key,
    /// By Amazon's signature.
    Sns(Box<sns::Envelope>),
    /// By a HMAC of the body; where no secret is configured, by the key.
    Sentry(sentry::Signature),
}

impl From<Alert> for Parsed {
    fn from(alert: Alert) -> Self {
        Self { alerts: vec![alert], ..Self::default() }
    }
}

/// Why a payload cannot be read; nothing of it is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormatError {
    /// The path names none of ours.
    #[error("There is no format '{0}': there are {names}", names = names())]
    NoFormat(String),
    /// No format knows the body.
    #[error("Unsupported alert format. Use Alertmanager, Grafana, or generic format.")]
    Unknown,
    /// A field is missing or is no such thing. The sentence says which.
    #[error("{0}")]
    Field(String),
}

fn names() -> String {
    FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ")
}

impl From<FormatError> for ApiError {
    fn from(error: FormatError) -> Self {
        let code = match error {
            FormatError::NoFormat(_) => "unknown-format",
            FormatError::Unknown => "unsupported-format",
            FormatError::Field(_) => "invalid-alert",
        };
        Self::invalid(code, error.to_string())
    }
}

/// Reads a body: in the format of this name, or else in the first that knows it.
pub(crate) fn parse(
    named: Option<&str>,
    headers: &HeaderMap,
    body: &Value,
) -> Result<Parsed, FormatError> {
    let payload = Payload { headers, body: Fields::of_body(body)? };
    let format = match named {
        Some(name) => FORMATS
            .iter()
            .find(|format| format.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| FormatError::NoFormat(name.to_owned()))?,
        None => {
            FORMATS.iter().find(|format| (format.knows)(&payload)).ok_or(FormatError::Unknown)?
        }
    };
    (format.parse)(&payload)
}

/// Reads an event that came without a request, and says who brought it: messages of SNS, or one event
/// of EventBridge.
pub(crate) fn parse_event(event: &Value) -> Result<(Parsed, &'static str), FormatError> {
    let payload = Payload { headers: &HeaderMap::new(), body: Fields::of_body(event)? };
    match sns::records(&payload) {
        Some(parsed) => Ok((parsed?, "Amazon SNS")),
        None => Ok(((eventbridge::FORMAT.parse)(&payload)?, "EventBridge")),
    }
}

/// Reads what was published through SNS. `None`: no format knows it, so it is a text.
fn parse_published(headers: &HeaderMap, body: Fields<'_>) -> Option<Result<Parsed, FormatError>> {
    let payload = Payload { headers, body };
    let known = FORMATS.iter().find(|format| (format.knows)(&payload))?;
    // An envelope within an envelope would bring a proof of its own.
    (known.name != sns::FORMAT.name).then(|| (known.parse)(&payload))
}

#[cfg(test)]
mod tests;
