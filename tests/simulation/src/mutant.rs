//! Products that are broken on purpose, from outside: what the simulation must be able to catch.

use serde_json::{Value, json};

use crate::cage::Role;

/// Something that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The checker's commits have no condition.
    BlindCommits,
    /// Canaries prove without being heard.
    LyingCanary,
    /// How deliveries ended is not written down.
    MarkingLost,
    /// The first channel loses one in three messages that it accepted.
    AcceptanceLost,
    /// That a clock jumped or a canary failed is not written down.
    BlindnessLost,
    /// Commits have no rows for the first channel.
    RowsLost,
    /// Heartbeats are acknowledged and not stored.
    BeatsLost,
    /// Sweeps find nothing.
    DeafSweeps,
    /// Days are not written.
    DaysLost,
    /// Whoever asks for a channel gets it.
    LeasesIgnored,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::BlindCommits,
        Self::LyingCanary,
        Self::MarkingLost,
        Self::AcceptanceLost,
        Self::BlindnessLost,
        Self::RowsLost,
        Self::BeatsLost,
        Self::DeafSweeps,
        Self::DaysLost,
        Self::LeasesIgnored,
    ];

    /// The answer to a call that is not carried out.
    pub fn answers(self, role: Role, operation: &str, body: &[u8]) -> Option<String> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let key = body["Key"]["PK"]["S"].as_str().unwrap_or_default();
        let swallowed = match (self, operation) {
            (Self::MarkingLost, "TransactWriteItems") => {
                items(&body).any(|item| item.get("Delete").is_some())
            }
            (Self::BlindnessLost, "UpdateItem") => {
                body["ExpressionAttributeValues"].get(":yes").is_some()
            }
            (Self::BeatsLost, "UpdateItem") => role == Role::Ingest && key.starts_with("S#"),
            (Self::DeafSweeps, "Query") => {
                let pk = body["ExpressionAttributeValues"][":pk"]["S"].as_str();
                if role == Role::Checker && pk.is_some_and(|pk| pk.starts_with("S#")) {
                    return Some(json!({"Items": [], "Count": 0, "ScannedCount": 0}).to_string());
                }
                false
            }
            _ => false,
        };
        swallowed.then(|| "{}".to_owned())
    }

    /// A call that is carried out otherwise.
    pub fn edits(self, role: Role, operation: &str, body: &[u8]) -> Option<Vec<u8>> {
        let mut body: Value = serde_json::from_slice(body).ok()?;
        match (self, operation) {
            (Self::BlindCommits, "TransactWriteItems") if role == Role::Checker => {
                for item in items_mut(&mut body)? {
                    unconditional(item);
                }
            }
            (Self::RowsLost, "TransactWriteItems") => without(&mut body, "Q#hook0")?,
            (Self::DaysLost, "TransactWriteItems") => without(&mut body, "D#")?,
            (Self::LeasesIgnored, "UpdateItem") => {
                let expression = body["ConditionExpression"].as_str().unwrap_or_default();
                if !expression.contains("un < :now") {
                    return None;
                }
                body.as_object_mut()?.remove("ConditionExpression");
                let values = body["ExpressionAttributeValues"].as_object_mut()?;
                values.retain(|name, _| name != ":now" && name != ":ahead");
            }
            _ => return None,
        }
        Some(body.to_string().into_bytes())
    }
}

fn items(body: &Value) -> impl Iterator<Item = &Value> {
    body["TransactItems"].as_array().into_iter().flatten()
}

fn items_mut(body: &mut Value) -> Option<&mut Vec<Value>> {
    body["TransactItems"].as_array_mut()
}

/// Takes the Puts of these partitions out of a transaction.
fn without(body: &mut Value, pk: &str) -> Option<()> {
    items_mut(body)?.retain(|item| {
        let put = item["Put"]["Item"]["PK"]["S"].as_str();
        !put.is_some_and(|put| put.starts_with(pk))
    });
    Some(())
}

fn unconditional(item: &mut Value) {
    let Some(update) = item.get_mut("Update").and_then(Value::as_object_mut) else { return };
    update.remove("ConditionExpression");
    if let Some(values) = update.get_mut("ExpressionAttributeValues").and_then(Value::as_object_mut)
    {
        values.retain(|name, _| !name.starts_with(":read_"));
    }
}
