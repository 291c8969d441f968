//! The Lambda function that takes heartbeats.

use flatline_shared::aws::{Role, front};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(front(Role::INGEST, flatline_ingest::router).await).await
}
