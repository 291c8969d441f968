//! Marks of ticks and the applied configuration (`SYS/tick`, `SYS/config`).

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use flatline_domain::UnixMs;

use super::call::{Reading, Written, system_key};
use super::change::Change;
use super::item::{Item, Reader, number, text};
use super::{ConfigState, Store, StoreError, TickMark, TickStart, record};

const AT: &str = "a";
const REVISION: &str = "r";
const HASH: &str = "h";
const CHANNELS: &str = "c";

/// A higher revision that has not ticked for this long was rolled back.
const ROLLED_BACK_AFTER_MS: i64 = 5 * 60_000;

/// No higher revision is at work.
const NOT_SUPERSEDED: &str = "(attribute_not_exists(r) OR r <= :r OR a < :gone)";

/// Nobody applied this revision or a higher one.
const HIGHER: &str = "(attribute_not_exists(r) OR r < :r)";

impl Store {
    /// Marks a tick: 1 UpdateItem with ALL_OLD, on condition that no higher revision ticked within
    /// 5 minutes.
    pub async fn start_tick(&self, mark: &TickMark) -> Result<TickStart, StoreError> {
        let change = Change::default()
            .set(AT, record::time(mark.at))
            .set(REVISION, number(mark.revision as i64))
            .on(NOT_SUPERSEDED)
            .value(":gone", number(mark.at.0 - ROLLED_BACK_AFTER_MS));
        let request = self
            .change(system_key("tick"), &change)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.update(request).await? {
            Written::Done(old) if old.is_empty() => Ok(TickStart::Go { previous: None }),
            Written::Done(old) => {
                // Finding our own mark means that an answer was lost, and with it the tick before.
                let previous = Some(decode_mark(&old)?).filter(|previous| previous != mark);
                Ok(TickStart::Go { previous })
            }
            Written::Refused(stored) => Ok(TickStart::Superseded(decode_mark(&stored)?)),
        }
    }

    /// The newest mark.
    pub async fn tick_mark(&self) -> Result<Option<TickMark>, StoreError> {
        let item = self.get(system_key("tick"), Reading::Eventual).await?;
        item.as_ref().map(decode_mark).transpose()
    }

    /// What was applied last.
    pub async fn config_state(&self) -> Result<ConfigState, StoreError> {
        let Some(item) = self.get(system_key("config"), Reading::Consistent).await? else {
            return Ok(ConfigState::default());
        };
        let reader = Reader::new(&item);
        let mut channels = match item.get(CHANNELS) {
            None => Vec::new(),
            Some(names) => {
                names.as_ss().map_err(|_| reader.broken(CHANNELS, "is no set of strings"))?.clone()
            }
        };
        channels.sort();
        Ok(ConfigState {
            revision: reader.number(REVISION)? as u64,
            hash: reader.text(HASH)?,
            channels,
        })
    }

    /// Remembers an applied configuration; channel names are only ever added. `false`: this revision
    /// or a higher one is stored already.
    pub async fn apply_config(&self, state: &ConfigState, now: UnixMs) -> Result<bool, StoreError> {
        let mut change = Change::default()
            .set(REVISION, number(state.revision as i64))
            .set(HASH, text(&state.hash))
            .set(AT, record::time(now))
            .on(HIGHER);
        if !state.channels.is_empty() {
            change = change.add(CHANNELS, AttributeValue::Ss(state.channels.clone()));
        }
        let written = self.update(self.change(system_key("config"), &change)).await?;
        Ok(matches!(written, Written::Done(_)))
    }
}

fn decode_mark(item: &Item) -> Result<TickMark, StoreError> {
    let reader = Reader::new(item);
    Ok(TickMark { at: reader.time(AT)?, revision: reader.number(REVISION)? as u64 })
}
