//! What a delivery says, cut to what an outbox row may hold.

use super::Notice;
use crate::render::text::cut;

/// Bytes of JSON that a notice may have. What does not fit stays in the log or feed row.
pub const NOTICE_MAX_BYTES: usize = 1_024;

impl Notice {
    /// This notice with at most [`NOTICE_MAX_BYTES`] bytes of JSON: the message is cut first, then
    /// annotations, labels and named channels go (the last first), then name and reason are cut.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        let texts = [Some(&mut self.name), Some(&mut self.reason), self.message.as_mut()];
        for text in texts.into_iter().flatten() {
            text.truncate(cut(text, NOTICE_MAX_BYTES).len());
        }
        while let Some(excess) = self.excess_bytes() {
            if !self.shrink(excess) {
                break;
            }
        }
        self
    }

    fn excess_bytes(&self) -> Option<usize> {
        let bytes = serde_json::to_string(self).map_or(0, |json| json.len());
        bytes.checked_sub(NOTICE_MAX_BYTES).filter(|excess| *excess > 0)
    }

    /// Makes it smaller by about `excess` bytes; `false` if nothing is left to take.
    fn shrink(&mut self, excess: usize) -> bool {
        if let Some(message) = self.message.take() {
            // An escaped character takes more bytes in JSON than here, so a cut may take too little
            // and comes again; it never takes too much by more than that.
            let kept = cut(&message, message.len().saturating_sub(excess.div_ceil(6)));
            self.message = (!kept.is_empty()).then(|| kept.to_owned());
            return true;
        }
        if self.annotations.pop_last().is_some()
            || self.labels.pop_last().is_some()
            || self.channels.pop().is_some()
        {
            return true;
        }
        let longest =
            if self.name.len() >= self.reason.len() { &mut self.name } else { &mut self.reason };
        let kept_bytes = longest.len().saturating_sub(excess.div_ceil(6));
        *longest = cut(longest, kept_bytes).to_owned();
        kept_bytes > 0
    }
}
