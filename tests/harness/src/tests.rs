//! The harness under test: what stories stand on must hold.

mod clock;
mod config;
mod counting;
mod faults;
mod process;
mod receiver;
mod runtime_api;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use flatline_embedded::{Engine, Execution};

use crate::bridge::Gate;

const TABLE: &str = "items";

/// A gate before a table with `PK`/`SK`, nothing counted yet.
async fn gate() -> Gate {
    let engine = Engine::memory().unwrap();
    create_table(&engine.client(Execution::Inline)).await;
    Gate::before(engine)
}

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
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// An item whose size is `bytes`, of at least 10.
async fn put(client: &Client, sk: &str, bytes: usize) -> bool {
    let filled = bytes - "PKpSK".len() - sk.len() - "v".len();
    let put = client.put_item().table_name(TABLE).item("PK", text("p")).item("SK", text(sk));
    put.item("v", text(&"x".repeat(filled))).send().await.is_ok()
}

/// Whether the item is there, asked behind the gate.
async fn there(gate: &Gate, sk: &str) -> bool {
    let client = gate.engine().client(Execution::Inline);
    let got = client.get_item().table_name(TABLE).key("PK", text("p")).key("SK", text(sk));
    got.send().await.unwrap().item.is_some()
}

/// A client that never tries again, so that each call is one call.
fn once(gate: &Gate) -> Client {
    use aws_sdk_dynamodb::config::retry::RetryConfig;
    let config = flatline_embedded::client_config(gate.http_client());
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}
