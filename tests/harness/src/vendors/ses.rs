//! Amazon SES v2: SendEmail, with Signature Version 4.
//!
//! Source: docs.aws.amazon.com/ses, API Reference V2, SendEmail; docs.aws.amazon.com/IAM, Create a
//! signed AWS API request.

use ring::{digest, hmac};
use serde_json::{Value, json};

use super::limits::{Unit, list};
use super::{Refusal, Ruling, is_typed, path};
use crate::receiver::{Received, Reply};

const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_KEY: &str = "ses-secret-nobody-may-read";

pub(super) const CREDENTIALS: [(&str, &str); 2] =
    [("ACCESSKEYID", ACCESS_KEY), ("SECRETACCESSKEY", SECRET_KEY)];

/// Where it is.
const REGION: &str = "eu-central-1";

/// The sender that was verified.
const SENDER: &str = "flatline@example.com";

fn refuse(status: u16, kind: &str, rule: &str) -> Refusal {
    let reply = Reply::status(status)
        .header("x-amzn-errortype", kind)
        .body(json!({"message": rule}).to_string());
    Refusal { reply, rule: rule.to_owned() }
}

pub(super) fn rule(request: &Received) -> Ruling {
    if request.method != "POST" || path(request) != "/v2/email/outbound-emails" {
        return Err(refuse(404, "UnknownOperationException", "the path"));
    }
    let is_signed = signature(request).is_some_and(|(sent, computed)| sent == computed);
    if !is_signed {
        return Err(refuse(403, "SignatureDoesNotMatchException", "the signature"));
    }
    let email = &request.json;
    if !is_typed(request, "application/json") || !email.is_object() {
        return Err(refuse(400, "BadRequestException", "a JSON object"));
    }
    if request.body.len() > 40_000_000 {
        return Err(refuse(400, "BadRequestException", "40 MB"));
    }
    checked(email).map_err(|rule| refuse(400, "BadRequestException", &rule))?;
    if !email["FromEmailAddress"].as_str().unwrap_or_default().contains(SENDER) {
        return Err(refuse(400, "MessageRejected", "Email address is not verified."));
    }
    Ok(Reply::status(200).body(json!({"MessageId": "0100018c-1"}).to_string()))
}

pub(super) fn checked(email: &Value) -> Result<(), String> {
    let from = Unit::Chars.needed(&email["FromEmailAddress"], "FromEmailAddress", 320)?;
    let to = list(&email["Destination"]["ToAddresses"], "ToAddresses", 50)?;
    if to.is_empty() {
        return Err("ToAddresses is required".to_owned());
    }
    let to = to.iter().map(|address| address.as_str().unwrap_or_default());
    if let Some(bad) =
        to.chain([from]).find(|address| !address.contains('@') || !address.is_ascii())
    {
        return Err(format!("{bad:?} is no address in ASCII"));
    }
    let simple = &email["Content"]["Simple"];
    let subject = Unit::Chars.needed(&simple["Subject"]["Data"], "Subject", 998)?;
    Unit::Chars.needed(&simple["Body"]["Text"]["Data"], "Body.Text", 10_000_000)?;
    for header in list(&simple["Headers"], "Headers", 15)? {
        Unit::Chars.needed(&header["Name"], "Headers.Name", 126)?;
        Unit::Chars.needed(&header["Value"], "Headers.Value", 870)?;
    }
    if subject.contains(['\r', '\n']) { Err("Subject has two lines".to_owned()) } else { Ok(()) }
}

/// The signature that was sent, and the one that belongs to the request.
fn signature(request: &Received) -> Option<(String, String)> {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let part = |name: &str| {
        let mut parts = authorization.split(", ");
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    let scope = part("Credential")?.strip_prefix(ACCESS_KEY)?.strip_prefix('/')?;
    let names = part("SignedHeaders")?;
    let at = header("x-amz-date")?;
    let day = at.split('T').next()?;
    let signs_all =
        ["host", "x-amz-date"].iter().all(|it| names.split(';').any(|name| name == *it));
    if !signs_all || scope != format!("{day}/{REGION}/ses/aws4_request") {
        return None;
    }
    let headers: Option<String> =
        names.split(';').map(|name| Some(format!("{name}:{}\n", header(name)?.trim()))).collect();
    // The client signed the path that it asked for, which began before the desk.
    let asked = format!("{}{}", header("x-forwarded-prefix")?, path(request));
    let canonical = format!("POST\n{asked}\n\n{}\n{names}\n{}", headers?, hash(&request.body));
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hash(canonical.as_bytes()));
    let seed = format!("AWS4{SECRET_KEY}").into_bytes();
    let key = scope.split('/').fold(seed, |key, part| mac(&key, part));
    Some((part("Signature")?.to_owned(), hex(&mac(&key, &text))))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
