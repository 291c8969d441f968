//! Heartbeats: one conditional write.
use super::{Beat, BeatOutcome, Store, StoreError};
use flatline_domain::Gap;
impl Store {
    /// Stores a heartbeat: 1 UpdateItem, 0 reads. If a newer one is stored already, writes `reported`
    /// alone when this one states something, else nothing. Durable when it returns.
    pub async fn beat(&self, _beat: &Beat<'_>) -> Result<BeatOutcome, StoreError> {
        todo!()
    }
    /// Notes a silence that a late heartbeat ended, unless one is noted already.
    pub async fn note_gap(&self, _id: &str, _gap: Gap) -> Result<(), StoreError> {
        todo!()
    }
}
