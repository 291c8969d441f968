//! Messages that a channel was not given yet, or never will be, as lines among the alerts.

use flatline_domain::{Event, UnixMs};
use flatline_shared::app::App;
use flatline_shared::config::Config;
use flatline_shared::store::{FeedPlace, Lane, LoggedDelivery, OutboxRow, StoreError};

use crate::deliveries::{Asked, State};
use crate::feed::AlertLine;
use crate::page::{Moment, address, pieces};

/// What waits and what was given up, newest first.
///
/// # Errors
/// They cannot be read.
pub async fn lines(app: &App, now: UnixMs) -> Result<Vec<(FeedPlace, AlertLine)>, StoreError> {
    let waiting = Asked::all(State::Waiting).waiting(app).await?;
    let dead = Asked::all(State::Dead).ended(app).await?.deliveries;
    let waiting = waiting.iter().map(|row| of_waiting(row, &app.config, now));
    let dead = dead.into_iter().map(|logged| of_dead(logged, &app.config, now));
    let mut lines: Vec<_> = waiting.chain(dead).collect();
    lines.sort_by(|(one, _), (other, _)| other.cmp(one));
    Ok(lines)
}

fn of_waiting(row: &OutboxRow, config: &Config, now: UnixMs) -> (FeedPlace, AlertLine) {
    let queued = &row.delivery.queued;
    let (name, href) = subject(&row.delivery.lane, Some(&row.delivery.notice.name), config);
    let line = AlertLine {
        at: Moment::of(queued.committed_at, now),
        class: "degraded",
        severity: "waiting".to_owned(),
        title: title(queued.event, &name),
        message: pieces(row.last_error.as_deref().unwrap_or_default()),
        origin: Some(format!("to {}", row.channel)),
        href,
        muted: false,
        undelivered: Vec::new(),
    };
    let id = format!("{} {}", row.channel, row.key);
    (FeedPlace { at: queued.committed_at, id }, line)
}

fn of_dead(logged: LoggedDelivery, config: &Config, now: UnixMs) -> (FeedPlace, AlertLine) {
    let (name, href) = subject(&logged.lane, logged.entry.title.as_deref(), config);
    let entry = logged.entry;
    // Many may end at one instant; a subject has no two messages of one number for one channel.
    let id = format!("{} {:?} {} {}", entry.channel, logged.lane, entry.version, entry.n);
    let line = AlertLine {
        at: Moment::of(entry.at, now),
        class: "down",
        severity: "not delivered".to_owned(),
        title: title(entry.event, &name),
        message: pieces(&entry.answer),
        origin: Some(format!("to {}", entry.channel)),
        href,
        muted: false,
        undelivered: Vec::new(),
    };
    (FeedPlace { at: entry.at, id }, line)
}

/// `Down: Checkout`.
fn title(event: Event, name: &str) -> String {
    let word = event.as_str();
    let (first, rest) = word.split_at(1);
    format!("{}{rest}: {name}", first.to_uppercase())
}

/// What it is about, and the page of that.
fn subject(lane: &Lane, title: Option<&str>, config: &Config) -> (String, Option<String>) {
    match lane.subject() {
        Lane::Service(id) => {
            let service = config.services.iter().find(|service| service.spec.id == *id);
            let name = service.map_or(id.as_str(), |service| &service.spec.name);
            (name.to_owned(), service.map(|_| address::service(id)))
        }
        _ => (title.unwrap_or("a test message").to_owned(), None),
    }
}
