//! History and incidents of one service.
use super::{Incident, Store, StoreError};
use flatline_domain::{Transition, UnixMs};
impl Store {
    /// Committed transitions, oldest first.
    pub async fn history(&self, _id: &str) -> Result<Vec<Transition>, StoreError> {
        todo!()
    }
    /// Incidents that began at or after `since`, newest first.
    pub async fn incidents(&self, _id: &str, _since: UnixMs) -> Result<Vec<Incident>, StoreError> {
        todo!()
    }
}
