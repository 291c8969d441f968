//! What the feed says about a transition.

use flatline_domain::transition::Reason;
use flatline_domain::{Event, Transition};

use super::{Commit, FeedEntry};
use crate::render::time::rfc3339;

/// Where entries about our own services come from.
const SOURCE: &str = "heartbeat-monitor";

/// The entry about a transition; none for the first heartbeat and for moves by the configuration,
/// which are no news. Its time is the decision's: whoever asks for what is new since the last look
/// must find it.
pub(super) fn of(commit: &Commit<'_>, transition: &Transition) -> Option<FeedEntry> {
    let name = commit.service_name;
    let (title, severity) = match transition.event()? {
        Event::Down => (format!("Service Down: {name}"), "critical"),
        Event::Degraded => (format!("Service Degraded: {name}"), "warning"),
        Event::Up => (format!("Service Recovered: {name}"), "info"),
        Event::Reminder | Event::Alert | Event::Test => return None,
    };
    Some(FeedEntry {
        id: format!("{}#{}", commit.before.id, transition.version),
        at: transition.decided_at,
        title,
        message: message(commit, transition),
        severity: severity.to_owned(),
        source: SOURCE.to_owned(),
        service_id: Some(commit.before.id.clone()),
        status: Some(transition.to.as_str().to_owned()),
        muted: commit.muted,
        ..FeedEntry::default()
    })
}

fn message(commit: &Commit<'_>, transition: &Transition) -> String {
    let name = commit.service_name;
    let status = transition.to.as_str();
    let at = rfc3339(transition.at);
    match transition.reason {
        Reason::Silence => {
            let before = commit.before;
            let heard = before.unjudged_gap().map(|gap| gap.from).or(before.last_beat).map(rfc3339);
            let heard = heard.unwrap_or_else(|| "an unknown time".to_owned());
            format!("{name} is down since {at}: its last heartbeat came at {heard}.")
        }
        Reason::NeverReported => {
            format!("{name} is down since {at}: it has never sent a heartbeat.")
        }
        Reason::Recovered => {
            let was = transition.from.as_str();
            format!("{name} is up since {at}; it was {was} since {}.", rfc3339(transition.since))
        }
        _ => format!("{name} reports that it is {status} since {at}."),
    }
}
