//! What is stored of the alerts of one key, and what stands for it where that cannot be read.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use flatline_domain::{AlertPhase, AlertRank, AlertRecord, UnixMs};

use super::super::call::Reading;
use super::super::item::{self, Item, Reader, key, number};
use super::super::{Lane, Store, StoreError, keys};

pub(super) const VERSION: &str = "v";
pub(super) const PHASE: &str = "ph";
pub(super) const SEVERITY: &str = "sv";
pub(super) const SINCE: &str = "si";
pub(super) const TOLD_AT: &str = "ta";
pub(super) const CHANNELS: &str = "ch";
pub(super) const CONTENT: &str = "cn";
pub(super) const CHANGED_AT: &str = "ca";
pub(super) const NOTED_AT: &str = "na";

/// How an alert is.
#[derive(Clone, Debug)]
pub(super) struct AlertState {
    pub(super) version: u64,
    pub(super) record: AlertRecord,
    /// That of the record, as it was sent.
    pub(super) severity: String,
    /// Channels that got a row since it was last over.
    pub(super) told: BTreeSet<String>,
    /// When the item expires.
    pub(super) expires_at: UnixMs,
    /// Version and change as they stand in the item.
    stored: [Option<AttributeValue>; 2],
    /// Why the item cannot be read.
    pub(super) broken: Option<String>,
}

impl AlertState {
    fn read(reader: &Reader<'_>) -> Result<Self, StoreError> {
        let content =
            reader.opt_text(CONTENT).and_then(|digits| u64::from_str_radix(&digits, 16).ok());
        let severity = reader.text(SEVERITY)?;
        let record = AlertRecord {
            phase: reader.word(PHASE, AlertPhase::parse)?,
            rank: AlertRank::of(&severity),
            since: reader.time(SINCE)?,
            told_at: reader.time(TOLD_AT)?,
            content,
            changed_at: reader.opt_time(CHANGED_AT)?,
            noted_at: reader.opt_time(NOTED_AT)?,
        };
        Ok(Self {
            version: reader.number(VERSION)? as u64,
            record,
            severity,
            told: reader.json(CHANNELS)?,
            expires_at: UnixMs(reader.number(item::EXPIRES)? * 1_000),
            stored: stored(reader),
            broken: None,
        })
    }

    /// What stands for one that cannot be read: it fires, and whatever comes is worse, so the next alert
    /// tells either that it fires or that it is over.
    fn presumed(reader: &Reader<'_>, why: &StoreError, now: UnixMs) -> Self {
        let record = AlertRecord {
            phase: AlertPhase::Firing,
            rank: AlertRank::Fine,
            since: now,
            told_at: now,
            content: None,
            changed_at: None,
            noted_at: None,
        };
        // More than there can have been: channels never take the next one for an old one.
        let newest = now.0.unsigned_abs();
        Self {
            version: reader.number(VERSION).map_or(newest, i64::unsigned_abs),
            record,
            severity: "ok".to_owned(),
            told: reader.json(CHANNELS).unwrap_or_default(),
            expires_at: now,
            stored: stored(reader),
            broken: Some(why.to_string()),
        }
    }

    /// The condition under which nobody stored anything since it was read, with its values.
    pub(super) fn unchanged(&self) -> (String, Vec<(&'static str, AttributeValue)>) {
        let clauses = [(VERSION, ":version"), (CHANGED_AT, ":changed")];
        let clause = |((name, value), stored): (_, &Option<_>)| match stored {
            Some(_) => format!("{name} = {value}"),
            None => format!("attribute_not_exists({name})"),
        };
        let both = clauses.into_iter().zip(&self.stored);
        let text = both.clone().map(clause).collect::<Vec<_>>().join(" AND ");
        let values = both.filter_map(|((_, name), stored)| Some((name, stored.clone()?))).collect();
        (text, values)
    }
}

fn stored(reader: &Reader<'_>) -> [Option<AttributeValue>; 2] {
    [VERSION, CHANGED_AT].map(|name| reader.attribute(name).cloned())
}

/// An instant that may be missing, as attributes.
pub(super) fn instant(name: &str, at: Option<UnixMs>) -> Option<(String, AttributeValue)> {
    Some((name.to_owned(), number(at?.0)))
}

impl Store {
    /// What is known of this key. An item that cannot be read stands for an alert that fires.
    pub(super) async fn alert_state(
        &self,
        alert_key: &str,
    ) -> Result<Option<AlertState>, StoreError> {
        let item = self.get(key(self.alert_pk(alert_key), alert_key), Reading::Consistent).await?;
        let Some(item) = item else { return Ok(None) };
        match AlertState::read(&Reader::new(&item)) {
            Ok(state) => Ok(Some(state)),
            Err(why) => Ok(Some(self.presumed(alert_key, &item, &why).await?)),
        }
    }

    async fn presumed(
        &self,
        alert_key: &str,
        item: &Item,
        why: &StoreError,
    ) -> Result<AlertState, StoreError> {
        let mut state = AlertState::presumed(&Reader::new(item), why, self.clock.now());
        let told = self.told(&Lane::Alert(alert_key.to_owned())).await?;
        let of_trouble = told.into_iter().filter(|(_, told)| told.status.is_incident());
        state.told.extend(of_trouble.map(|(channel, _)| channel));
        Ok(state)
    }

    pub(super) fn alert_pk(&self, alert_key: &str) -> String {
        keys::alerts(keys::shard(alert_key, self.shards))
    }
}
