//! Messages of Amazon SNS over HTTPS
//! (<https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html>): an envelope around what
//! was published, which may be an alarm, an event, an alert in any other format, or a text.
//!
//! SNS cannot send our key; it signs what it sends. Who may send is a list of topics.

use flatline_domain::UnixMs;
use serde_json::Value;

use super::fields::{Fields, labels};
use super::{Alert, Format, FormatError, Parsed, Payload, Proof, parse_published};

pub(super) const FORMAT: Format = Format { name: "sns", knows, parse };

/// What a signature vouches for, and by what it can be checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Envelope {
    /// Why it was sent.
    pub(crate) kind: Kind,
    /// The topic's ARN.
    pub(crate) topic: String,
    /// When it was published.
    pub(crate) sent_at: Option<UnixMs>,
    /// What was signed.
    pub(crate) signed: String,
    /// `1`: with SHA-1; `2`: with SHA-256.
    pub(crate) version: String,
    /// The signature, in base64.
    pub(crate) signature: String,
    /// Where the certificate is.
    pub(crate) certificate_url: String,
}

/// Why an envelope was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Something was published.
    Notification,
    /// Somebody subscribed us: to agree, this address must be visited.
    SubscriptionConfirmation(String),
    /// Somebody ended the subscription.
    UnsubscribeConfirmation,
}

fn knows(payload: &Payload<'_>) -> bool {
    payload.body.has("TopicArn") && payload.body.has("Type")
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let (name, message) = (body.needed("Type")?, body.text("Message")?.unwrap_or_default());
    let kind = match name.as_str() {
        "Notification" => Kind::Notification,
        "UnsubscribeConfirmation" => Kind::UnsubscribeConfirmation,
        "SubscriptionConfirmation" => Kind::SubscriptionConfirmation(body.needed("SubscribeURL")?),
        _ => return Err(body.wrong("Type", "a type of message that SNS sends")),
    };
    let envelope = Envelope {
        topic: body.needed("TopicArn")?,
        sent_at: body.time("Timestamp"),
        signed: signed(body, &kind)?,
        version: body.word("SignatureVersion").unwrap_or_default(),
        signature: body.needed("Signature")?,
        certificate_url: body.needed("SigningCertURL")?,
        kind,
    };
    let published = match envelope.kind {
        Kind::Notification => published(payload, &message)?,
        _ => Parsed::default(),
    };
    Ok(Parsed { proof: Proof::Sns(Box::new(envelope)), ..published })
}

/// Names and values, each on a line of its own, in the order that AWS documents.
fn signed(body: &Fields<'_>, kind: &Kind) -> Result<String, FormatError> {
    let names: &[&str] = match kind {
        Kind::Notification => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let mut lines = String::new();
    for name in names {
        match body.get(name) {
            Some(Value::String(value)) => lines.extend([*name, "\n", value, "\n"]),
            None if *name == "Subject" => {}
            _ => return Err(body.wrong(name, "a string")),
        }
    }
    Ok(lines)
}

/// Reads messages that SNS brings to the function itself
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>): whoever may invoke it proves by that
/// that it may send. `None`: it is no such event.
pub(super) fn records(payload: &Payload<'_>) -> Option<Result<Parsed, FormatError>> {
    let records = payload.body.objects("Records").ok()?;
    let is_sns = |record: &Fields<'_>| record.word("EventSource").as_deref() == Some("aws:sns");
    (!records.is_empty() && records.iter().all(is_sns)).then(|| all_of(payload, &records))
}

fn all_of(payload: &Payload<'_>, records: &[Fields<'_>]) -> Result<Parsed, FormatError> {
    let mut all = Parsed::default();
    for record in records {
        let body = record.object("Sns")?.ok_or_else(|| record.wrong("Sns", "an object"))?;
        let message = body.needed("Message")?;
        let parsed = published(&Payload { headers: payload.headers, body }, &message)?;
        all.alerts.extend(parsed.alerts);
        all.warnings.extend(parsed.warnings);
    }
    Ok(all)
}

fn published(payload: &Payload<'_>, message: &str) -> Result<Parsed, FormatError> {
    let within = serde_json::from_str::<Value>(message).ok();
    // What cannot be read after all is told as a text: SNS never sends again what was refused.
    if let Some(Value::Object(fields)) = &within
        && let Some(Ok(parsed)) = parse_published(payload.headers, Fields::of_object(fields))
    {
        return Ok(parsed);
    }
    let body = &payload.body;
    let title = body.text("Subject")?;
    let line = || message.lines().find(|line| !line.trim().is_empty()).map(str::to_owned);
    let alert = Alert {
        title: title.or_else(line).ok_or_else(|| body.wrong("Message", "there and not empty"))?,
        message: message.to_owned(),
        severity: "warning".to_owned(),
        source: "sns".to_owned(),
        labels: labels([("topic", body.word("TopicArn"))]),
        ..Alert::default()
    };
    Ok(alert.into())
}
