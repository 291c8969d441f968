//! The Lambda function that decides statuses; a schedule rings it once a minute.

use flatline_checker::Checker;
use flatline_shared::aws::{Deployed, Role};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let deployed = &Deployed::begin(Role::CHECKER, Checker::new).await;
    let tick = async |_: LambdaEvent<IgnoredAny>| {
        let checker = deployed.current().await?;
        checker.tick().await.map_err(Error::from)
    };
    lambda_runtime::run(service_fn(tick)).await
}
