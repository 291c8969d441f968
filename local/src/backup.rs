//! `flatline backup`: a consistent copy of the database, also while a server runs on it.
//!
//! The copy is one read transaction of the database itself, so it needs no data lock and holds every
//! heartbeat that was acknowledged before it began. It gets its name only once it was verified.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use flatline_embedded::{Engine, EngineError, Execution};
use flatline_shared::clock::SystemClock;
use flatline_shared::config::Env;
use flatline_shared::render::time::utc;
use flatline_shared::store::{IfMissing, Store, StoreError, SweepFilter, Swept};

use crate::data::DATABASE;
use crate::failure::Failure;
use crate::wiring;

/// What to copy, and where to.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct BackupArgs {
    /// The file to write; it must not exist
    file: PathBuf,

    /// The data directory
    #[arg(long, env = "FLATLINE_DATA", default_value = "./data", value_name = "DIR")]
    data: PathBuf,
}

const EXAMPLES: &str = "\
A server may go on running. The copy holds everything that was acknowledged before the command
began; it is verified before it gets its name. API keys are not in it: keep api-keys.json too.

To restore: stop the server, put the file into an empty data directory as flatline.db, start.

Examples:
  flatline backup /backups/flatline-$(date +%F).db
  flatline backup --data /var/lib/flatline copy.db";

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is ever overwritten.
    #[error("{} exists already: name a file that does not, or move it away", .0.display())]
    Exists(PathBuf),
    /// Nothing to copy.
    #[error("there is no database in {}: name the data directory with --data", .0.display())]
    NoDatabase(PathBuf),
    /// The copy cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The copy.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database could not be copied, or the copy does not stand the test.
    #[error("no backup was made: {0}")]
    Engine(#[from] EngineError),
    /// The copy cannot be read as a table of ours.
    #[error("no backup was made, the copy cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// Runs `flatline backup`.
pub fn run(args: &BackupArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let said = runtime.block_on(backup(args))?;
    Ok(io::stdout().write_all(format!("{said}\n").as_bytes())?)
}

async fn backup(args: &BackupArgs) -> Result<String, BackupError> {
    let database = args.data.join(DATABASE);
    if !database.is_file() {
        return Err(BackupError::NoDatabase(args.data.clone()));
    }
    if args.file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(args.file.clone()));
    }
    let draft = Draft::new(&args.file)?;
    flatline_embedded::copy(&database, &draft.path)?;
    let found = contents(&draft.path).await?;
    draft.keep(&args.file)?;
    Ok(told(&args.file, &found))
}

/// A file of its own beside the one that is wanted; gone unless it is kept.
struct Draft {
    path: PathBuf,
}

impl Draft {
    /// An empty file that only its owner can read.
    fn new(wanted: &Path) -> Result<Self, BackupError> {
        let mut name = wanted.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let path = wanted.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(_) => Ok(Self { path }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(BackupError::Exists(path))
            }
            Err(source) => Err(BackupError::Unwritable { path: wanted.to_path_buf(), source }),
        }
    }

    /// On disk, under the wanted name. Two backups at once cannot get here: the draft is one's own.
    fn keep(self, wanted: &Path) -> Result<(), BackupError> {
        if wanted.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(wanted.to_path_buf()));
        }
        let directory = wanted.parent().filter(|parent| *parent != Path::new(""));
        let keep = || {
            File::open(&self.path)?.sync_all()?;
            fs::rename(&self.path, wanted)?;
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
        };
        keep().map_err(|source| BackupError::Unwritable { path: wanted.to_path_buf(), source })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut name = self.path.clone().into_os_string();
            name.push(end);
            // What is not there need not be removed, and of what cannot be, its name says what it is.
            let _ = fs::remove_file(name);
        }
    }
}

/// Every record of the copy; a schema newer than ours is refused.
async fn contents(copy: &Path) -> Result<Swept, BackupError> {
    let engine = Engine::open(copy)?;
    let client = engine.client(Execution::Inline);
    let env = Env::from_process();
    let table = wiring::table(&env);
    let store = Store::open(client, table, SystemClock::shared(), IfMissing::Refuse).await?;
    Ok(store.sweep(SweepFilter::All).await?)
}

fn told(file: &Path, found: &Swept) -> String {
    let size_kib = fs::metadata(file).map_or(0, |metadata| metadata.len().div_ceil(1_024));
    let services = found.records.len() + found.broken.len();
    let newest = found.records.iter().filter_map(|record| record.last_beat).max();
    let newest = newest.map_or_else(
        || "no heartbeat yet".to_owned(),
        |at| format!("newest heartbeat {}", utc(at)),
    );
    let plural = if services == 1 { "" } else { "s" };
    format!("{}: {size_kib} KiB, verified; {services} service{plural}, {newest}", file.display())
}
