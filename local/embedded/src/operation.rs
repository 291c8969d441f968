//! DynamoDB's operations on the engine: JSON in, JSON out.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What `x-amz-target` starts with.
const TARGET: &str = "DynamoDB_20120810.";

/// An operation that has been read and only has to be carried out.
pub(crate) type Work = Box<dyn FnOnce(&Database) -> Result<Vec<u8>, DynoxideError> + Send>;

/// Reads one operation. `target` is the value of `x-amz-target`.
pub(crate) fn of(target: &str, body: &[u8]) -> Result<Work, DynoxideError> {
    match target.strip_prefix(TARGET).unwrap_or(target) {
        "UpdateItem" => read(body, Database::update_item),
        "GetItem" => read(body, Database::get_item),
        "PutItem" => read(body, Database::put_item),
        "DeleteItem" => read(body, Database::delete_item),
        "Query" => read(body, Database::query),
        "Scan" => read(body, Database::scan),
        "BatchGetItem" => read(body, Database::batch_get_item),
        "BatchWriteItem" => read(body, Database::batch_write_item),
        "TransactWriteItems" => read(body, Database::transact_write_items),
        "TransactGetItems" => read(body, Database::transact_get_items),
        "CreateTable" => read(body, Database::create_table),
        "DescribeTable" => read(body, Database::describe_table),
        "DeleteTable" => read(body, Database::delete_table),
        "ListTables" => read(body, Database::list_tables),
        "UpdateTimeToLive" => read(body, Database::update_time_to_live),
        "DescribeTimeToLive" => read(body, Database::describe_time_to_live),
        other => Err(DynoxideError::ValidationException(format!("Unknown operation \"{other}\""))),
    }
}

fn read<Q, A>(
    body: &[u8],
    operation: impl FnOnce(&Database, Q) -> Result<A, DynoxideError> + Send + 'static,
) -> Result<Work, DynoxideError>
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize,
{
    let request: Q = serde_json::from_slice(body).map_err(|error| refusal(&error))?;
    Ok(Box::new(move |db| {
        serde_json::to_vec(&operation(db, request)?)
            .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
    }))
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
