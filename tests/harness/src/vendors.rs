//! The fault server: who takes notifications, as the vendors' own documents describe them.
//!
//! A [`FaultServer`] has desks, each below a path of its own (what `config.baseUrl` is for). At a desk
//! sits a [`Vendor`], who knows its limits, credentials and shapes and answers what it would answer,
//! refusals included; or a closure that answers anything. What is written here was read in the
//! vendors' documents, never in the code that is tested.

mod discord;
mod limits;
mod mailgun;
mod pagerduty;
mod pushover;
mod server;
mod ses;
mod slack;
mod telegram;
mod webhook;

use crate::receiver::{Received, Reply};

pub use pushover::ringing;
pub use server::{FaultServer, Visit};

/// Who sits at a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vendor {
    /// A webhook of a Discord channel.
    Discord,
    /// An incoming webhook of Slack.
    Slack,
    /// The bot API of Telegram.
    Telegram,
    /// The messages API of Mailgun.
    Mailgun,
    /// Amazon SES v2.
    Ses,
    /// The messages API of Pushover.
    Pushover,
    /// Events API v2 of PagerDuty.
    PagerDuty,
    /// A receiver that asks for a bearer and for signatures by Standard Webhooks.
    Webhook,
}

impl Vendor {
    /// Everybody.
    pub const ALL: [Self; 8] = [
        Self::Discord,
        Self::Slack,
        Self::Telegram,
        Self::Mailgun,
        Self::Ses,
        Self::Pushover,
        Self::PagerDuty,
        Self::Webhook,
    ];

    /// What it takes for credentials, by the key of the channel's variable.
    pub const fn credentials(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Discord => &discord::CREDENTIALS,
            Self::Slack => &slack::CREDENTIALS,
            Self::Telegram => &telegram::CREDENTIALS,
            Self::Mailgun => &mailgun::CREDENTIALS,
            Self::Ses => &ses::CREDENTIALS,
            Self::Pushover => &pushover::CREDENTIALS,
            Self::PagerDuty => &pagerduty::CREDENTIALS,
            Self::Webhook => &webhook::CREDENTIALS,
        }
    }

    /// What it answers to a request whose path begins after the desk's, which `X-Forwarded-Prefix`
    /// names.
    pub fn rule(self, request: &Received) -> Ruling {
        match self {
            Self::Discord => discord::rule(request),
            Self::Slack => slack::rule(request),
            Self::Telegram => telegram::rule(request),
            Self::Mailgun => mailgun::rule(request),
            Self::Ses => ses::rule(request),
            Self::Pushover => pushover::rule(request),
            Self::PagerDuty => pagerduty::rule(request),
            Self::Webhook => webhook::rule(request),
        }
    }
}

/// An answer of acceptance, or one of refusal.
pub type Ruling = Result<Reply, Refusal>;

/// A vendor refuses.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What it answers.
    pub reply: Reply,
    /// The rule that was broken, for people.
    pub rule: String,
}

impl Refusal {
    fn new(status: u16, body: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { reply: Reply::status(status).body(body), rule: rule.into() }
    }
}

/// Whether the body is announced as this media type.
fn is_typed(request: &Received, media_type: &str) -> bool {
    let announced = request.headers.get("content-type").and_then(|value| value.to_str().ok());
    announced.is_some_and(|it| it.split(';').next().unwrap_or_default().trim() == media_type)
}

/// The path, without the query.
fn path(request: &Received) -> &str {
    request.path.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
