//! The Lambda function that shows the page and answers the read APIs.

use flatline_shared::aws::{Role, front};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(front(Role::DASHBOARD, flatline_dashboard::router).await).await
}
