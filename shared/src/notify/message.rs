//! What a channel is told: a waiting delivery and what all messages share.

use flatline_domain::UnixMs;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::store::OutboxRow;

/// One delivery with its surroundings, as channels read it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The delivery.
    pub row: &'a OutboxRow,
    /// `FLATLINE_PUBLIC_URL`, without a trailing slash.
    pub public_url: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// The message that this delivery is.
    #[must_use]
    pub fn new(row: &'a OutboxRow, config: &'a Config) -> Self {
        Self { row, public_url: config.public_url.as_deref() }
    }

    /// The same for every attempt and no other delivery: 32 hex digits of a hash over the channel,
    /// the row's key and its commit. Receivers deduplicate by it.
    #[must_use]
    pub fn id(&self) -> String {
        // The commit's time tells a new table's first version from an old one's.
        let UnixMs(committed_ms) = self.row.delivery.queued.committed_at;
        let text = format!("{}\n{}\n{committed_ms}", self.row.channel, self.row.key);
        let hash = Sha256::digest(text);
        let half = hash.first_chunk().expect("a SHA-256 hash has 32 bytes");
        format!("{:032x}", u128::from_be_bytes(*half))
    }

    /// The page that shows more.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        self.public_url.map(|url| format!("{url}/"))
    }
}
