//! What must hold once everything is quiet.

use std::collections::{BTreeMap, BTreeSet};

use flatline_domain::invariant::{days_add_up, lane_in_order};
use flatline_domain::route::is_routed;
use flatline_domain::{Membership, Status, Transition, UnixMs};
use flatline_shared::config::Config;
use flatline_shared::store::{DeliveryLogEntry, Ending, Lane, SweepFilter};

use super::Checks;
use crate::receiver::Mailbox;
use crate::scene::START;
use crate::truth::Claim;

/// How far a hole may reach over the trouble that made it, in ms: a canary's period and its patience.
const HOLE_SLACK_MS: i64 = 65_000;

/// A heartbeat that comes later than the deadline by less than this may be in time, in ms.
const LATE_MS: i64 = 700;

impl Checks {
    /// Everything at the end.
    pub async fn end(&mut self, config: &Config) -> Result<(), String> {
        self.nothing_waits().await?;
        self.holes_have_reasons()?;
        self.lanes_are_in_order()?;
        let swept = self.store.sweep(SweepFilter::All).await.map_err(|error| error.to_string())?;
        let days = self.store.all_days().await.map_err(|error| error.to_string())?;
        for record in swept.records {
            let id = &record.id;
            let history = self.store.history(id).await.map_err(|error| error.to_string())?;
            let created = history.first().map_or(record.status_since, |first| first.since);
            let now = self.scene.wall().max(record.status_since);
            let stored = days.get(id).cloned().unwrap_or_default();
            days_add_up(&stored, &history, created, now).map_err(|why| format!("{why} ({id})"))?;
            if history.last().map_or(Status::Unknown, |last| last.to) != record.status {
                return Err(format!("I3: {id} is not what its history says"));
            }
            self.lane_has_ended(id, &history, config).await?;
            self.silences_are_told(id, &history, config)?;
        }
        Ok(())
    }

    /// Whoever was silent for longer than its window between two heartbeats, while all was well with
    /// us, was told of as down.
    fn silences_are_told(
        &self,
        id: &str,
        history: &[Transition],
        config: &Config,
    ) -> Result<(), String> {
        let truth = self.scene.truth();
        let Some(service) = config.service(id) else { return Ok(()) };
        let window_ms = service.spec.window_ms;
        let is_steady = !self.scene.plan.changes() && truth.jumps.is_empty();
        if !is_steady || service.spec.membership != Membership::Active {
            return Ok(());
        }
        let mut signs: Vec<i64> =
            truth.signs.get(id).into_iter().flatten().map(|sign| sign.arrived_ms).collect();
        signs.sort_unstable();
        for pair in signs.windows(2) {
            let (from_ms, to_ms) = (pair[0], pair[1]);
            let is_long = to_ms - from_ms > window_ms + LATE_MS;
            if !is_long || truth.was_troubled(from_ms - HOLE_SLACK_MS, to_ms + HOLE_SLACK_MS) {
                continue;
            }
            let (from, to) = (START.plus_ms(from_ms), START.plus_ms(to_ms));
            let was_down = history
                .iter()
                .zip(history.iter().skip(1).map(|next| next.at).chain([UnixMs::NEVER]))
                .any(|(entry, end)| entry.to == Status::Down && entry.at <= to && end > from);
            if !was_down {
                return Err(format!("{id} was silent from {from_ms} to {to_ms} ms, untold"));
            }
        }
        Ok(())
    }

    /// I8: nothing waits when all channels are well.
    async fn nothing_waits(&self) -> Result<(), String> {
        for channel in &self.scene.plan.channels {
            let rows = self.store.queued(&channel.name).await.map_err(|error| error.to_string())?;
            if let Some(row) = rows.first() {
                let (name, key) = (&channel.name, &row.key);
                return Err(format!("I8: {key} waits for {name} although all is well"));
            }
        }
        Ok(())
    }

    /// Blind time is claimed only where something was wrong.
    fn holes_have_reasons(&self) -> Result<(), String> {
        let truth = self.scene.truth();
        let is_unfounded = |claim: &&Claim| {
            let start_ms = claim.at_ms - claim.began_ago_ms.max(0);
            !truth.was_troubled(start_ms - HOLE_SLACK_MS, claim.at_ms)
        };
        match truth.claims.iter().find(is_unfounded) {
            Some(Claim { at_ms, .. }) => {
                Err(format!("a hole without a reason, noted at {at_ms} ms"))
            }
            None => Ok(()),
        }
    }

    /// I5, I6, I7: in order, once, one at a time; crashes, ambiguous answers and leases that ran out
    /// aside.
    fn lanes_are_in_order(&self) -> Result<(), String> {
        let inbox = self.scene.inbox();
        for (name, mailbox) in &inbox.channels {
            let twice = mailbox.repeats as usize;
            let overruns = self.scene.truth().overruns.get(name).copied().unwrap_or(0);
            let crashes = self.scene.truth().crashes;
            let allowed = (crashes + mailbox.ambiguous + overruns) as usize;
            if twice > allowed {
                return Err(format!(
                    "I6: {name} got {twice} messages twice, allowed are {allowed}"
                ));
            }
            if overruns > 0 {
                continue;
            }
            if mailbox.crowded > 0 {
                return Err(format!("I7: {name} got two messages at the same time"));
            }
            for (id, versions) in by_service(mailbox) {
                lane_in_order(&versions).map_err(|why| format!("{why} ({id} on {name})"))?;
            }
        }
        Ok(())
    }

