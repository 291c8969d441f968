//! One message: send, and what its answer means.

use std::hash::{DefaultHasher, Hash, Hasher};

use flatline_domain::lane::{GIVE_UP_AFTER_MS, backoff_ms};
use flatline_domain::{Event, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::{Channel, Secret, variable_name};
use flatline_shared::notify::{Ahead, Format, Mask, Message, Outgoing, SendError, Verdict};
use flatline_shared::store::OutboxRow;
use tracing::warn;

/// The longest that a message may take with what goes ahead of it, in ms; the transport gives up a
/// single request sooner. Less than what is left of the lease when it begins.
pub(crate) const SEND_MS: i64 = 12_000;
/// Jitter of a back-off, in percent, up and down.
const JITTER_PERCENT: i64 = 10;

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The channel accepted it.
    Accepted {
        /// What it answered.
        answer: String,
    },
    /// It did not; try again.
    Failed {
        /// Why.
        error: String,
        /// The wait that was asked for, in ms.
        after_ms: Option<i64>,
        /// Whether the channel wants fewer messages of any kind.
        pace: Pace,
    },
    /// It never will.
    Refused {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// With what is to be changed so that the next message needs no second request.
    fn after_a_move(self, variable: &str) -> Self {
        match self {
            Self::Accepted { answer } => Self::Accepted {
                answer: format!("{answer}, after a move: set {variable} to the value in the log"),
            },
            outcome => outcome,
        }
    }

    /// Without the secrets of the channel, which the vendor may have repeated.
    fn masked(self, channel: &Channel) -> Self {
        let mask = Mask::of(channel);
        match self {
            Self::Accepted { answer } => Self::Accepted { answer: mask.hide(&answer) },
            Self::Failed { error, after_ms, pace } => {
                Self::Failed { error: mask.hide(&error), after_ms, pace }
            }
            Self::Refused { reason } => Self::Refused { reason: mask.hide(&reason) },
        }
    }
}

/// Whether a channel bears more messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It does.
    Free,
    /// It asked for fewer.
    Limited,
}

/// What to do with a row that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again at this instant.
    Retry(UnixMs),
    /// It is dead.
    GiveUp,
}

/// Sends these rows as one message and judges the answer. Every way out is bounded in time.
pub async fn attempt(app: &App, channel: &Channel, format: &Format, rows: &[OutboxRow]) -> Outcome {
    let Some(message) = Message::folded(rows, &app.config, app.clock.now()) else {
        return Outcome::Refused { reason: "there is nothing to tell".to_owned() };
    };
    match tell(app, channel, format, &message).await {
        Told::Outcome(outcome) => outcome.masked(channel),
        Told::Moved { key, value } => {
            let variable = variable_name(&channel.route.name, key);
            warn!(
                channel = channel.route.name,
                variable, value, "it moved: set the variable to the new value"
            );
            let mut moved = channel.clone();
            moved.secrets.insert(key.to_owned(), Secret::new(value));
            match tell(app, &moved, format, &message).await {
                Told::Outcome(outcome) => outcome.after_a_move(&variable).masked(&moved),
                Told::Moved { .. } => {
                    Outcome::Refused { reason: "it moves again and again".to_owned() }
                }
            }
        }
    }
}

/// What became of one request, or of a message with those ahead of it.
enum Told {
    Outcome(Outcome),
    Moved { key: &'static str, value: String },
}

async fn tell(app: &App, channel: &Channel, format: &Format, message: &Message<'_>) -> Told {
    let made = (format.ahead)(message, channel)
        .and_then(|ahead| Ok((ahead, (format.request)(message, channel)?)));
    let (ahead, outgoing) = match made {
        Ok(made) => made,
        Err(error) => return Told::Outcome(Outcome::Refused { reason: error.to_string() }),
    };
    let host = outgoing.host().to_owned();
    let all = async {
        for ahead in ahead {
            if let Some(failed) = go_ahead(app, channel, format, ahead).await {
                return Told::Outcome(failed);
            }
        }
        send(app, format, outgoing).await
    };
    tokio::select! {
        biased;
        told = all => told,
        () = app.clock.sleep(SEND_MS) => {
            let error = format!("sending to {host} took too long");
            Told::Outcome(Outcome::Failed { error, after_ms: None, pace: Pace::Free })
        }
    }
}

/// Sends what goes ahead of a message. An outcome: it failed for now, so the message waits with it.
async fn go_ahead(app: &App, channel: &Channel, format: &Format, ahead: Ahead) -> Option<Outcome> {
    let Ahead { doing, outgoing } = ahead;
    match send(app, format, outgoing).await {
        Told::Outcome(Outcome::Failed { error, after_ms, pace }) => {
            Some(Outcome::Failed { error: format!("{doing}: {error}"), after_ms, pace })
        }
        Told::Outcome(Outcome::Refused { reason }) => {
            let (channel, reason) = (&channel.route.name, Mask::of(channel).hide(&reason));
            warn!(channel, doing, reason, "refused; the message is sent all the same");
            None
        }
        Told::Outcome(Outcome::Accepted { .. }) | Told::Moved { .. } => None,
    }
}

async fn send(app: &App, format: &Format, outgoing: Outgoing) -> Told {
    let is_mail = outgoing.http().is_none();
    let answer = match app.transport.send(outgoing).await {
        Ok(answer) => answer,
        Err(SendError::Forbidden(reason)) => return Told::Outcome(Outcome::Refused { reason }),
        Err(SendError::Failed(error)) => {
            let pace = Pace::Free;
            return Told::Outcome(Outcome::Failed { error, after_ms: None, pace });
        }
    };
    let reply = if is_mail { answer.reply() } else { None };
    let status = reply.unwrap_or_else(|| format!("HTTP {}", answer.status));
    Told::Outcome(match (format.judge)(&answer, app.clock.now()) {
        Verdict::Delivered => Outcome::Accepted { answer: status },
        Verdict::Retry { after_ms, reason } => {
            Outcome::Failed { error: reason, after_ms, pace: Pace::Free }
        }
        Verdict::RateLimited { after_ms, reason } => {
            Outcome::Failed { error: reason, after_ms, pace: Pace::Limited }
        }
        Verdict::Permanent { reason } => Outcome::Refused { reason },
        Verdict::Moved { key, value } => return Told::Moved { key, value },
    })
}

/// Whether an attempt at `row` that failed was the last one. A test is tried once.
pub fn is_last_try(row: &OutboxRow, now: UnixMs) -> bool {
    let queued = &row.delivery.queued;
    queued.event == Event::Test || now.since_ms(queued.committed_at) >= GIVE_UP_AFTER_MS
}

/// When `row` would be tried next after one more attempt failed.
pub fn next_try(row: &OutboxRow, after_ms: Option<i64>, now: UnixMs) -> UnixMs {
    let backoff_ms = jittered(backoff_ms(row.attempts + 1), row);
    now.plus_ms(backoff_ms.max(after_ms.unwrap_or(0)))
}

/// `ms` give or take [`JITTER_PERCENT`], so that rows that failed together come back apart. Drawn from
/// the row, so that a simulated run can be repeated.
fn jittered(ms: i64, row: &OutboxRow) -> i64 {
    let span_ms = ms * JITTER_PERCENT / 100;
    let mut hasher = DefaultHasher::new();
    (&row.channel, &row.key, row.attempts).hash(&mut hasher);
    let drawn = i64::from(hasher.finish() as u32);
    ms - span_ms + drawn % (2 * span_ms + 1)
}
