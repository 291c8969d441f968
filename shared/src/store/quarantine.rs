//! Services that could not be checked, and that was said: whoever checks them again says that too,
//! also if it is another process.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;

use super::call::{Reading, system_key};
use super::{Store, StoreError};

/// The set of ids; absent while it is empty.
const IDS: &str = "s";

impl Store {
    /// Ids of the services in quarantine.
    pub async fn quarantined(&self) -> Result<BTreeSet<String>, StoreError> {
        let item = self.get(system_key("quarantine"), Reading::Consistent).await?;
        let ids = item.as_ref().and_then(|item| item.get(IDS)?.as_ss().ok());
        Ok(ids.into_iter().flatten().cloned().collect())
    }

    /// Puts a service into quarantine.
    pub async fn quarantine(&self, id: &str) -> Result<(), StoreError> {
        self.change_quarantine("ADD", id).await
    }

    /// Takes a service out of it.
    pub async fn end_quarantine(&self, id: &str) -> Result<(), StoreError> {
        self.change_quarantine("DELETE", id).await
    }

    async fn change_quarantine(&self, verb: &str, id: &str) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .set_key(Some(system_key("quarantine")))
            .update_expression(format!("{verb} {IDS} :id"))
            .expression_attribute_values(":id", AttributeValue::Ss(vec![id.to_owned()]));
        self.update(request).await.map(drop)
    }
}