    async fn lane_has_ended(
        &self,
        id: &str,
        history: &[Transition],
        config: &Config,
    ) -> Result<(), String> {
        let lane = Lane::Service(id.to_owned());
        let log = self.store.deliveries(&lane, 10_000).await.map_err(|error| error.to_string())?;
        self.each_row_ended_once(id, &log)?;
        what_is_dead_has_a_copy(id, &log, config)?;
        for channel in &config.channels {
            let name = channel.route.name.as_str();
            let of_channel: Vec<&DeliveryLogEntry> =
                log.iter().filter(|it| it.channel == name && it.copy_of.is_none()).collect();
            if of_channel.iter().any(|entry| entry.ending == Ending::Dead) {
                continue;
            }
            let told = self.scene.inbox().last(name, id).map(|last| last.status.clone());
            let told = told.as_deref().and_then(Status::parse).unwrap_or(Status::Up);
            let wanted = self.wanted(id, name, history);
            if told.badness() != wanted.badness() {
                return Err(format!(
                    "I9: {name} was told that {id} is {}, and should know that it is {}",
                    told.as_str(),
                    wanted.as_str()
                ));
            }
        }
        Ok(())
    }

    /// What a channel should know: the last that it was to be told.
    fn wanted(&self, id: &str, channel: &str, history: &[Transition]) -> Status {
        let commits = self.commits.get(id);
        let is_told = |entry: &&Transition| {
            let Some(committed) = commits.and_then(|commits| commits.get(&entry.version)) else {
                return false;
            };
            let config = &committed.config;
            let route = config.channels.iter().find(|it| it.route.name == channel);
            let (Some(route), service) = (route, config.service(id)) else { return false };
            entry.closes()
                || entry.event().is_some_and(|event| {
                    service.is_some_and(|it| is_routed(&it.spec.route, &route.route, event))
                })
        };
        history.iter().rev().find(is_told).map_or(Status::Up, |entry| entry.to)
    }

    /// I2, I8: no row vanished or ended twice; dead ones say why.
    fn each_row_ended_once(&self, id: &str, log: &[DeliveryLogEntry]) -> Result<(), String> {
        let mut ended: BTreeMap<(&str, u64, u32, Option<&str>), u32> = BTreeMap::new();
        for entry in log {
            let copy_of = entry.copy_of.as_deref();
            *ended.entry((&entry.channel, entry.version, entry.n, copy_of)).or_default() += 1;
            if entry.ending == Ending::Dead && entry.answer.is_empty() {
                return Err(format!("I8: a dead message about {id} has no reason"));
            }
        }
        if let Some((row, times)) = ended.iter().find(|(_, times)| **times != 1) {
            return Err(format!("I2: {row:?} of {id} ended {times} times"));
        }
        let written: BTreeSet<(&str, &str)> = self
            .commits
            .get(id)
            .into_iter()
            .flat_map(|commits| commits.values())
            .flat_map(|committed| &committed.rows)
            .map(|(channel, key)| (channel.as_str(), key.as_str()))
            .collect();
        // Reminders and copies are written with no transition.
        ended.retain(|(_, _, n, copy_of), _| *n == 0 && copy_of.is_none());
        if written.len() != ended.len() {
            let (written, ended) = (written.len(), ended.len());
            return Err(format!("I2: {written} rows about {id} were written, {ended} ended"));
        }
        Ok(())
    }
}

/// I8: what is dead was told to the channel that stands in, by a copy or by itself.
fn what_is_dead_has_a_copy(
    id: &str,
    log: &[DeliveryLogEntry],
    config: &Config,
) -> Result<(), String> {
    let Some(stands_in) = config.channels.iter().find(|channel| channel.fallback) else {
        return Ok(());
    };
    let name = stands_in.route.name.as_str();
    let of_stand_in: BTreeSet<(u64, u32, Option<&str>)> = log
        .iter()
        .filter(|entry| entry.channel == name)
        .map(|entry| (entry.version, entry.n, entry.copy_of.as_deref()))
        .collect();
    let dead = log.iter().filter(|it| it.ending == Ending::Dead && it.channel != name);
    for DeliveryLogEntry { channel, version, n, .. } in dead {
        let copied = of_stand_in.contains(&(*version, *n, Some(channel.as_str())));
        if !copied && !of_stand_in.contains(&(*version, *n, None)) {
            return Err(format!("I8: version {version} of {id} died on {channel} uncopied"));
        }
    }
    Ok(())
}

fn by_service(mailbox: &Mailbox) -> BTreeMap<&str, Vec<u64>> {
    let mut versions: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for accepted in mailbox.accepted.iter().filter(|accepted| !accepted.id.is_empty()) {
        versions.entry(&accepted.id).or_default().push(accepted.version);
    }
    versions
}
