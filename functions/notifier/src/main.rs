//! The Lambda function that delivers; new rows of the outbox and a schedule ring it.

use flatline_notifier::Drained;
use flatline_shared::aws::{Deployed, Role};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let deployed = &Deployed::begin(Role::NOTIFIER, std::convert::identity).await;
    let drain = async |_: LambdaEvent<IgnoredAny>| {
        let app = deployed.current().await?;
        match flatline_notifier::drain(&app).await {
            Drained::Complete => Ok::<_, Error>(()),
            // A failed invocation is what alarms see, and what the stream brings again.
            Drained::CutShort(error) => Err(error.into()),
        }
    };
    lambda_runtime::run(service_fn(drain)).await
}
