//! The Lambda function that takes heartbeats.

use flatline_shared::app::App;
use flatline_shared::aws::Role;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::on_aws(Role::Ingest).await?;
    lambda_http::run(flatline_ingest::router(app)).await
}
