//! `flatline`: the heartbeat monitor as one local process.

mod args;
mod backup;
mod check;
mod completions;
mod data;
mod deliveries;
mod demo;
mod failure;
mod import;
mod keygen;
mod ready;
mod remote;
mod serve;
mod server;
mod trial;
mod wiring;

use std::process::ExitCode;

use flatline_shared::config::Env;

use crate::args::{Args, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    match run(&Args::read(&Env::from_process()).into_command()) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve::run(args)?,
        Command::Check(args) => return check::run(args),
        Command::Keygen(args) => keygen::run(args)?,
        Command::TestNotification(args) => trial::run(args)?,
        Command::Deliveries(args) => deliveries::run(args)?,
        Command::Backup(args) => backup::run(args)?,
        Command::Demo(args) => demo::run(args)?,
        Command::Import(args) => import::run(args)?,
        Command::Completions(args) => completions::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}
