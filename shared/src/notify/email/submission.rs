//! Mail for an SMTP server.

use std::time::{Duration, SystemTime};

use lettre::message::header::ContentType;

use super::Mail;
use crate::config::{Channel, ChannelOptions, Secret};
use crate::notify::{Encryption, Outgoing, RequestError, Submission};

const ENCRYPTIONS: [&str; 3] = ["tls", "starttls", "none"];

pub(super) fn read(options: &mut ChannelOptions<'_>) {
    if options.needed_text("host").is_some_and(|host| url::Host::parse(host).is_err()) {
        options.error(
            "host",
            "must be the name or address of a mail server, such as smtp.example.com",
        );
    }
    options.whole("port", "a port", &(1..=65_535));
    options.choice("encryption", &ENCRYPTIONS);
    if options.credential("USERNAME").is_some() {
        options.need_credential("PASSWORD", "password");
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
