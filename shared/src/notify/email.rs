//! E-mail by SES, Mailgun or an SMTP server: plain text, one message per event, one thread per
//! service.
//!
//! - `ses`: the API of Amazon SES v2, SendEmail, signed with Signature Version 4.
//! - `mailgun`: Mailgun's messages API.
//! - `smtp`: RFC 5321 and 5322.

mod mailgun;
mod ses;
mod submission;

use std::io::{self, Write};

use flatline_domain::UnixMs;
use lettre::message::Mailbox;

use super::fit::{Limit, Text, one_line, plain};
use super::verdict::{by_status, unconfirmed};
use super::{Answer, Format, Message, Outgoing, RequestError, Story, Verdict, base};
use crate::config::{Channel, ChannelOptions, ChannelType, Part, TemplateShape};

/// E-mail, for the list of formats.
pub(super) const FORMAT: Format = Format { about: &TYPE, ahead: base::nothing, request, judge };

static TYPE: ChannelType = ChannelType {
    word: "email",
    credentials: &[
        "apiKey",
        "domain",
        "username",
        "password",
        "accessKeyId",
        "secretAccessKey",
        "sessionToken",
    ],
    tracks_incidents: false,
    is_for_programs: false,
    template: TemplateShape {
        parts: &[Part::Text("subject"), Part::Text("body")],
        escape: write_plain,
        prepare: str::to_owned,
        check: |_| Ok(()),
    },
    read,
};

/// Mail programs show no more of it.
const SUBJECT: Limit = Limit::chars(250);
/// Far below what any provider takes.
const BODY: Limit = Limit::chars(65_536);
/// SES takes no more; the others do.
const RECIPIENTS_MAX: usize = 50;

fn write_plain(text: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(super::fit::tidy(text).as_bytes())
}

fn read(options: &mut ChannelOptions<'_>) {
    let provider = options.choice("provider", &["ses", "mailgun", "smtp"]).unwrap_or("ses");
    if let Some(from) = options.needed_text("from")
        && let Err(sentence) = check_mailbox(from)
    {
        options.error("from", sentence);
    }
    read_recipients(options);
    match provider {
        "mailgun" => mailgun::read(options),
        "smtp" => submission::read(options),
        _ => ses::read(options),
    }
}

fn read_recipients(options: &mut ChannelOptions<'_>) {
    let is_given = options.value("to").is_some();
    let to = options.texts("to");
    if options.is_enforced() && to.as_ref().map_or(!is_given, Vec::is_empty) {
        options.error("to", "the channel is enabled and needs a list of at least one address");
    }
    let to = to.unwrap_or_default();
    if to.len() > RECIPIENTS_MAX {
        options.error("to", format!("at most {RECIPIENTS_MAX} addresses, not {}", to.len()));
    }
    for (place, text) in to {
        if let Err(sentence) = check_mailbox(text) {
            options.error_at(&place, sentence);
        }
    }
}

fn check_mailbox(text: &str) -> Result<(), &'static str> {
    text.parse::<Mailbox>()
        .map(drop)
        .map_err(|_| "must be an address, such as ops@example.com or Ops <ops@example.com>")
}

/// One e-mail, for any provider.
struct Mail {
    from: Mailbox,
    to: Vec<Mailbox>,
    subject: String,
    text: String,
    /// Without angle brackets.
    id: String,
    /// What all mails of the lane refer to; without angle brackets.
    thread: String,
    at: UnixMs,
}

