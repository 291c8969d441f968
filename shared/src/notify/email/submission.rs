//! Mail for an SMTP server.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use lettre::message::header::ContentType;

use super::Mail;
use crate::config::{Channel, ChannelOptions, Secret};
use crate::notify::address::{is_listed, is_public};
use crate::notify::{Encryption, Outgoing, RequestError, Submission};

const ENCRYPTIONS: [&str; 3] = ["tls", "starttls", "none"];

pub(super) fn read(options: &mut ChannelOptions<'_>) {
    let host = options.needed_text("host").map(url::Host::parse);
    options.whole("port", "a port", &(1..=65_535));
    let is_plain = options.choice("encryption", &ENCRYPTIONS) == Some("none");
    match host {
        Some(Ok(host)) => judge_road(options, &host, is_plain),
        Some(Err(_)) => options.error(
            "host",
            "must be the name or address of a mail server, such as smtp.example.com",
        ),
        None => {}
    }
    if options.credential("USERNAME").is_some() {
        options.need_credential("PASSWORD", "password");
    }
}

/// Refuses what no message would ever be sent to. Names are judged when connecting.
fn judge_road(options: &ChannelOptions<'_>, host: &url::Host, is_plain: bool) {
    let ranges = options.allow_private();
    let address: Option<IpAddr> = match host {
        url::Host::Ipv4(v4) => Some((*v4).into()),
        url::Host::Ipv6(v6) => Some((*v6).into()),
        url::Host::Domain(_) => None,
    };
    let is_reachable = |address| is_listed(address, ranges) || is_public(address);
    if !address.is_none_or(is_reachable) {
        options.error(
            "host",
            "is an address of a private network: name its range in notifications.json \
             settings.allowPrivate",
        );
    } else if is_plain && !address.map_or(!ranges.is_empty(), |address| is_listed(address, ranges))
    {
        options.error(
            "encryption",
            "can be none only for a host in notifications.json settings.allowPrivate: use tls or \
             starttls",
        );
    }
}

pub(super) fn request(mail: &Mail, channel: &Channel) -> Result<Outgoing, RequestError> {
    let host = channel.option("host").ok_or(RequestError::Option("host"))?;
    let encryption = match channel.option("encryption") {
        Some("starttls") => Encryption::StartTls,
        Some("none") => Encryption::None,
        _ => Encryption::Tls,
    };
    let standard_port = match encryption {
        Encryption::Tls => 465,
        Encryption::StartTls => 587,
        Encryption::None => 25,
    };
    let port = channel.options.get("port").and_then(serde_json::Value::as_u64);
    let login = channel
        .secret("USERNAME")
        .map(|user| (user.to_owned(), Secret::new(channel.secret("PASSWORD").unwrap_or_default())));
    Ok(Outgoing::Smtp(Submission {
        host: host.to_owned(),
        port: port.map_or(standard_port, |port| port as u16),
        encryption,
        login,
        from: mail.from.email.to_string(),
        to: mail.to.iter().map(|to| to.email.to_string()).collect(),
        message: formatted(mail)?.into(),
    }))
}

/// RFC 5322.
fn formatted(mail: &Mail) -> Result<Vec<u8>, RequestError> {
    let thread = format!("<{}>", mail.thread);
    let mut builder = lettre::Message::builder()
        .from(mail.from.clone())
        .subject(&mail.subject)
        .message_id(Some(format!("<{}>", mail.id)))
        .in_reply_to(thread.clone())
        .references(thread)
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(mail.at.0.max(0) as u64))
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        builder = builder.to(to.clone());
    }
    let message = builder.body(mail.text.clone()).map_err(|_| RequestError::Mailbox("to"))?;
    Ok(message.formatted())
}
