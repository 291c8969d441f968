//! `flatline`: the heartbeat monitor as one local process.

mod args;
mod backup;
mod completions;
mod data;
mod demo;
mod failure;
mod keygen;
mod ready;
mod serve;
mod server;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    match run(&Args::parse().into_command()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(args),
        Command::Keygen(args) => keygen::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Completions(args) => Ok(completions::run(args)?),
    }
}
