//! The only module that says DynamoDB. (Key schema and cost per access pattern belong here.)

mod alert;
mod beat;
mod commit;
mod delivery_log;
mod feed;
mod history;
mod item;
mod keys;
mod lease;
mod log;
mod notice;
mod outbox;
mod service;
mod sight;
mod tick;
mod types;

pub use types::*;

/// The table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: aws_sdk_dynamodb::Client,
    table: std::sync::Arc<str>,
    shards: u32,
}

impl Store {
    /// Opens the table: creates it with `SYS/schema` if `create` and it is missing, reads the number of
    /// shards, refuses a newer schema.
    pub async fn open(
        _client: aws_sdk_dynamodb::Client,
        _table: &str,
        _create: bool,
    ) -> Result<Self, StoreError> {
        todo!()
    }
}
