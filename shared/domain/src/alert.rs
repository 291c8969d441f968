//! What becomes of an alert of another tool: whether it opens something, says it again, or ends it.
//!
//! Senders repeat what is still true, some each minute, and send again what was not answered in time.
//! Channels are told what is new: that something fires, gets worse, or is over, and again what still
//! fires after the time between reminders.
//!
//! Some roads keep no order: what failed at first arrives after its own end. A sender that says when
//! it saw what it tells is believed in that: what is older than what is known changes nothing.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{CLOCK_AHEAD_MS, Status, UnixMs};

/// Whether the trouble is there or over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertPhase {
    /// It is there.
    #[default]
    Firing,
    /// It is over.
    Resolved,
}

impl AlertPhase {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }

    /// The phase that [`AlertPhase::as_str`] wrote; `None` for any other text.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Firing, Self::Resolved].into_iter().find(|phase| phase.as_str() == word)
    }
}

/// How bad a severity is, whatever its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertRank {
    /// `ok`: all is well.
    Fine,
    /// `info`, and `none`.
    Info,
    /// `warning`, and every word that is not known.
    Warning,
    /// `error`.
    Error,
    /// `critical`.
    Critical,
}

impl AlertRank {
    /// The rank of a severity, in any case.
    #[must_use]
    pub fn of(severity: &str) -> Self {
        match severity.trim().to_ascii_lowercase().as_str() {
            "ok" => Self::Fine,
            "info" | "none" => Self::Info,
            "error" => Self::Error,
            "critical" => Self::Critical,
            _ => Self::Warning,
        }
    }

    /// What it is to channels while it fires.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Fine | Self::Info => Status::Up,
            Self::Warning => Status::Degraded,
            Self::Error | Self::Critical => Status::Down,
        }
    }

    /// Whether it is trouble, and no mere notice.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        self.status().is_incident()
    }
}

/// What is known of the alerts of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertRecord {
    /// What the newest that counted said.
    pub phase: AlertPhase,
    /// How bad it was.
    pub rank: AlertRank,
    /// When it began to fire, or was over.
    pub since: UnixMs,
    /// When the newest that counted came: what channels know is of then.
    pub told_at: UnixMs,
    /// Of one without a key of its own: a digest of what it said.
    pub content: Option<u64>,
    /// When its sender saw the newest state that is known, by the sender's clock.
    pub changed_at: Option<UnixMs>,
    /// The same of the newest one that was only shown.
    pub noted_at: Option<UnixMs>,
}

/// Who is to hear of an alert that opens or ends nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AlertNews {
    /// Its sender tells of trouble: the end of what was never heard of is news, because others may
    /// know what it is about.
    #[default]
    Trouble,
    /// Its sender tells of every state, also of the first: the end of what was never heard of is only
    /// shown.
    State,
    /// Nobody: it neither begins nor ends anything and is only shown.
    Note,
}

/// An alert that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertArrival {
    /// What it says.
    pub phase: AlertPhase,
    /// How bad it is.
    pub rank: AlertRank,
    /// When it came, by our clock.
    pub at: UnixMs,
    /// Of one without a key of its own: a digest of what it says. Its sender may tell of many things
    /// under one title, so only what says the very same is a repetition.
    pub content: Option<u64>,
    /// Whether it goes to channels that were not told of what is open.
    pub is_untold: bool,
    /// When its sender saw what it says, by the sender's clock. `None`: it counts as new.
    pub changed_at: Option<UnixMs>,
    /// Who is to hear of it if it opens or ends nothing.
    pub news: AlertNews,
    /// Whether its sender says nothing of a status, so that good news may be the end.
    pub is_status_implied: bool,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertStep {
    /// It opens something: its channels are told.
    Open,
    /// It was open and is told again, for this reason.
    Again(AlertReason),
    /// It ends what was open: exactly those who were told of it hear that.
    End,
    /// That something is over of which nothing was ever heard: its channels are told, because others
    /// may know what it is about.
    Unheard,
    /// It is shown, and told to nobody: the first state of something that is well, or a note.
    Noted,
    /// It says nothing new.
    Nothing,
    /// It is older than what is known: it changes nothing.
    Late,
}

impl AlertStep {
    /// Whether there is nothing to store.
    #[must_use]
    pub const fn is_idle(self) -> bool {
        matches!(self, Self::Nothing | Self::Late)
    }
}

/// Why what is known is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertReason {
    /// It is worse than what was told.
    Worse,
    /// It has no key and says something else.
    OtherContent,
    /// It goes to channels that have not heard of it: these alone are told.
    Untold,
    /// It still fires, and the time between reminders is over.
    Due,
}

