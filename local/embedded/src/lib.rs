//! A DynamoDB-compatible engine behind the AWS SDK's connector: the same client code that talks to
//! DynamoDB talks to a file, without a socket.
//!
//! [`DataLock`] keeps a second process away from the directory, [`Engine`] holds the file, and
//! [`Engine::client`] is an ordinary SDK client onto it. Nothing here knows what is stored.

mod connector;
mod copy;
mod data_lock;
mod engine;
mod operation;
mod queue;

/// What carries the SDK's requests.
pub use aws_smithy_runtime_api::client::http::SharedHttpClient as Carrier;
pub use connector::{Execution, client_config, client_with, client_within};
pub use copy::copy;
pub use data_lock::{DataLock, DataLockError};
pub use engine::{Answer, Engine, EngineError};

#[cfg(test)]
mod tests;
