//! What a channel is told: a waiting delivery, or many as one, and what all messages share.

use flatline_domain::UnixMs;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::store::{Lane, OutboxRow};

/// One delivery, or many as one, with its surroundings, as channels read it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The delivery; of many the first.
    pub row: &'a OutboxRow,
    /// Every delivery that is told, `row` among them: service by service, each in order. More than
    /// one: say of each what there is room for, and how many more there are.
    pub rows: &'a [OutboxRow],
    /// `FLATLINE_PUBLIC_URL`, without a trailing slash.
    pub public_url: Option<&'a str>,
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
    pub fn new(row: &'a OutboxRow, config: &'a Config) -> Self {
        Self { public_url: config.public_url.as_deref(), ..Self::plain(row) }
    }

    /// The message that these deliveries are together. `None`: there are none.
    #[must_use]
    pub fn folded(rows: &'a [OutboxRow], config: &'a Config) -> Option<Self> {
        let row = rows.first()?;
        Some(Self { row, rows, public_url: config.public_url.as_deref() })
    }

    /// The message that this delivery is, without a link.
    #[must_use]
    pub fn plain(row: &'a OutboxRow) -> Self {
        Self { row, rows: std::slice::from_ref(row), public_url: None }
    }

    /// Whether it tells of many.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        self.rows.len() > 1
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
        let hash = Sha256::digest(lines.join("\n"));
        let half = hash.first_chunk().expect("a SHA-256 hash has 32 bytes");
        format!("{:032x}", u128::from_be_bytes(*half))
    }

    /// The page that shows more.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        self.public_url.map(|url| format!("{url}/"))
    }

    /// Of a copy for the fallback channel: who could not be told, and why.
    #[must_use]
    pub fn undelivered(&self) -> Option<Undelivered<'a>> {
        let Lane::Copy { channel, .. } = &self.row.delivery.lane else { return None };
        let reason = self.row.undelivered.as_deref().unwrap_or_default();
        Some(Undelivered { channel, reason })
    }

    /// The messages that its deliveries would be one by one, in order.
    pub fn parts(self) -> impl Iterator<Item = Self> {
        self.rows.iter().map(move |row| Self { row, rows: std::slice::from_ref(row), ..self })
    }
}
