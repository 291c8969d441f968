//! The table's stream, as far as the notifier sees it: new rows of the outbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use flatline_embedded::Engine;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Deployment, TABLE};
use crate::clock::pause;
use crate::runtime_api::{InvokeError, LambdaProcess};

/// How often the table is looked at, in ms.
const LOOK_MS: u64 = 100;

/// Invokes a function with each batch of new outbox rows, one batch at a time. A row that is gone again
/// before anybody looks rings no bell: nobody has to be told of it.
pub struct Stream {
    ending: watch::Sender<bool>,
    task: JoinHandle<Result<usize, InvokeError>>,
}

impl Stream {
    /// From the table of `deployment` to `function`; rows that are there already count as new.
    pub fn start(deployment: &Deployment, function: Arc<LambdaProcess>) -> Self {
        let engine = deployment.bridge().gate().engine().clone();
        let (ending, ended) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut seen = BTreeSet::new();
            let mut batches = 0;
            loop {
                let is_last = *ended.borrow();
                let batch: Vec<Row> =
                    outbox(&engine).into_iter().filter(|row| seen.insert(row.clone())).collect();
                if !batch.is_empty() {
                    function.invoke(&event(&batch)).await?;
                    batches += 1;
                }
                if is_last {
                    return Ok(batches);
                }
                pause(LOOK_MS).await;
            }
        });
        Self { ending, task }
    }

    /// Hands on what is new, waits for the function's answer, and says how many batches there were.
    pub async fn end(self) -> Result<usize, InvokeError> {
        self.ending.send_replace(true);
        self.task.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

/// Partition and sort key.
type Row = (String, String);

/// Every row that waits.
fn outbox(engine: &Engine) -> Vec<Row> {
    let scan = json!({
        "TableName": TABLE,
        "ProjectionExpression": "PK, SK",
        "FilterExpression": "begins_with(PK, :queue) AND SK <> :channel",
        "ExpressionAttributeValues": {":queue": {"S": "Q#"}, ":channel": {"S": "!"}},
    });
    let answer = engine.call("Scan", scan.to_string().as_bytes());
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let rows = answer["Items"].as_array().into_iter().flatten();
    rows.map(|item| (text(item, "PK"), text(item, "SK"))).collect()
}

/// A batch as DynamoDB hands it on
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>), keys only.
fn event(batch: &[Row]) -> Value {
    let records = batch.iter().enumerate().map(|(n, (pk, sk))| {
        json!({
            "eventID": format!("{n:032x}"),
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_000_000,
                "Keys": {"PK": {"S": pk}, "SK": {"S": sk}},
                "SequenceNumber": format!("{:021}", n + 1),
                "SizeBytes": pk.len() + sk.len() + 4,
                "StreamViewType": "KEYS_ONLY",
            },
            "eventSourceARN": format!("arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}/stream/2026-11-22T00:00:00.000"),
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}
