//! One process per data directory.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The exclusive right to a data directory. Given back when dropped or when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct DataLock {
    directory: PathBuf,
    _file: File,
}

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataLockError {
    /// Another process holds it.
    #[error("{} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// It cannot be created or written.
    #[error("{} cannot be written: {why}", directory.display())]
    Unwritable {
        /// The data directory.
        directory: PathBuf,
        /// What the system answered.
        #[source]
        why: io::Error,
    },
}

impl DataLock {
    /// Creates the directory (0700) if it is missing and locks its file `lock`. Does not wait.
    pub fn take(directory: &Path) -> Result<Self, DataLockError> {
        let unwritable =
            |why| DataLockError::Unwritable { directory: directory.to_path_buf(), why };
        create(directory).map_err(unwritable)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(directory.join("lock"))
            .map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { directory: directory.to_path_buf(), _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataLockError::Locked(directory.to_path_buf())),
            Err(TryLockError::Error(why)) => Err(unwritable(why)),
        }
    }

    /// Whether others than its owner may look into the directory, or change it.
    pub fn is_open_to_others(&self) -> bool {
        fs::metadata(&self.directory).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
    }

    /// The directory that is ours.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// An existing directory keeps its mode: it may be shared on purpose.
fn create(directory: &Path) -> io::Result<()> {
    match fs::metadata(directory) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => return Err(io::Error::other("it is a file and must be a directory")),
        Err(_) => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}