impl Mail {
    fn of(message: &Message<'_>, channel: &Channel) -> Result<Self, RequestError> {
        let from: Mailbox = channel
            .option("from")
            .ok_or(RequestError::Option("from"))?
            .parse()
            .map_err(|_| RequestError::Mailbox("from"))?;
        let to = channel.options.get("to").and_then(|to| to.as_array());
        let to: Vec<Mailbox> =
            to.into_iter().flatten().filter_map(|to| to.as_str()?.parse().ok()).collect();
        if to.is_empty() {
            return Err(RequestError::Mailbox("to"));
        }
        let story = message.story();
        let template = message.template(channel).unwrap_or_default();
        let custom = |part: &str| template[part].as_str().filter(|text| !text.trim().is_empty());
        let host = from.email.domain().to_owned();
        let thread = super::message::half_hash(&message.thread());
        Ok(Self {
            subject: custom("subject")
                .map_or_else(|| subject(&story), |text| cut(&one_line(text), SUBJECT)),
            text: custom("body").map_or_else(|| body(&story), |text| cut(text, BODY)),
            id: format!("{}@{host}", message.id()),
            thread: format!("{thread:032x}.flatline@{host}"),
            at: message.row.delivery.queued.committed_at,
            from,
            to,
        })
    }
}

fn cut(text: &str, limit: Limit) -> String {
    let mut cut = Text::new(limit, plain);
    cut.theirs(text);
    cut.finish()
}

fn subject(story: &Story) -> String {
    let mut text = Text::new(SUBJECT, plain);
    match &story.name {
        Some(name) => text.ours("[").ours(story.badge).ours("] ").theirs(&one_line(name)),
        None => text.ours("[Flatline] ").ours(&story.title),
    };
    text.finish()
}

fn body(story: &Story) -> String {
    let mut text = Text::new(BODY, plain);
    text.ours(&story.title);
    if let Some(name) = &story.name {
        text.ours(": ").theirs(&one_line(name));
    }
    text.ours("\n");
    if !story.sentence.is_empty() {
        text.ours(&story.sentence).ours("\n");
    }
    if let Some(theirs) = &story.text {
        text.ours("\n").theirs(theirs).ours("\n");
    }
    text.ours("\n");
    for fact in &story.facts {
        text.theirs(&one_line(&fact.label)).ours(": ").theirs(&fact.value).ours("\n");
    }
    if let Some(link) = &story.link {
        text.ours("\n").ours(link).ours("\n");
    }
    text.finish()
}

/// The request that sends this message by the channel's provider.
pub fn request(message: &Message<'_>, channel: &Channel) -> Result<Outgoing, RequestError> {
    let mail = Mail::of(message, channel)?;
    match channel.option("provider") {
        Some("mailgun") => mailgun::request(&mail, channel),
        Some("smtp") => submission::request(&mail, channel),
        _ => ses::request(&mail, channel, message.now),
    }
}

/// By the status, but for what SES says with 400 and will not say for ever.
pub fn judge(answer: &Answer, now: UnixMs) -> Verdict {
    let verdict = by_status(answer, now);
    let body = base::json(answer);
    let header = answer.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let error = header.or_else(|| body["__type"].as_str()).unwrap_or_default();
    let error = error.split(':').next().unwrap_or_default();
    let error = error.rsplit('#').next().unwrap_or_default();
    let said = body["message"].as_str().or_else(|| body["Message"].as_str());
    let verdict = match (answer.status, error) {
        (200..=299, _) if is_accepted(answer, &body) => return verdict,
        (200..=299, _) => return unconfirmed(answer),
        (_, "LimitExceededException" | "TooManyRequestsException") => {
            Verdict::RateLimited { after_ms: None, reason: format!("HTTP {}", answer.status) }
        }
        // Those of a function change while it runs.
        (_, "ExpiredTokenException" | "RequestExpired") => {
            Verdict::Retry { after_ms: None, reason: format!("HTTP {}", answer.status) }
        }
        _ => verdict,
    };
    match answer.reply().filter(|_| error.is_empty()) {
        Some(reply) => verdict.only_because(reply),
        None => verdict.because(Some(error)).because(said),
    }
}

/// Mailgun gives an `id`, Amazon a `MessageId`; a mail server has no headers. Anything else that is
/// said with success is somebody else's page.
fn is_accepted(answer: &Answer, body: &serde_json::Value) -> bool {
    let has_id = body["id"].is_string() || body["MessageId"].is_string();
    has_id || answer.headers.is_empty() || answer.body.is_empty()
}
