//! A copy of a database file that somebody else may have open.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::EngineError;

/// How long to wait for a writer that starts or ends; copying itself waits for nobody.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `PRAGMA integrity_check` answers when all is well.
const WELL: &str = "ok";

/// Copies the database `from` to `to`, which must be missing or empty, and checks the copy page by
/// page. One read transaction: writers go on, and what was committed before is in the copy.
pub fn copy(from: &Path, to: &Path) -> Result<(), EngineError> {
    let name = to.to_str().ok_or_else(|| EngineError::Path(to.to_path_buf()))?;
    let failed =
        |why: rusqlite::Error| EngineError::Copy { path: from.to_path_buf(), why: why.to_string() };
    let source = open(from).map_err(failed)?;
    source.execute("VACUUM INTO ?1", [name]).map_err(failed)?;
    drop(source);
    let said = integrity(to).map_err(failed)?;
    if said != WELL {
        return Err(EngineError::Copy { path: from.to_path_buf(), why: said });
    }
    Ok(())
}

fn integrity(path: &Path) -> rusqlite::Result<String> {
    open(path)?.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
}

/// Opens a file that must be there.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}
