//! The command line. A flag beats its variable, a variable beats the default.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{
    Args as ClapArgs, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};
use flatline_shared::config::Env;
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
    /// Reads the command line of this process; whatever is wrong with it ends it. A variable that is set
    /// to nothing counts as not set.
    pub fn read(env: &Env) -> Self {
        let matches = without_empty(Self::command(), env).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// What to do.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// The command whose options do not look at variables that are set to nothing.
fn without_empty(command: clap::Command, env: &Env) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        arg.get_env().and_then(|name| name.to_str()).is_some_and(|name| env.is_set_to_nothing(name))
    };
    let command =
        command.mut_args(|arg| if is_empty(&arg) { arg.env(None::<&'static str>) } else { arg });
    command.mut_subcommands(|command| without_empty(command, env))
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
    listen: String,

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

impl ServeArgs {
    /// Where to listen; the text that is no address otherwise.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.listen.parse().map_err(|_| self.listen.clone())
    }
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
