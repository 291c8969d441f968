//! The table and its schema.

use aws_sdk_dynamodb::types::AttributeValue;

use super::bench::{StillClock, client, open};
use crate::store::call::system_key;
use crate::store::{IfMissing, Store, StoreError};

#[tokio::test]
async fn a_missing_table_is_created_once_and_keeps_its_shards() {
    let client = client();
    let first = open(client.clone()).await;
    assert_eq!(first.shards, 4);
    set_schema(&client, "s", 7).await;
    assert_eq!(open(client).await.shards, 7);
}

#[tokio::test]
async fn a_missing_table_that_must_not_be_created_is_refused() {
    let opened = Store::open(client(), "flatline", StillClock::shared(), IfMissing::Refuse).await;
    assert!(matches!(opened, Err(StoreError::Refused(_))), "{opened:?}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let client = client();
    open(client.clone()).await;
    set_schema(&client, "v", 2).await;
    let opened = Store::open(client, "flatline", StillClock::shared(), IfMissing::Create).await;
    assert!(matches!(opened, Err(StoreError::NewerSchema { found: 2, known: 1 })), "{opened:?}");
}

async fn set_schema(client: &aws_sdk_dynamodb::Client, name: &str, value: u32) {
    client
        .update_item()
        .table_name("flatline")
        .set_key(Some(system_key("schema")))
        .update_expression(format!("SET {name} = :value"))
        .expression_attribute_values(":value", AttributeValue::N(value.to_string()))
        .send()
        .await
        .unwrap();
}