/// How long the same alert without a key counts as a repetition where there are no reminders, in ms:
/// nobody says when such an alert is over, so it cannot count for ever.
pub const KEYLESS_REPEAT_MS: i64 = 3_600_000;

impl AlertArrival {
    /// What becomes of it after `before`. `repeat_ms`: the time between reminders; `None`: there are
    /// none.
    #[must_use]
    pub fn step(&self, before: Option<&AlertRecord>, repeat_ms: Option<i64>) -> AlertStep {
        if self.news == AlertNews::Note {
            return self.noted(before);
        }
        if before.is_some_and(|before| self.age(before) == Some(Ordering::Less)) {
            return AlertStep::Late;
        }
        let open = before.filter(|before| before.phase == AlertPhase::Firing);
        match (open, self.phase) {
            (Some(open), _) if self.ends(open) => AlertStep::End,
            (Some(open), _) => {
                self.again(open, repeat_ms).map_or(AlertStep::Nothing, AlertStep::Again)
            }
            (None, AlertPhase::Firing) => AlertStep::Open,
            (None, AlertPhase::Resolved) => self.unopened(before),
        }
    }

    /// What becomes of the end of what is not open.
    fn unopened(&self, before: Option<&AlertRecord>) -> AlertStep {
        match (before, self.news) {
            (None, AlertNews::State) => AlertStep::Noted,
            (None, _) => AlertStep::Unheard,
            (Some(before), _) if self.is_news(before) => AlertStep::Unheard,
            (Some(_), _) => AlertStep::Nothing,
        }
    }

    /// What becomes of a note: it is shown once. It may be older than what is open, or newer, and
    /// neither hides nor ends that.
    fn noted(&self, before: Option<&AlertRecord>) -> AlertStep {
        let newest = before.and_then(|before| before.noted_at.max(before.changed_at));
        match (self.changed_at, newest) {
            (Some(at), Some(newest)) if at < newest => AlertStep::Late,
            (Some(at), Some(newest)) if at == newest => AlertStep::Nothing,
            _ => AlertStep::Noted,
        }
    }

    /// Whether it is older than what is known, by its sender's clock; `None`: nobody says. Of what was
    /// seen at the same instant the end is the newest, so that the order of arrival never matters. An
    /// alert without a key may be about another thing of the same title.
    fn age(&self, before: &AlertRecord) -> Option<Ordering> {
        let is_over = |phase| phase == AlertPhase::Resolved;
        let (at, known_at) = (self.changed_at?, before.changed_at?);
        let ours = (at, is_over(self.phase));
        self.content.is_none().then(|| ours.cmp(&(known_at, is_over(before.phase))))
    }

    /// When the newest state that is known now was seen; a note is no state.
    #[must_use]
    pub fn newest_change(&self, before: Option<&AlertRecord>) -> Option<UnixMs> {
        let ours = self.changed_at.filter(|_| self.news != AlertNews::Note);
        before.and_then(|before| before.changed_at).max(ours)
    }

    /// Good news end trouble of the same key where their sender never says that it is over. Who says
    /// that it still fires is believed, however mild it became.
    fn ends(&self, open: &AlertRecord) -> bool {
        let is_good_news = !self.rank.is_trouble() && open.rank.is_trouble();
        let is_fine = self.rank == AlertRank::Fine && open.rank > AlertRank::Fine;
        self.phase == AlertPhase::Resolved || self.is_status_implied && (is_good_news || is_fine)
    }

    /// Whether what is over already is told as over once more: without a key it may be about another
    /// thing of the same title, such as the backup of the next night.
    fn is_news(&self, over: &AlertRecord) -> bool {
        let is_old = self.at.since_ms(over.told_at) >= KEYLESS_REPEAT_MS;
        self.content.is_some() && (self.content != over.content || is_old)
    }

    fn again(&self, open: &AlertRecord, repeat_ms: Option<i64>) -> Option<AlertReason> {
        let is_other = self.content.is_some() && self.content != open.content;
        let standard = self.content.map(|_| KEYLESS_REPEAT_MS);
        let age_ms = self.at.since_ms(open.told_at);
        // What was seen only once does not say that it still fires, however often it is sent.
        let is_copy = self.age(open) == Some(Ordering::Equal);
        // What was told in the future was told by a clock that has been set back since.
        let is_due = |repeat_ms| !is_copy && (age_ms >= repeat_ms || age_ms < -CLOCK_AHEAD_MS);
        match () {
            () if self.rank > open.rank => Some(AlertReason::Worse),
            () if is_other => Some(AlertReason::OtherContent),
            () if repeat_ms.or(standard).is_some_and(is_due) => Some(AlertReason::Due),
            // What became milder is not told to those that take only the milder.
            () if self.is_untold && self.rank == open.rank => Some(AlertReason::Untold),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests;
