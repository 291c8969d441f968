//! Marks of ticks and the applied configuration (`SYS/tick`, `SYS/config`).
use super::{ConfigState, Store, StoreError, TickMark, TickStart};
use flatline_domain::UnixMs;
impl Store {
    /// Marks a tick: 1 UpdateItem with ALL_OLD, on condition that no higher revision ticked within 5 minutes.
    pub async fn start_tick(&self, _mark: &TickMark) -> Result<TickStart, StoreError> {
        todo!()
    }
    /// The newest mark.
    pub async fn tick_mark(&self) -> Result<Option<TickMark>, StoreError> {
        todo!()
    }
    /// What was applied last.
    pub async fn config_state(&self) -> Result<ConfigState, StoreError> {
        todo!()
    }
    /// Remembers an applied configuration; channel names are only ever added. Condition: the stored revision is lower.
    pub async fn apply_config(
        &self,
        _state: &ConfigState,
        _now: UnixMs,
    ) -> Result<bool, StoreError> {
        todo!()
    }
}
