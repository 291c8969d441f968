//! Amazon SES v2, SendEmail, signed with the credentials of the channel or of the environment.
//!
//! Source: docs.aws.amazon.com/ses, API Reference V2, SendEmail.

use aws_credential_types::Credentials;
use flatline_domain::UnixMs;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use lettre::message::Mailbox;
use serde_json::json;

use super::{Mail, base};
use crate::config::{Channel, ChannelOptions};
use crate::notify::signature::Post;
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
    let secret = |key: &'static str| channel.secret(key).ok_or(RequestError::Missing(key));
    let credentials = Credentials::new(
        secret("ACCESSKEYID")?,
        secret("SECRETACCESSKEY")?,
        channel.secret("SESSIONTOKEN").map(str::to_owned),
        None,
        "flatline",
    );
    let post = Post {
        service: "ses",
        region,
        url: request.url.as_str(),
        headers: &[("content-type", "application/json")],
        body: &request.body,
    };
    let signature = post.signed(credentials, now);
    let signature = signature.map_err(|_| RequestError::Credential("AWS credentials"))?;
    request.headers.extend(signature);
    Ok(())
}
