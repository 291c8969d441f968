//! The table itself: its creation, its version, its number of shards.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ReturnValue, ScalarAttributeType,
    TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};

use flatline_domain::UnixMs;

use super::Store;
use super::call::{Failure, Patience, Reading, system_key};
use super::item::{EXPIRES, Item, Reader, number};
use super::types::{IfMissing, StoreError};

/// The layout that this code reads and writes.
const VERSION: u32 = 1;

/// Shards of a new table. Fixed at its creation: another number would look for records elsewhere.
const SHARDS: u32 = 4;

/// Polls of a table that is being created, one per second.
const CREATION_POLLS: u32 = 60;

/// What holds for the table as long as it exists.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Schema {
    /// How many shards there are.
    pub(super) shards: u32,
    /// When it was created.
    pub(super) created: UnixMs,
}

impl Store {
    /// Makes sure that the table is there, if it may be created.
    pub(super) async fn prepare(&self, if_missing: IfMissing) -> Result<(), StoreError> {
        if if_missing == IfMissing::Create {
            self.create_table().await?;
            self.enable_expiry().await?;
        }
        Ok(())
    }

    /// Reads `SYS/schema`; the first process ever writes it.
    pub(super) async fn read_schema(&self) -> Result<Schema, StoreError> {
        match self.get(system_key("schema"), Reading::Consistent).await? {
            Some(item) => judge_schema(&item),
            None => judge_schema(&self.write_schema().await?),
        }
    }

    /// What another process wrote meanwhile stays.
    async fn write_schema(&self) -> Result<Item, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(system_key("schema")))
            .update_expression(
                "SET v = if_not_exists(v, :v), s = if_not_exists(s, :s), \
                 c = if_not_exists(c, :now)",
            )
            .expression_attribute_values(":v", number(i64::from(VERSION)))
            .expression_attribute_values(":s", number(i64::from(SHARDS)))
            .expression_attribute_values(":now", number(self.clock.now().0))
            .return_values(ReturnValue::AllNew);
        let output = self.call(Patience::NORMAL, || request.clone().send()).await?;
        Ok(output.attributes.unwrap_or_default())
    }

    async fn create_table(&self) -> Result<(), StoreError> {
        if self.table_status().await?.is_none() {
            let request = self
                .client
                .create_table()
                .table_name(&*self.table)
                .billing_mode(BillingMode::PayPerRequest)
                .set_attribute_definitions(Some(vec![string("PK"), string("SK")]))
                .set_key_schema(Some(vec![part("PK", KeyType::Hash), part("SK", KeyType::Range)]));
            self.call(Patience::NORMAL, || request.clone().send()).await?;
        }
        for _ in 0..CREATION_POLLS {
            if self.table_status().await? == Some(TableStatus::Active) {
                return Ok(());
            }
            self.clock.sleep(1_000).await;
        }
        Err(StoreError::Unavailable(format!("table {} is still being created", self.table)))
    }

    /// `None`: there is no such table.
    async fn table_status(&self) -> Result<Option<TableStatus>, StoreError> {
        let request = self.client.describe_table().table_name(&*self.table);
        match self.call(Patience::NORMAL, || request.clone().send()).await {
            Ok(output) => Ok(output.table.and_then(|table| table.table_status)),
            Err(Failure::NoTable(_)) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Enabling it twice is an error at AWS, so ask first.
    async fn enable_expiry(&self) -> Result<(), StoreError> {
        let request = self.client.describe_time_to_live().table_name(&*self.table);
        let output = self.call(Patience::NORMAL, || request.clone().send()).await?;
        let status = output.time_to_live_description.and_then(|ttl| ttl.time_to_live_status);
        if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            return Ok(());
        }
        let expiry = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(EXPIRES)
            .build()
            .expect("both fields are set");
        let request = self
            .client
            .update_time_to_live()
            .table_name(&*self.table)
            .time_to_live_specification(expiry);
        self.call(Patience::NORMAL, || request.clone().send()).await?;
        Ok(())
    }
}

fn judge_schema(item: &Item) -> Result<Schema, StoreError> {
    let reader = Reader::new(item);
    let found = reader.number("v")?.max(0) as u32;
    if found > VERSION {
        return Err(StoreError::NewerSchema { found, known: VERSION });
    }
    // No answer depends on when it was created.
    let created = UnixMs(reader.number("c").unwrap_or_default());
    Ok(Schema { shards: reader.number("s")?.max(1) as u32, created })
}

fn string(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .expect("both fields are set")
}

fn part(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("both fields are set")
}
