//! Amazon SES v2, SendEmail, signed with the credentials of the channel or of the environment.
//!
//! Source: docs.aws.amazon.com/ses, API Reference V2, SendEmail.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use flatline_domain::UnixMs;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lettre::message::Mailbox;
use serde_json::json;

use super::{Mail, base};
use crate::config::{Channel, ChannelOptions};
use crate::notify::{HttpRequest, Outgoing, RequestError};

pub(super) fn read(options: &mut ChannelOptions<'_>) {
    for (key, variable) in [
        ("ACCESSKEYID", "AWS_ACCESS_KEY_ID"),
        ("SECRETACCESSKEY", "AWS_SECRET_ACCESS_KEY"),
        ("SESSIONTOKEN", "AWS_SESSION_TOKEN"),
    ] {
        // A session belongs to the key that it came with.
        if key != "SESSIONTOKEN" || options.is_borrowed("ACCESSKEYID") {
            options.borrow_variable(key, variable);
        }
    }
    options.need_credential("ACCESSKEYID", "AWS credentials (AWS_ACCESS_KEY_ID is not set either)");
    options.need_credential(
        "SECRETACCESSKEY",
        "AWS credentials (AWS_SECRET_ACCESS_KEY is not set either)",
    );
    let region = options.text("region").or_else(|| options.environment("AWS_REGION"));
    match region {
        Some(region) if is_region(region) => options.set("region", region),
        Some(_) => options.error("region", "must be an AWS region, such as eu-central-1"),
        None if options.is_enforced() && !options.may_be_elsewhere() => {
            options.error(
                "region",
                "must be an AWS region, such as eu-central-1, where AWS_REGION is not set",
            );
        }
        None => {}
    }
}

/// It becomes a part of the address.
fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// SES takes names of mailboxes in ASCII only; the address alone is always right.
fn address(mailbox: &Mailbox) -> String {
    let full = mailbox.to_string();
    if full.is_ascii() { full } else { mailbox.email.to_string() }
}

pub(super) fn request(
    mail: &Mail,
    channel: &Channel,
    now: UnixMs,
) -> Result<Outgoing, RequestError> {
    let region = channel.option("region").ok_or(RequestError::Option("region"))?;
    let host = format!("https://email.{region}.amazonaws.com");
    let url = base::at(channel, &host, "/v2/email/outbound-emails")?;
    let utf8 = |text: &str| json!({"Data": text, "Charset": "UTF-8"});
    let thread = format!("<{}>", mail.thread);
    let header = |name: &str| json!({"Name": name, "Value": thread});
    let body = json!({
        "FromEmailAddress": address(&mail.from),
        "Destination": {"ToAddresses": mail.to.iter().map(address).collect::<Vec<_>>()},
        "Content": {"Simple": {
            "Subject": utf8(&mail.subject),
            "Body": {"Text": utf8(&mail.text)},
            "Headers": [header("In-Reply-To"), header("References")],
        }},
    });
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut request =
        HttpRequest { method: Method::POST, url, headers, body: body.to_string().into() };
    signed(&mut request, channel, region, now)?;
    Ok(Outgoing::Http(request))
}

/// Adds the headers of Signature Version 4.
fn signed(
    request: &mut HttpRequest,
    channel: &Channel,
    region: &str,
    now: UnixMs,
) -> Result<(), RequestError> {
    let unusable = || RequestError::Credential("AWS credentials");
    let secret = |key: &'static str| channel.secret(key).ok_or(RequestError::Missing(key));
    let identity = Credentials::new(
        secret("ACCESSKEYID")?,
        secret("SECRETACCESSKEY")?,
        channel.secret("SESSIONTOKEN").map(str::to_owned),
        None,
        "flatline",
    )
    .into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("ses")
        .time(SystemTime::UNIX_EPOCH + Duration::from_millis(now.0.max(0) as u64))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unusable())?
        .into();
    let content_type = [("content-type", "application/json")];
    let signable = SignableRequest::new(
        "POST",
        request.url.as_str(),
        content_type.into_iter(),
        SignableBody::Bytes(&request.body),
    )
    .map_err(|_| unusable())?;
    let (instructions, _) = sign(signable, &params).map_err(|_| unusable())?.into_parts();
    for (name, value) in instructions.headers() {
        let name: HeaderName = name.parse().map_err(|_| unusable())?;
        let mut value: HeaderValue = value.parse().map_err(|_| unusable())?;
        value.set_sensitive(true);
        request.headers.insert(name, value);
    }
    Ok(())
}
