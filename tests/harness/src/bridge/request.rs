//! What a call says: the parts of DynamoDB's JSON that faults, log and bill look at.

use serde_json::{Map, Value};

/// Operations that can say what they cost.
const METERED: [&str; 10] = [
    "GetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "TransactGetItems",
];

/// One request, read.
pub(super) struct Request {
    pub(super) operation: String,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn read(target: &str, body: &[u8]) -> Self {
        let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
        Self { operation, body: serde_json::from_slice(body).unwrap_or(Value::Null) }
    }

    /// The body, asking for the bill as well. A client does not mind a member that it did not ask for.
    pub(super) fn metered(&self, body: &[u8]) -> Vec<u8> {
        let asked = self.body.get("ReturnConsumedCapacity").is_some();
        match (&self.body, METERED.contains(&self.operation.as_str()) && !asked) {
            (Value::Object(members), true) => {
                let mut members = members.clone();
                members.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
                Value::Object(members).to_string().into_bytes()
            }
            _ => body.to_vec(),
        }
    }

    /// The items of a transaction.
    pub(super) fn transacted(&self) -> impl Iterator<Item = &Value> {
        let items = self.body["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item.as_object()?.values().next())
    }

    /// What IAM asks for: a transaction needs the actions of its parts, and none of its own.
    pub(super) fn actions(&self) -> Vec<String> {
        if self.operation != "TransactWriteItems" {
            return vec![format!("dynamodb:{}", self.operation)];
        }
        let items = self.body["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
        let kinds = items.iter().filter_map(|item| item.as_object()?.keys().next());
        let action = |kind: &String| match kind.as_str() {
            "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
            kind => format!("dynamodb:{kind}Item"),
        };
        kinds.map(action).collect()
    }

    /// `<PK>/<SK>` of every item that is named; the values of a query's key condition.
    pub(super) fn keys(&self) -> Vec<String> {
        match self.operation.as_str() {
            "Query" => vec![self.condition_values()],
            "BatchGetItem" => self.batched("Keys").map(|key| joined(&key)).collect(),
            "BatchWriteItem" => self.batch_writes(),
            "TransactWriteItems" | "TransactGetItems" => self.transacted().map(key_of).collect(),
            _ if self.body.get("Key").or(self.body.get("Item")).is_some() => {
                vec![key_of(&self.body)]
            }
            _ => Vec::new(),
        }
    }

    fn condition_values(&self) -> String {
        let condition = self.body["KeyConditionExpression"].as_str().unwrap_or_default();
        let values = &self.body["ExpressionAttributeValues"];
        let placeholders = condition.split(|c: char| !(c.is_alphanumeric() || ":_#".contains(c)));
        let named = placeholders.filter(|word| word.starts_with(':'));
        named.map(|name| scalar(&values[name])).collect::<Vec<_>>().join("/")
    }

    fn batched(&self, member: &str) -> impl Iterator<Item = Value> {
        let tables = self.body["RequestItems"].as_object().cloned().unwrap_or_default();
        let member = member.to_owned();
        tables.into_iter().flat_map(move |(_, table)| {
            let list = if member.is_empty() { table } else { table[&member].clone() };
            list.as_array().cloned().unwrap_or_default()
        })
    }

    fn batch_writes(&self) -> Vec<String> {
        let writes = self.batched("");
        writes.filter_map(|write| Some(key_of(write.as_object()?.values().next()?))).collect()
    }
}

/// The key attributes of a write or a read that carries `Key` or `Item`.
fn key_of(action: &Value) -> String {
    action.get("Key").or(action.get("Item")).map(joined).unwrap_or_default()
}

fn joined(key: &Value) -> String {
    let empty = Map::new();
    let members = key.as_object().unwrap_or(&empty);
    let parts = ["PK", "SK"].iter().filter_map(|name| members.get(*name)).map(scalar);
    parts.collect::<Vec<_>>().join("/")
}

/// `{"S":"x"}` as `x`.
fn scalar(value: &Value) -> String {
    let inner = value.as_object().and_then(|types| types.values().next());
    inner.and_then(Value::as_str).unwrap_or_default().to_owned()
}
