//! What a channel is told: a waiting delivery and what all messages share.

use flatline_domain::{Event, UnixMs};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::story::Story;
use crate::config::{Audience, Channel, Config};
use crate::store::{Lane, OutboxRow};

/// One delivery, or many as one, with its surroundings, as channels read it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The delivery; of many the first.
    pub row: &'a OutboxRow,
    /// Every delivery that is told, `row` among them: service by service, each in order. More than
    /// one: say of each what there is room for, and how many more there are.
    pub rows: &'a [OutboxRow],
    /// How messages are to look.
    pub config: &'a Config,
    /// When it is sent.
    pub now: UnixMs,
}

/// A channel that could not be told, and that is why another one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undelivered<'a> {
    /// Its name.
    pub channel: &'a str,
    /// Why; no secrets.
    pub reason: &'a str,
}

impl<'a> Message<'a> {
    /// The message that this delivery is.
    #[must_use]
    pub const fn new(row: &'a OutboxRow, config: &'a Config, now: UnixMs) -> Self {
        Self { row, rows: std::slice::from_ref(row), config, now }
    }

    /// The message that these deliveries are together. `None`: there are none.
    #[must_use]
    pub fn folded(rows: &'a [OutboxRow], config: &'a Config, now: UnixMs) -> Option<Self> {
        Some(Self { row: rows.first()?, rows, config, now })
    }

    /// What happened.
    #[must_use]
    pub const fn event(&self) -> Event {
        self.row.delivery.queued.event
    }

    /// Whether it is an alert of another tool, or tries out how one looks: only alerts have a severity.
    #[must_use]
    pub fn is_about_alert(&self) -> bool {
        self.event() == Event::Alert || self.row.delivery.notice.severity.is_some()
    }

    /// Whether it tells of many.
    #[must_use]
    pub const fn is_folded(&self) -> bool {
        self.rows.len() > 1
    }

    /// The messages that its deliveries would be one by one, in order.
    pub fn parts(self) -> impl Iterator<Item = Self> {
        self.rows.iter().map(move |row| Self { row, rows: std::slice::from_ref(row), ..self })
    }

    /// Of a copy for the fallback channel: who could not be told, and why. The reason is empty of a
    /// recovery that follows such a copy: the other channel may well be told of it.
    #[must_use]
    pub fn undelivered(&self) -> Option<Undelivered<'a>> {
        let Lane::Copy { channel, .. } = &self.row.delivery.lane else { return None };
        let reason = self.row.undelivered.as_deref().unwrap_or_default();
        Some(Undelivered { channel, reason })
    }

    /// Whose lane it is, at the channel that was to be told first.
    fn origin(&self) -> &'a Lane {
        match &self.row.delivery.lane {
            Lane::Copy { of, .. } => of,
            lane => lane,
        }
    }

    /// What it says, in words.
    #[must_use]
    pub fn story(&self) -> Story {
        Story::of(self)
    }

    /// The same for every attempt and no other message: 32 hex digits of a hash over the channel, the
    /// keys of the rows and their commits. Receivers deduplicate by it.
    #[must_use]
    pub fn id(&self) -> String {
        // The commit's time tells a new table's first version from an old one's.
        let line = |row: &OutboxRow| {
            let UnixMs(committed_ms) = row.delivery.queued.committed_at;
            format!("{}\n{}\n{committed_ms}", row.channel, row.key)
        };
        let lines: Vec<String> = self.rows.iter().map(line).collect();
        format!("{:032x}", half_hash(&lines.join("\n")))
    }

    /// The same for all messages of one lane: by it mail programs and vendors put them together.
    #[must_use]
    pub fn thread(&self) -> String {
        match self.origin() {
            Lane::Service(id) => format!("flatline/{id}"),
            Lane::Alert(key) => format!("flatline/alert/{key}"),
            Lane::Test(_) => format!("flatline/test/{}", self.id()),
            Lane::Copy { .. } => format!("flatline/copy/{}", self.id()),
        }
    }

    /// The page that shows more: the service's, or for alerts and many services the first one.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let page = self.config.public_url.as_deref()?;
        match self.origin() {
            Lane::Service(id) if !self.is_folded() => {
                Some(format!("{page}/services/{}", segment(id)))
            }
            _ => Some(format!("{page}/")),
        }
    }

    /// The parts that a template makes of this message; `None` if there is none for it, or if it
    /// failed: a message is never lost to a template.
    #[must_use]
    pub fn template(&self, channel: &Channel) -> Option<Value> {
        if self.is_folded() {
            return None;
        }
        let audience = if self.is_about_alert() { Audience::Alerts } else { Audience::Services };
        let values = self.story().values(self);
        let rendered = self.config.templates.render(channel.kind, audience, &values)?;
        rendered
            .inspect_err(|error| {
                let channel = channel.route.name.as_str();
                warn!(channel, %error, "the default text is sent instead");
            })
            .ok()
    }
}

/// `id` as a segment of a path that no vendor's form takes for anything else.
fn segment(id: &str) -> String {
    crate::render::segment::segment(id, |byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// 128 bits of a hash.
pub(super) fn half_hash(text: &str) -> u128 {
    let hash = Sha256::digest(text);
    u128::from_be_bytes(*hash.first_chunk().expect("a SHA-256 hash has 32 bytes"))
}
