//! Many items by their keys.

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::call::{Patience, Reading};
use super::item::Item;
use super::{Store, StoreError};

/// Keys that one BatchGetItem takes.
pub(super) const BATCH: usize = 100;

impl Store {
    /// One BatchGetItem of at most [`BATCH`] different keys, again until all of them were processed.
    pub(super) async fn get_batch(
        &self,
        keys: Vec<Item>,
        reading: Reading,
    ) -> Result<Vec<Item>, StoreError> {
        let consistent = reading == Reading::Consistent;
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent);
        let mut wanted = wanted.build().ok();
        let mut items = Vec::new();
        let mut without_progress = 0;
        while let Some(keys) = wanted.take() {
            let asked = keys.keys().len();
            let request = self.client.batch_get_item().request_items(&*self.table, keys);
            let output = self.call(Patience::NORMAL, || request.clone().send()).await?;
            let mut responses = output.responses.unwrap_or_default();
            items.extend(responses.remove(&*self.table).unwrap_or_default());
            wanted = output.unprocessed_keys.and_then(|mut left| left.remove(&*self.table));
            let Some(left) = &wanted else { break };
            without_progress = if left.keys().len() < asked { 0 } else { without_progress + 1 };
            if !self.pause(Patience::NORMAL, without_progress).await {
                let why = "BatchGetItem left keys unprocessed".to_owned();
                return Err(StoreError::Unavailable(why));
            }
        }
        Ok(items)
    }
}
