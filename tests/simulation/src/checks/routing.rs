//! I2: each transition has exactly one row for each channel that is to be told.

use std::collections::BTreeSet;

use flatline_domain::Transition;
use flatline_domain::route::is_routed;

use crate::truth::Committed;

/// The rows of a transition go to those whom it concerns.
pub(super) fn rows_are_routed(entry: &Transition, committed: &Committed) -> Result<(), String> {
    let (id, version) = (&committed.id, entry.version);
    let key = format!("s#{id}#{version:020}#0000");
    let rows = committed.rows.iter().filter(|(_, row)| *row == key);
    let written: Vec<&String> = rows.map(|(channel, _)| channel).collect();
    let told: BTreeSet<&str> = written.iter().map(|channel| channel.as_str()).collect();
    if told.len() != written.len() {
        return Err(format!("I2: version {version} of {id} has two rows for one channel"));
    }
    let wanted = wanted(entry, committed);
    let missing: Vec<_> = wanted.difference(&told).collect();
    if !missing.is_empty() {
        let law = if entry.closes() { "I10" } else { "I2" };
        return Err(format!("{law}: version {version} of {id} has no row for {missing:?}"));
    }
    // What was waiting when it was read may have been told since.
    let surplus: Vec<_> = told.difference(&wanted).collect();
    if !surplus.is_empty() && !entry.closes() {
        return Err(format!("I2: version {version} of {id} has a row for {surplus:?}"));
    }
    Ok(())
}

/// Channels that must be told of a transition.
fn wanted<'c>(entry: &Transition, committed: &'c Committed) -> BTreeSet<&'c str> {
    let config = &committed.config;
    let channels = config.channels.iter().map(|channel| &channel.route);
    let is_wanted = |channel: &&flatline_domain::ChannelRoute| {
        if entry.closes() {
            return channel.enabled && committed.open.contains(&channel.name);
        }
        let service = config.service(&committed.id);
        entry.event().is_some_and(|event| {
            service.is_some_and(|it| is_routed(&it.spec.route, channel, event))
        })
    };
    channels.filter(is_wanted).map(|channel| channel.name.as_str()).collect()
}
