//! What is in the database afterwards, against what was acknowledged and received.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flatline_domain::{Reason, ServiceRecord, Transition, UnixMs, invariant};
use flatline_embedded::{Engine, Execution};
use flatline_harness::receiver::Received;
use flatline_shared::clock::SystemClock;
use flatline_shared::store::{
    DaysByService, DeliveryLogEntry, Ending, IfMissing, Lane, OutboxRow, Store, SweepFilter,
};

use crate::findings::Findings;
use crate::load::{Member, Town};

/// The channel of the harness's configuration.
const CHANNEL: &str = "hook";

/// More rows than a lane can have here.
const ALL: usize = 1_000_000;

/// The store in this data directory. Nobody else may have it open.
pub async fn open(data: &Path) -> anyhow::Result<Store> {
    let engine = Engine::open(&data.join("flatline.db"))?;
    let client = engine.client(Execution::Inline);
    Ok(Store::open(client, "flatline", SystemClock::shared(), IfMissing::Refuse).await?)
}

/// What a killed process left behind, read from a copy: the next process shall find it untouched.
pub async fn autopsy(data: &Path, town: &Town, findings: &mut Findings) -> anyhow::Result<()> {
    let copy = tempfile::tempdir()?;
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("flatline.db") {
            fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
        }
    }
    heartbeats(&open(copy.path()).await?, town, findings).await
}

/// I13: what was acknowledged is stored.
async fn heartbeats(store: &Store, town: &Town, findings: &mut Findings) -> anyhow::Result<()> {
    let swept = store.sweep(SweepFilter::All).await?;
    findings.all("broken record", swept.broken.iter().map(|(id, why)| format!("{id}: {why}")));
    let records: BTreeMap<_, _> =
        swept.records.iter().map(|record| (record.id.as_str(), record)).collect();
    for member in &town.members {
        let newest = member.acknowledged().iter().map(|beat| beat.at).max();
        if newest.is_some_and(|newest| !keeps(records.get(member.id.as_str()), newest)) {
            findings.lost_heartbeats += 1;
            findings.one(format!("lost heartbeat: {} at {newest:?}", member.id));
        }
    }
    Ok(())
}

fn keeps(record: Option<&&ServiceRecord>, newest: UnixMs) -> bool {
    let Some(record) = record else { return false };
    let overtaken = record.ring.last().is_some_and(|oldest| *oldest > newest);
    record.last_beat.is_some_and(|last| last >= newest)
        && (overtaken || record.ring.contains(&newest))
}

/// Everything, at rest.
pub async fn whole(
    data: &Path,
    town: &Town,
    received: &[Received],
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let store = open(data).await?;
    heartbeats(&store, town, findings).await?;
    let queued = store.queued(CHANNEL).await?;
    findings.waiting = queued.len();
    let days = store.all_days().await?;
    for member in &town.members {
        let lane = Lane::Service(member.id.clone());
        let traces = Traces {
            member,
            history: store.history(&member.id).await?,
            record: store.service(&member.id).await?,
            endings: store.deliveries(&lane, ALL).await?,
            waiting: queued.iter().filter(|row| row.delivery.lane == lane).collect(),
            received: received
                .iter()
                .filter(|it| it.json["service"]["id"] == member.id.as_str())
                .collect(),
        };
        let told = store.told_to(&lane, CHANNEL).await?;
        traces.chain(&days, findings);
        traces.silences(findings);
        traces.events(findings);
        traces.messages(findings);
        let (told, record) = (told.map(|told| told.status), traces.record.as_ref());
        if told.is_some_and(|told| record.is_some_and(|record| told != record.status)) {
            findings.one(format!("told: {}: {told:?} although it is {record:?}", member.id));
        }
    }
    duplicates(received, findings);
    Ok(())
}

/// Messages with the same id.
fn duplicates(received: &[Received], findings: &mut Findings) {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for id in received.iter().filter_map(|it| it.json["id"].as_str()) {
        *times.entry(id).or_default() += 1;
    }
    findings.messages = received.len();
    findings.duplicates = received.len() - times.len();
}

/// Everything about one service.
struct Traces<'a> {
    member: &'a Member,
    record: Option<ServiceRecord>,
    history: Vec<Transition>,
    endings: Vec<DeliveryLogEntry>,
    waiting: Vec<&'a OutboxRow>,
    received: Vec<&'a Received>,
}

impl Traces<'_> {
    /// I2, I3 and I12: the history, the record that it leads to, and the days that it adds up to.
    fn chain(&self, days: &DaysByService, findings: &mut Findings) {
        let id = &self.member.id;
        findings.transitions += self.history.len();
        let Some(record) = &self.record else {
            findings.one(format!("no record: {id}"));
            return;
        };
        let last = self.history.last().map(|last| (last.version, last.to));
        if last != Some((record.version, record.status))
            || self.history.first().is_none_or(|first| first.version != 1)
        {
            findings.one(format!("history: {id}: ends at {last:?}, the record is {record:?}"));
        }
        let (created, now) = (record.configured_at, SystemClock::shared().now());
        let stored = days.get(id).cloned().unwrap_or_default();
        let checks = [
            invariant::history_chains(&self.history),
            invariant::days_add_up(&stored, &self.history, created, now),
        ];
        findings.all("invariant", checks.into_iter().filter_map(Result::err));
    }

    /// I1, as far as senders can tell: no silence was decided over an acknowledged heartbeat.
    fn silences(&self, findings: &mut Findings) {
        let window_ms = self.member.window_s as i64 * 1_000;
        let acknowledged = self.member.acknowledged();
        findings.heartbeats += acknowledged.len();
        for down in self.history.iter().filter(|down| down.reason == Reason::Silence) {
            let heard = acknowledged.iter().find(|beat| {
                beat.at <= down.at
                    && down.at.since_ms(beat.at) < window_ms
                    && beat.answered_at < down.decided_at
            });
            if let Some(beat) = heard {
                findings.one(format!("false alarm: {}: {down:?}, {beat:?}", self.member.id));
            }
        }
    }

    /// I2: each version with an event has one row or one ending, the others have none.
    fn events(&self, findings: &mut Findings) {
        for transition in &self.history {
            let version = transition.version;
            let waiting =
                self.waiting.iter().filter(|row| row.delivery.queued.version == version).count();
            let ended = self.endings.iter().filter(|ending| ending.version == version).count();
            let expected = usize::from(transition.event().is_some());
            findings.events += expected;
            if waiting + ended != expected {
                findings.lost_events += 1;
                let what = format!("{}: {transition:?}", self.member.id);
                findings.one(format!("event: {what}: {waiting} wait, {ended} ended"));
            }
        }
    }

    /// What was delivered was received, what was received was committed, in order.
    fn messages(&self, findings: &mut Findings) {
        let id = &self.member.id;
        let versions: Vec<u64> =
            self.received.iter().filter_map(|it| it.json["version"].as_u64()).collect();
        let delivered = self.endings.iter().filter(|it| it.ending == Ending::Delivered);
        for ending in delivered.filter(|ending| !versions.contains(&ending.version)) {
            findings.lost_events += 1;
            findings.one(format!("never arrived: {id}: {ending:?}"));
        }
        for message in &self.received {
            let committed = self.history.iter().find(|it| message.json["version"] == it.version);
            let event = committed.and_then(Transition::event);
            if event.is_none_or(|event| message.json["event"] != event.as_str()) {
                findings.one(format!("never committed: {id}: {}", message.json));
            }
        }
        let order = invariant::lane_in_order(&versions).err();
        findings.all("order", order.map(|why| format!("{id}: {why}")));
    }
}
