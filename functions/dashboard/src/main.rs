//! The Lambda function that shows the page and answers the read APIs.

use flatline_shared::app::App;
use flatline_shared::aws::Role;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::on_aws(Role::Dashboard).await?;
    lambda_http::run(flatline_dashboard::router(app)).await
}
