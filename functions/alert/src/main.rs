//! The Lambda function that takes external alerts.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    flatline_alert::run().await
}
