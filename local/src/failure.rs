//! Why a command ended without doing its work: one sentence and an exit code.

use std::process::ExitCode;

use flatline_embedded::DataLockError;
use flatline_shared::aws::StartError;
use flatline_shared::config::ConfigErrors;
use flatline_shared::notify::{CanaryError, ClientError};
use flatline_shared::store::StoreError;

use crate::backup::BackupError;
use crate::data::DataFileError;
use crate::demo::DemoError;
use crate::import::ImportError;
use crate::remote::RemoteError;

/// Why `flatline` cannot start or go on; each with one sentence and an exit code.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Everything that is wrong with the configuration.
    #[error("{}", told(.0))]
    Config(#[from] ConfigErrors),
    /// The data directory is in use, or cannot be used.
    #[error("flatline: {0}")]
    Data(#[from] DataLockError),
    /// A file in the data directory cannot be used.
    #[error("flatline: {0}")]
    DataFile(#[from] DataFileError),
    /// The database cannot be used.
    #[error("flatline: cannot open the database: {0}")]
    Engine(#[from] flatline_embedded::EngineError),
    /// The table cannot be used.
    #[error("flatline: cannot use the table: {0}")]
    Store(#[from] StoreError),
    /// The database that was named cannot be used.
    #[error("flatline: --endpoint-url (FLATLINE_DYNAMODB_URL): {0}")]
    Database(#[from] StartError),
    /// Canaries cannot be sent as configured.
    #[error("flatline: FLATLINE_CANARY_URL: {0}")]
    Canary(#[from] CanaryError),
    /// No client for channels can be built.
    #[error("flatline: {0}")]
    Client(#[from] ClientError),
    /// What `--listen` says is no address.
    #[error(
        "flatline: --listen (FLATLINE_LISTEN) must be an IP address with a port, such as 127.0.0.1:8080 \
         or [::]:8080, not {0:?}"
    )]
    Address(String),
    /// The address cannot be listened on.
    #[error("flatline: cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// No backup was made.
    #[error("flatline: {0}")]
    Backup(#[from] BackupError),
    /// No demonstration was made.
    #[error("flatline: {0}")]
    Demo(#[from] DemoError),
    /// Nothing was imported.
    #[error("flatline: {0}")]
    Import(#[from] ImportError),
    /// The running server did not do it.
    #[error("flatline: {0}")]
    Remote(#[from] RemoteError),
    /// The operating system refuses what every program needs.
    #[error("flatline: {0}")]
    System(#[from] std::io::Error),
}

impl Failure {
    /// 2: configuration, 75: data directory locked, 1: anything else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_)
            | Self::Address(_)
            | Self::Canary(_)
            | Self::Backup(BackupError::Exists(_))
            | Self::Demo(DemoError::NotEmpty(_) | DemoError::Future)
            | Self::Import(_) => ExitCode::from(2),
            Self::Remote(error) if error.is_usage() => ExitCode::from(2),
            Self::Data(DataLockError::Locked { .. }) => ExitCode::from(75),
            _ => ExitCode::FAILURE,
        }
    }
}

fn told(errors: &ConfigErrors) -> String {
    let problems: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
    format!("flatline: {errors}\n  {}", problems.join("\n  "))
}
