//! What DynamoDB charges
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>).
//!
//! For calls that succeed the engine says it by the same rules; for calls that fail on a condition,
//! which cost as well, it is worked out here.

use std::collections::HashMap;

use dynoxide::AttributeValue;
use dynoxide::types::{item_size, write_capacity_units};
use flatline_embedded::{Answer, Engine};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ledger::Units;
use super::request::Request;

#[derive(Deserialize)]
struct Billed {
    #[serde(rename = "ConsumedCapacity")]
    capacity: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Capacity),
    Many(Vec<Capacity>),
}

#[derive(Deserialize)]
struct Capacity {
    #[serde(rename = "CapacityUnits", default)]
    units: f64,
}

/// What a call cost that got this answer.
pub(super) fn charge(engine: &Engine, request: &Request, answer: &Answer) -> Units {
    if answer.status == 200 {
        return billed(&request.operation, &answer.body);
    }
    let wru = match error_code(&answer.body).as_str() {
        "ConditionalCheckFailedException" => refused(engine, &request.body),
        "TransactionCanceledException" => {
            request.transacted().map(|action| 2.0 * refused(engine, action)).sum()
        }
        _ => 0.0,
    };
    Units { wru, rru: 0.0 }
}

/// The part of `__type` after the `#`; empty if it is none.
pub(super) fn error_code(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let kind = body["__type"].as_str().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default().to_owned()
}

fn billed(operation: &str, body: &[u8]) -> Units {
    let capacity = serde_json::from_slice::<Billed>(body).ok().and_then(|billed| billed.capacity);
    let units = match capacity {
        Some(OneOrMany::One(capacity)) => capacity.units,
        Some(OneOrMany::Many(tables)) => tables.iter().map(|table| table.units).sum(),
        None => 0.0,
    };
    match operation {
        "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems" => {
            Units { wru: 0.0, rru: units }
        }
        _ => Units { wru: units, rru: 0.0 },
    }
}

/// A refused write costs what the larger of the stored item and the item that was sent would have cost.
fn refused(engine: &Engine, action: &Value) -> f64 {
    let sent = action.get("Item").map_or(0, size);
    let table = &action["TableName"];
    let stored = key(action).map_or(0, |key| {
        let get = json!({"TableName": table, "Key": key, "ConsistentRead": true}).to_string();
        let answer = engine.call("GetItem", get.as_bytes());
        let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        found.get("Item").map_or(0, size)
    });
    write_capacity_units(sent.max(stored))
}

fn key(action: &Value) -> Option<Value> {
    action.get("Key").cloned().or_else(|| {
        let item = action.get("Item")?;
        Some(json!({"PK": item.get("PK")?, "SK": item.get("SK")?}))
    })
}

fn size(item: &Value) -> usize {
    HashMap::<String, AttributeValue>::deserialize(item).map_or(0, |item| item_size(&item))
}
