//! How deliveries ended.
use super::{DeliveryLogEntry, Lane, Store, StoreError};
impl Store {
    /// The newest entries of a lane, newest first.
    pub async fn deliveries(
        &self,
        _lane: &Lane,
        _limit: usize,
    ) -> Result<Vec<DeliveryLogEntry>, StoreError> {
        todo!()
    }
}
