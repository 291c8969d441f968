//! The Lambda function that decides statuses; a schedule rings it once a minute.

use flatline_checker::Checker;
use flatline_shared::app::App;
use flatline_shared::aws::Role;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let checker = &Checker::new(App::on_aws(Role::Checker).await?);
    let tick = async |_: LambdaEvent<IgnoredAny>| checker.tick().await.map_err(Error::from);
    lambda_runtime::run(service_fn(tick)).await
}
