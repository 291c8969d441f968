//! External alerts.

use super::{ExternalAlert, Store, StoreError};

impl Store {
    /// Stores an external alert with its feed entry and its outbox rows as one transaction; returns
    /// the channels that got a row.
    pub async fn store_alert(&self, _alert: &ExternalAlert) -> Result<Vec<String>, StoreError> {
        todo!()
    }
}
