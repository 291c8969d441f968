//! Proofs and holes (`SYS/canary`, `SYS/hole#`).
use super::{Store, StoreError};
use flatline_domain::{Hole, SightLog, UnixMs};
impl Store {
    /// What is known of our sight, by a consistent read.
    pub async fn sight_log(&self) -> Result<SightLog, StoreError> {
        todo!()
    }
    /// Records a proof (`SightLog::prove`). Without a hole: 1 UpdateItem, 0 reads. With one: the new
    /// log and the hole row as one transaction, on condition that the last proof is as read.
    pub async fn prove(&self, _at: UnixMs) -> Result<(), StoreError> {
        todo!()
    }
    /// Notes that a canary failed or a clock jumped: the next proof ends a hole for everybody.
    pub async fn mark_blind(&self) -> Result<(), StoreError> {
        todo!()
    }
    /// Says how fine the holes are that canaries are sent often enough for (`SightLog::refined`).
    pub async fn refine_sight(&self, _finest_ms: i64, _now: UnixMs) -> Result<(), StoreError> {
        todo!()
    }
    /// The holes that end after `since`, oldest first.
    pub async fn holes_since(&self, _since: UnixMs) -> Result<Vec<Hole>, StoreError> {
        todo!()
    }
}
