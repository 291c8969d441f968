//! `flatline demo`: a data directory with a past, to look at before there is one of your own.

mod dice;
mod script;
mod stage;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use flatline_domain::UnixMs;
use flatline_embedded::{DataLock, Engine, Execution};
use flatline_shared::clock::SystemClock;
use flatline_shared::config::{Config, Env};
use flatline_shared::render::time::parse_rfc3339;
use flatline_shared::store::{IfMissing, Store};

use crate::data::DATABASE;
use crate::demo::script::script;
use crate::demo::stage::Stage;
use crate::failure::Failure;
use crate::ready::shell_word;
use crate::wiring;

/// What to make, and where.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// The data directory to fill; it must be empty or missing
    #[arg(long, env = "FLATLINE_DATA", default_value = "./data", value_name = "DIR")]
    data: PathBuf,

    /// Days of history
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u16).range(2..=366))]
    days: u16,

    /// Another number makes another past
    #[arg(long, default_value_t = 7)]
    seed: u64,

    /// When the history ends, RFC 3339; now, if it is not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<UnixMs>,
}

const EXAMPLES: &str = "\
Outages, bad days, a service that flaps, one that is down, one that is disabled, one that nobody has
heard of yet, alerts of other tools and holes of our own, with the configuration that belongs to it.
The same seed and time make the same page. Nobody reports for these services: after an hour they
begin to fall silent.

Examples:
  flatline demo --data demo && flatline --data demo --config demo/config
  flatline demo --data demo --days 30 --seed 4";

/// The files of the configuration that belongs to it.
const FILES: [(&str, &str); 3] = [
    ("services.json", include_str!("demo/services.json")),
    ("dashboard.json", include_str!("demo/dashboard.json")),
    ("notifications.json", include_str!("demo/notifications.json")),
];

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// What is there stays.
    #[error("{} is not empty: name another directory with --data, or empty it", .0.display())]
    NotEmpty(PathBuf),
    /// A file or directory cannot be used.
    #[error("{} cannot be used: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The last heartbeats would lie in the future.
    #[error("--until lies in the future: give a time that is over")]
    Future,
}

fn instant(text: &str) -> Result<UnixMs, String> {
    parse_rfc3339(text).ok_or_else(|| "must be RFC 3339, such as 2026-11-22T12:00:00Z".to_owned())
}

/// Runs `flatline demo`.
pub fn run(args: &DemoArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let said = runtime.block_on(demo(args))?;
    Ok(io::stdout().write_all(format!("{said}\n").as_bytes())?)
}

async fn demo(args: &DemoArgs) -> Result<String, Failure> {
    let clock = SystemClock::shared();
    let (now, started_ms) = (clock.now(), clock.monotonic_ms());
    let until = args.until.unwrap_or(now);
    if until > now {
        return Err(DemoError::Future.into());
    }
    refuse_what_is_there(&args.data)?;
    let lock = DataLock::take(&args.data)?;
    let directory = lock.directory().join("config");
    write_config(&directory, args.days)?;
    let env = Env::default();
    let config = Config::load(&directory, &env)?;

    // Written in memory and put into its place at once: nothing has to be synced on the way.
    let engine = Engine::memory()?;
    let client = engine.client(Execution::Inline);
    let store = Store::open(client, wiring::table(&env), clock.clone(), IfMissing::Create).await?;
    let cues = script(args.seed, i64::from(args.days), until);
    let committed = Stage { store: &store, config: &config }.play(&cues, until).await?;
    engine.backup(&lock.directory().join(DATABASE))?;

    let (data, config_dir) = (shown(lock.directory()), shown(&directory));
    Ok(format!(
        "{} days of {} services, {committed} changes of status, made in {} ms\n\
         Start on it with: flatline --data {data} --config {config_dir}",
        args.days,
        config.services.len(),
        clock.monotonic_ms() - started_ms,
    ))
}

fn shown(path: &Path) -> String {
    shell_word(&path.display().to_string())
}

fn refuse_what_is_there(directory: &Path) -> Result<(), DemoError> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(DemoError::Io { path: directory.to_path_buf(), source }),
        Ok(entries) => match entries.count() {
            0 => Ok(()),
            _ => Err(DemoError::NotEmpty(directory.to_path_buf())),
        },
    }
}

fn write_config(directory: &Path, days: u16) -> Result<(), DemoError> {
    let settings = serde_json::json!({
        "features": { "autoRefreshSeconds": 30 },
        "uptime": { "retentionDays": days.max(30) },
    });
    let settings = format!("{settings:#}\n");
    let write = || {
        fs::create_dir(directory)?;
        fs::write(directory.join("settings.json"), settings)?;
        FILES.iter().try_for_each(|(name, text)| fs::write(directory.join(name), text))
    };
    write().map_err(|source| DemoError::Io { path: directory.to_path_buf(), source })
}
