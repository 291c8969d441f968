//! DynamoDB's operations on the engine: JSON in, JSON out.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What `x-amz-target` starts with.
const TARGET: &str = "DynamoDB_20120810.";

/// Runs one operation. `target` is the value of `x-amz-target`.
pub(crate) fn run(db: &Database, target: &str, body: &[u8]) -> Result<Vec<u8>, DynoxideError> {
    match target.strip_prefix(TARGET).unwrap_or(target) {
        "UpdateItem" => answer(body, |request| db.update_item(request)),
        "GetItem" => answer(body, |request| db.get_item(request)),
        "PutItem" => answer(body, |request| db.put_item(request)),
        "DeleteItem" => answer(body, |request| db.delete_item(request)),
        "Query" => answer(body, |request| db.query(request)),
        "Scan" => answer(body, |request| db.scan(request)),
        "BatchGetItem" => answer(body, |request| db.batch_get_item(request)),
        "BatchWriteItem" => answer(body, |request| db.batch_write_item(request)),
        "TransactWriteItems" => answer(body, |request| db.transact_write_items(request)),
        "TransactGetItems" => answer(body, |request| db.transact_get_items(request)),
        "CreateTable" => answer(body, |request| db.create_table(request)),
        "DescribeTable" => answer(body, |request| db.describe_table(request)),
        "DeleteTable" => answer(body, |request| db.delete_table(request)),
        "ListTables" => answer(body, |request| db.list_tables(request)),
        "UpdateTimeToLive" => answer(body, |request| db.update_time_to_live(request)),
        "DescribeTimeToLive" => answer(body, |request| db.describe_time_to_live(request)),
        other => Err(DynoxideError::ValidationException(format!("Unknown operation \"{other}\""))),
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|error| refusal(&error))?;
    serde_json::to_vec(&operation(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine's readers tell by private markers in serde's message which of DynamoDB's errors a body
/// deserves; they and serde's position must not reach the client.
fn refusal(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    for marker in ["SERIALIZATION_AS_READ:", "SERIALIZATION:"] {
        if let Some(message) = text.strip_prefix(marker) {
            return DynoxideError::SerializationException(without_position(message));
        }
    }
    for marker in ["VALIDATION_REQUEST:", "VALIDATION_AS_READ:", "VALIDATION:"] {
        if let Some(message) = text.strip_prefix(marker) {
            return DynoxideError::ValidationException(without_position(message));
        }
    }
    match error.classify() {
        serde_json::error::Category::Data if !text.starts_with("invalid type") => {
            DynoxideError::ValidationException(without_position(&text))
        }
        _ => DynoxideError::SerializationException(without_position(&text)),
    }
}

fn without_position(message: &str) -> String {
    message.rfind(" at line ").map_or(message, |end| &message[..end]).to_owned()
}
