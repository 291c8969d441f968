//! The database file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::{Database, DynoxideError};

use crate::connector::{self, EmbeddedHttpClient, Execution};
use crate::operation::{self, Work};

/// A DynamoDB-compatible database in a file or in memory. Clones share it.
#[derive(Clone)]
pub struct Engine {
    db: Database,
}

/// What DynamoDB would have answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status: 200, 400 or 500.
    pub status: u16,
    /// JSON in DynamoDB's protocol; an error carries `__type`.
    pub body: Vec<u8>,
}

impl From<DynoxideError> for Answer {
    fn from(error: DynoxideError) -> Self {
        Self { status: error.status_code(), body: error.to_json().into_bytes() }
    }
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The path is not UTF-8.
    #[error("the path {} is not UTF-8", .0.display())]
    Path(PathBuf),
    /// The file cannot be opened as a database.
    #[error("{} cannot be opened: {why}", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What the engine answered.
        why: DynoxideError,
    },
    /// The file cannot be created.
    #[error("{} cannot be created: {why}", path.display())]
    Create {
        /// The database file.
        path: PathBuf,
        /// What the system answered.
        #[source]
        why: io::Error,
    },
    /// The file cannot be read back.
    #[error("{} cannot be read: {why}", path.display())]
    Read {
        /// The database file.
        path: PathBuf,
        /// What the system answered.
        #[source]
        why: io::Error,
    },
    /// The file does not survive a crash: no write-ahead log.
    #[error("{} is not durable: its file format version is {version}, not 2", path.display())]
    NotDurable {
        /// The database file.
        path: PathBuf,
        /// The file format version in its header; 2 means write-ahead log.
        version: u8,
    },
    /// No good copy of the file could be made.
    #[error("{} cannot be copied: {why}", path.display())]
    Copy {
        /// The database file.
        path: PathBuf,
        /// What the database library answered.
        why: String,
    },
    /// The engine failed.
    #[error("the database failed: {0}")]
    Failed(DynoxideError),
}

impl Engine {
    /// Opens or creates a file. An acknowledged write in it survives a crash: write-ahead log, one fsync
    /// per commit.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let name = path.to_str().ok_or_else(|| EngineError::Path(path.to_path_buf()))?;
        create(path).map_err(|why| EngineError::Create { path: path.to_path_buf(), why })?;
        let open = || {
            Database::new(name).map_err(|why| EngineError::Open { path: path.to_path_buf(), why })
        };
        // The header is read while no connection is open: closing a file gives up every lock that the
        // process has on it, and a connection must keep its own.
        drop(open()?);
        assert_durable(path)?;
        Ok(Self { db: open()? })
    }

    /// A database that is gone with its last clone.
    pub fn memory() -> Result<Self, EngineError> {
        Ok(Self { db: Database::memory().map_err(EngineError::Failed)? })
    }

    /// Runs one operation. `target` is the value of `x-amz-target` or the bare name; `json` its body.
    pub fn call(&self, target: &str, json: &[u8]) -> Answer {
        operation::of(target, json).map_or_else(Answer::from, |work| self.carry_out(work))
    }

    /// Runs an operation that has been read.
    pub(crate) fn carry_out(&self, work: Work) -> Answer {
        work(&self.db).map_or_else(Answer::from, |body| Answer { status: 200, body })
    }

    /// An SDK client onto this database.
    pub fn client(&self, execution: Execution) -> aws_sdk_dynamodb::Client {
        connector::client_with(self.http_client(execution))
    }

    /// The transport below [`Engine::client`], for callers that put something between.
    pub fn http_client(&self, execution: Execution) -> SharedHttpClient {
        SharedHttpClient::new(EmbeddedHttpClient::new(self.clone(), execution))
    }

    /// Deletes items whose time to live is over, a page at a time; returns how many.
    pub fn sweep_ttl(&self) -> Result<usize, EngineError> {
        self.db.sweep_ttl().map_err(EngineError::Failed)
    }

    /// Writes a compact copy of the running database to `path`, which must not exist.
    pub fn backup(&self, path: &Path) -> Result<(), EngineError> {
        let name = path.to_str().ok_or_else(|| EngineError::Path(path.to_path_buf()))?;
        self.db.vacuum_into(name).map_err(EngineError::Failed)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

/// A new file is its owner's alone, whatever the directory allows; what the engine puts beside it has
/// the same mode. An existing one keeps its own: it may be shared on purpose.
fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

/// The header says whether the file has a write-ahead log (bytes 18 and 19,
/// <https://www.sqlite.org/fileformat2.html>). That a connection then syncs each commit is the linked
/// library's default, held by a test.
pub(crate) fn assert_durable(path: &Path) -> Result<(), EngineError> {
    let unreadable = |why| EngineError::Read { path: path.to_path_buf(), why };
    let mut header = [0_u8; 20];
    File::open(path).map_err(unreadable)?.read_exact(&mut header).map_err(unreadable)?;
    match header[18].min(header[19]) {
        2 => Ok(()),
        version => Err(EngineError::NotDurable { path: path.to_path_buf(), version }),
    }
}
