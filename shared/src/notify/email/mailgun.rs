//! Mailgun: POST /v3/{domain}/messages as a form, with the API key as Basic credentials.
//!
//! Source: documentation.mailgun.com, Messages; regions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use url::form_urlencoded;

use super::{Mail, base};
use crate::config::{Channel, ChannelOptions};
use crate::notify::{HttpRequest, Outgoing, RequestError};

pub(super) fn read(options: &mut ChannelOptions<'_>) {
    options.choice("region", &["us", "eu"]);
    options.need_credential("APIKEY", "API key");
    if options.need_credential("DOMAIN", "domain")
        && !options.credential("DOMAIN").is_some_and(is_domain)
    {
        let variable = options.variable("DOMAIN");
        options.error(
            "domain",
            format!("{variable} must be the domain alone, such as mg.example.com"),
        );
    }
}

fn is_domain(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}

pub(super) fn request(mail: &Mail, channel: &Channel) -> Result<Outgoing, RequestError> {
    let key = channel.secret("APIKEY").ok_or(RequestError::Missing("APIKEY"))?;
    let domain = channel.secret("DOMAIN").ok_or(RequestError::Missing("DOMAIN"))?;
    let host = match channel.option("region") {
        Some("eu") => "https://api.eu.mailgun.net",
        _ => "https://api.mailgun.net",
    };
    let url = base::at(channel, host, &format!("/v3/{domain}/messages"))?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("from", &mail.from.to_string());
    for to in &mail.to {
        form.append_pair("to", &to.to_string());
    }
    form.append_pair("subject", &mail.subject).append_pair("text", &mail.text);
    form.append_pair("h:Message-Id", &format!("<{}>", mail.id));
    for header in ["h:In-Reply-To", "h:References"] {
        form.append_pair(header, &format!("<{}>", mail.thread));
    }
    // Links in alarms must lead where they say.
    form.append_pair("o:tracking", "no");
    let credentials = STANDARD.encode(format!("api:{key}"));
    let mut basic: HeaderValue =
        format!("Basic {credentials}").parse().map_err(|_| RequestError::Credential("APIKEY"))?;
    basic.set_sensitive(true);
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers = HeaderMap::from_iter([(AUTHORIZATION, basic), (CONTENT_TYPE, form_type)]);
    let body = form.finish().into();
    Ok(Outgoing::Http(HttpRequest { method: Method::POST, url, headers, body }))
}
