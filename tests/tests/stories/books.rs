//! What is stored after a story, and whether it agrees with what was told.

use anyhow::{Result, anyhow, ensure};
use aws_sdk_dynamodb::Client;
use flatline_domain::invariant::{days_add_up, history_chains, lane_in_order};
use flatline_domain::{Transition, UnixMs};
use flatline_harness::receiver::Received;
use flatline_shared::store::{DeliveryLogEntry, Ending, IfMissing, Incident, Lane, Store};

use crate::site::clock;

/// The table of every `flatline`.
const TABLE: &str = "flatline";

/// The store of a story.
pub struct Books {
    /// As the product reads it.
    pub store: Store,
}

/// How often the receiver may have got more messages than there were events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// Never.
    None,
    /// One message may have come twice.
    One,
}

impl Books {
    /// Opens what a process left.
    pub async fn open(client: Client) -> Result<Self> {
        let store = Store::open(client, TABLE, clock(), IfMissing::Refuse).await?;
        Ok(Self { store })
    }

    /// History, incidents, days, outbox and delivery log of a service say that exactly these events
    /// happened, and what channel `hook` received about it says the same, in order.
    pub async fn agree(
        &self,
        id: &str,
        received: &[Received],
        events: &[&str],
        duplicates: Duplicates,
    ) -> Result<()> {
        let history = self.history(id).await?;
        let happened: Vec<_> = history.iter().filter_map(Transition::event).collect();
        let happened: Vec<&str> = happened.iter().map(|event| event.as_str()).collect();
        ensure!(happened == events, "{id}: the history has {happened:?}: {history:#?}");
        self.incidents_match(id, &history).await?;
        self.told_once(id, "hook", events).await?;

        let versions: Vec<u64> =
            received.iter().filter_map(|it| it.json["version"].as_u64()).collect();
        lane_in_order(&versions).map_err(|broken| anyhow!("{id}: {broken}"))?;
        let mut told: Vec<&str> =
            received.iter().filter_map(|it| it.json["event"].as_str()).collect();
        let more = told.len().saturating_sub(events.len());
        ensure!(more <= usize::from(duplicates == Duplicates::One), "{id}: told {told:?}");
        told.dedup();
        ensure!(told == events, "{id}: told {told:?} instead of {events:?}");
        Ok(())
    }

    /// The transitions of a service, which must chain and add up to its days.
    pub async fn history(&self, id: &str) -> Result<Vec<Transition>> {
        let history = self.store.history(id).await?;
        history_chains(&history).map_err(|broken| anyhow!("{id}: {broken}"))?;
        let record = self.store.service(id).await?.ok_or_else(|| anyhow!("no record of {id}"))?;
        let last = history.last();
        let agrees = last.is_none_or(|it| (it.to, it.version) == (record.status, record.version));
        ensure!(agrees, "{id}: {record:?} does not follow {last:?}");
        let days = self.store.all_days().await?.remove(id).unwrap_or_default();
        let created = history.first().map_or(record.configured_at, |first| first.since);
        days_add_up(&days, &history, created, clock().now().max(record.status_since))
            .map_err(|broken| anyhow!("{id}: {broken}"))?;
        Ok(history)
    }

    /// Nothing waits for this channel, and each of these events of the service was delivered once.
    pub async fn told_once(&self, id: &str, channel: &str, events: &[&str]) -> Result<()> {
        let waiting = self.store.queued(channel).await?;
        ensure!(waiting.is_empty(), "{channel} still has {waiting:#?}");
        let log = self.deliveries(id, channel).await?;
        let delivered: Vec<&str> = log
            .iter()
            .filter(|entry| entry.ending == Ending::Delivered)
            .map(|entry| entry.event.as_str())
            .collect();
        ensure!(delivered == events, "{id} on {channel}: the log has {log:#?}");
        Ok(())
    }

    /// How the deliveries of a service on a channel ended, oldest first.
    pub async fn deliveries(&self, id: &str, channel: &str) -> Result<Vec<DeliveryLogEntry>> {
        let mut log = self.store.deliveries(&Lane::Service(id.to_owned()), 1_000).await?;
        log.retain(|entry| entry.channel == channel);
        log.sort_by_key(|entry| (entry.version, entry.n));
        Ok(log)
    }

    /// Each stretch of trouble in the history is one incident, and the other way round.
    async fn incidents_match(&self, id: &str, history: &[Transition]) -> Result<()> {
        let mut expected: Vec<(UnixMs, Option<UnixMs>)> = Vec::new();
        for step in history {
            match (step.from.is_incident(), step.to.is_incident()) {
                (false, true) => expected.push((step.at, None)),
                (true, false) => {
                    if let Some(open) = expected.last_mut() {
                        open.1 = Some(step.at);
                    }
                }
                _ => {}
            }
        }
        let mut stored: Vec<Incident> = self.store.incidents(id, UnixMs(0)).await?;
        stored.reverse();
        let stored: Vec<_> = stored.iter().map(|it| (it.start, it.end)).collect();
        ensure!(stored == expected, "{id}: incidents {stored:?}, history says {expected:?}");
        Ok(())
    }
}
