//! What an error of the SDK means: the one place that maps them.

use aws_sdk_dynamodb::Error;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::call::{Failure, Unmet};
use super::types::StoreError;

/// What to do about an error.
pub(super) enum Verdict {
    /// It was not applied: try again.
    Again(String),
    /// Nobody knows whether it was applied: try again.
    Doubtful(String),
    /// Trying again is useless.
    Final(Failure),
}

/// What to do after `error`.
pub(super) fn judge<E>(error: SdkError<E, HttpResponse>) -> Verdict
where
    E: std::error::Error + 'static,
    Error: From<SdkError<E, HttpResponse>>,
{
    match error {
        SdkError::ServiceError(_) => judge_answer(Error::from(error)),
        SdkError::ConstructionFailure(_) => {
            Verdict::Final(Failure::Store(StoreError::Refused(chain(&error))))
        }
        _ => Verdict::Doubtful(chain(&error)),
    }
}

fn judge_answer(error: Error) -> Verdict {
    let error = match error {
        Error::ConditionalCheckFailedException(failed) => {
            let unmet = Unmet { item: failed.item, positions: Vec::new() };
            return Verdict::Final(Failure::Unmet(unmet));
        }
        Error::TransactionCanceledException(cancelled) => return judge_cancelled(&cancelled),
        other => other,
    };
    let why = format!(
        "{}: {}",
        error.code().unwrap_or("no error code"),
        error.message().unwrap_or("no message")
    );
    match error.code().unwrap_or_default() {
        "TransactionConflictException"
        | "TransactionInProgressException"
        | "ReplicatedWriteConflictException"
        | "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "RequestLimitExceeded" => Verdict::Again(why),
        "" | "InternalServerError" | "InternalFailure" | "ServiceUnavailable" => {
            Verdict::Doubtful(why)
        }
        "ResourceNotFoundException" => Verdict::Final(Failure::NoTable(why)),
        "ValidationException"
        | "SerializationException"
        | "ItemCollectionSizeLimitExceededException" => {
            Verdict::Final(Failure::Store(StoreError::Refused(why)))
        }
        _ => Verdict::Final(Failure::Store(StoreError::Unavailable(why))),
    }
}

/// A failed condition outweighs a conflict: whoever caused it was first.
fn judge_cancelled(cancelled: &TransactionCanceledException) -> Verdict {
    let reasons = cancelled.cancellation_reasons();
    let positions: Vec<usize> = (0..reasons.len())
        .filter(|&index| reasons[index].code() == Some("ConditionalCheckFailed"))
        .collect();
    if let Some(&first) = positions.first() {
        let item = reasons[first].item.clone();
        return Verdict::Final(Failure::Unmet(Unmet { item, positions }));
    }
    let why = reasons
        .iter()
        .filter(|reason| reason.code() != Some("None"))
        .map(|reason| {
            let message = reason.message().unwrap_or("no message");
            format!("{}: {message}", reason.code().unwrap_or("no code"))
        })
        .collect::<Vec<_>>()
        .join("; ");
    let refused = reasons.iter().any(|reason| {
        matches!(reason.code(), Some("ValidationError" | "ItemCollectionSizeLimitExceeded"))
    });
    if refused {
        return Verdict::Final(Failure::Store(StoreError::Refused(why)));
    }
    Verdict::Again(why)
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
