//! The Lambda function that takes external alerts.

use flatline_shared::app::App;
use flatline_shared::aws::Role;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = App::on_aws(Role::Alert).await?;
    flatline_alert::run(app).await
}
