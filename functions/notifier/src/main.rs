//! The Lambda function that delivers; new rows of the outbox and a schedule ring it.

use flatline_shared::aws::{Deployed, Role};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let deployed = &Deployed::begin(Role::Notifier, std::convert::identity).await;
    let drain = async |_: LambdaEvent<IgnoredAny>| {
        let app = deployed.current().await?;
        flatline_notifier::drain(&app).await;
        Ok::<_, Error>(())
    };
    lambda_runtime::run(service_fn(drain)).await
}
