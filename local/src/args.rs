//! The command line. A flag beats its variable, a variable beats the default.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use flatline_shared::telemetry::LogFormat;

use crate::backup::BackupArgs;
use crate::completions::CompletionsArgs;
use crate::deliveries::DeliveriesArgs;
use crate::demo::DemoArgs;
use crate::import::ImportArgs;
use crate::keygen::KeygenArgs;
use crate::trial::TrialArgs;

/// The heartbeat monitor: services report in, and when one falls silent the right people hear of it.
///
/// Without a command it serves, with the options below.
#[derive(Debug, Parser)]
#[command(name = "flatline", version, about, long_about, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: ServeArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take heartbeats, check, tell, show (what happens without a command as well)
    Serve(ServeArgs),
    /// Judge the configuration and start nothing; ends with 0 if `serve` would start, else with 2
    Check(CheckArgs),
    /// Make API keys for the configured services
    Keygen(KeygenArgs),
    /// Have the running server try a channel out
    TestNotification(TrialArgs),
    /// List the messages of the running server that wait or ended, or replay one that is dead
    Deliveries(DeliveriesArgs),
    /// Fill an empty data directory with a believable past, to look at
    Demo(DemoArgs),
    /// Take over the past that another monitor recorded
    Import(ImportArgs),
    /// Copy the database, also while a server runs on it
    Backup(BackupArgs),
    /// Print what makes a shell complete commands and options
    Completions(CompletionsArgs),
}

impl Args {
    /// What to do.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// What to judge.
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// Directory of services.json, notifications.json, settings.json and dashboard.json
    #[arg(long, env = "FLATLINE_CONFIG", default_value = "./config", value_name = "DIR")]
    pub config: PathBuf,

    /// Take warnings for errors
    #[arg(long)]
    pub strict: bool,
}

/// How to serve.
#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "FLATLINE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Directory of the database, its lock and generated keys; made if missing
    #[arg(long, env = "FLATLINE_DATA", default_value = "./data", value_name = "DIR")]
    pub data: PathBuf,

    /// Directory of services.json, notifications.json, settings.json and dashboard.json
    #[arg(long, env = "FLATLINE_CONFIG", default_value = "./config", value_name = "DIR")]
    pub config: PathBuf,

    /// How log events are written to stderr
    #[arg(long, env = "FLATLINE_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: Format,

    /// A DynamoDB to use instead of the embedded database
    #[arg(long, env = "FLATLINE_DYNAMODB_URL", value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// How log events are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

impl From<Format> for LogFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}
