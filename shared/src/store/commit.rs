//! One transition, one transaction.
use super::{Commit, CommitOutcome, Store, StoreError};
use flatline_domain::ServiceRecord;
impl Store {
    /// Commits one or two transitions with history, incident, days, feed and outbox as one.
    /// `StoreError::Refused`: this item can never be committed as it is (ValidationException).
    pub async fn commit(&self, _commit: &Commit<'_>) -> Result<CommitOutcome, StoreError> {
        todo!()
    }
    /// Forgets a gap that was no outage (condition: version and gap as read).
    pub async fn clear_gap(&self, _record: &ServiceRecord) -> Result<CommitOutcome, StoreError> {
        todo!()
    }
}
