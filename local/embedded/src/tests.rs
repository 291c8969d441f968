//! The engine as an SDK client sees it.

mod client;
mod durability;
mod queue;
mod refusals;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, TimeToLiveSpecification,
};

const TABLE: &str = "items";

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A table with `PK`/`SK` strings and the TTL attribute `ttl`.
async fn create_table(client: &Client) {
    let mut create =
        client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    for (name, role) in [("PK", KeyType::Hash), ("SK", KeyType::Range)] {
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name(name).key_type(role);
        create = create
            .attribute_definitions(attribute.build().unwrap())
            .key_schema(key.build().unwrap());
    }
    create.send().await.unwrap();
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl");
    client
        .update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(ttl.build().unwrap())
        .send()
        .await
        .unwrap();
}

async fn put(client: &Client, sk: &str, n: i64) {
    client
        .put_item()
        .table_name(TABLE)
        .item("PK", text("p"))
        .item("SK", text(sk))
        .item("n", number(n))
        .send()
        .await
        .unwrap();
}

/// `n` of an item, by a consistent read.
async fn get(client: &Client, sk: &str) -> Option<AttributeValue> {
    let got = client.get_item().table_name(TABLE).key("PK", text("p")).key("SK", text(sk));
    got.consistent_read(true).send().await.unwrap().item?.remove("n")
}
