//! `flatline import`: the past that another monitor recorded.

mod export;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use flatline_domain::{Day, Days};
use flatline_embedded::{DataLock, Engine, Execution};
use flatline_shared::aws::{self, Role};
use flatline_shared::clock::SystemClock;
use flatline_shared::config::{Config, Env};
use flatline_shared::store::{IfMissing, Store, StoreError};

use crate::data::DATABASE;
use crate::failure::Failure;
use crate::import::export::{Export, ExportError};
use crate::wiring;

/// From where.
#[derive(Debug, ClapArgs)]
pub struct ImportArgs {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    /// Days and alerts of cloudflaremon
    Cloudflaremon(FileArgs),
}

/// What to read, and into what.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
struct FileArgs {
    /// The export: the keys monitor:data and recent:alerts as JSON
    file: PathBuf,

    /// The data directory; no server may run on it
    #[arg(long, env = "FLATLINE_DATA", default_value = "./data", value_name = "DIR")]
    data: PathBuf,

    /// Directory of services.json
    #[arg(long, env = "FLATLINE_CONFIG", default_value = "./config", value_name = "DIR")]
    config: PathBuf,

    /// Import into this table of DynamoDB instead, such as that of a stack on AWS, while it is in use
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// Where that DynamoDB is, if not on AWS
    #[arg(long, value_name = "URL", requires = "table")]
    endpoint_url: Option<String>,
}

const EXAMPLES: &str = "\
FILE holds an object {\"monitor:data\": .., \"recent:alerts\": ..}, each as JSON or as its text, a list of
{\"key\", \"value\"}, or the value of one of the keys alone. Only whole days before Flatline's own first
day are taken; what it saw itself stays as it is. Doing it twice changes nothing more.

A table of DynamoDB takes the variables AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, with
credentials that expire, AWS_SESSION_TOKEN.

Examples:
  wrangler kv key get monitor:data --binding HEARTBEAT_LOGS --remote > days.json
  flatline import cloudflaremon days.json
  eval \"$(aws configure export-credentials --format env)\"
  AWS_REGION=eu-central-1 flatline import cloudflaremon days.json --table flatline-Table-1A2B3C4D5E6F";

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no export; nothing was changed.
    #[error("{}: nothing was imported. {why}", path.display())]
    Wrong {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: ExportError,
    },
}

/// Runs `flatline import`.
pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    let Source::Cloudflaremon(args) = &args.source;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let said = runtime.block_on(import(args))?;
    Ok(io::stdout().write_all(said.as_bytes())?)
}

async fn import(args: &FileArgs) -> Result<String, Failure> {
    let path = args.file.clone();
    let text = fs::read_to_string(&path)
        .map_err(|source| ImportError::Unreadable { path: path.clone(), source })?;
    let export = Export::read(&text).map_err(|why| ImportError::Wrong { path, why })?;
    let env = Env::from_process();
    let config = Config::load(&args.config, &env.clone().without_channels().without_page())?;
    let clock = SystemClock::shared();
    // Nobody else may write to the data directory meanwhile; a table of DynamoDB is there to be shared.
    let (store, _lock) = if let Some(table) = &args.table {
        let client = aws::client(&Role::CHECKER, &env, args.endpoint_url.as_deref())?;
        (Store::open_existing(client, table, clock.clone()).await?, None)
    } else {
        let lock = DataLock::take(&args.data)?;
        let engine = Engine::open(&lock.directory().join(DATABASE))?;
        let (client, table) = (engine.client(Execution::Inline), wiring::table(&env));
        (Store::open(client, table, clock.clone(), IfMissing::Create).await?, Some(lock))
    };
    let today = clock.now().day();
    let mut told = Told::default();
    for (id, days) in &export.days {
        if !is_id(id) {
            told.unusable.push(id.escape_debug().to_string());
            continue;
        }
        let end = export.made_on.map_or(today, |made_on| made_on.min(today));
        let kept = keep_days(&store, id, days, end, config.settings.retention_days).await?;
        told.days += kept;
        told.services += usize::from(kept > 0);
        if config.service(id).is_none() {
            told.unknown.push(id.clone());
        }
    }
    let keep_days = config.notify.max_age_days;
    told.found = export.alerts.len();
    told.alerts = store.import_feed(&export.alerts, keep_days, clock.now()).await?;
    Ok(told.text())
}

/// Stores the days before our own first one that are still shown; returns how many.
async fn keep_days(
    store: &Store,
    id: &str,
    days: &Days,
    end: Day,
    retention_days: u32,
) -> Result<usize, StoreError> {
    let own = store.service(id).await?.map(|record| record.configured_at.day());
    let end = own.map_or(end, |own| own.min(end));
    let begin = Day(end.0 - i64::from(retention_days));
    let kept: Days = days.range(begin..end).map(|(day, totals)| (*day, *totals)).collect();
    if !kept.is_empty() {
        store.import_days(id, &kept, retention_days).await?;
    }
    Ok(kept.len())
}

/// `1 day`, `2 days`.
fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Ids that a configuration may have.
fn is_id(id: &str) -> bool {
    (1..=100).contains(&id.len()) && !id.contains(|c: char| c.is_control() || c == '#')
}

/// What became of an export.
#[derive(Default)]
struct Told {
    services: usize,
    days: usize,
    found: usize,
    alerts: usize,
    unknown: Vec<String>,
    unusable: Vec<String>,
}

impl Told {
    fn text(&self) -> String {
        let Self { services, days, found, alerts, .. } = self;
        let (of_days, of_services) = (plural(*days, "day"), plural(*services, "service"));
        let mut lines = vec![format!(
            "{of_days} of {of_services}; {alerts} new of {found} alerts (too old ones and those \
             that are there are left out)"
        )];
        if !self.unknown.is_empty() {
            let ids = self.unknown.join(", ");
            let what = "Their days are kept and shown once they are.";
            lines.push(format!("Not in services.json: {ids}. {what}"));
        }
        if !self.unusable.is_empty() {
            let ids = self.unusable.join(", ");
            lines.push(format!("Left out, no id of a service can be like this: {ids}"));
        }
        lines.join("\n") + "\n"
    }
}
