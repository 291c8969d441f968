//! Runs many seeds, or one with everything that happens in it.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use simulation::{Mutant, Verbosity, report, run};

const USAGE: &str = "\
usage: simulation --seeds COUNT [--from FIRST] [--keep-going] [--mutant NAME]
       simulation --seed SEED [--trace] [--mutant NAME]";

struct Order {
    first: u64,
    count: u64,
    verbosity: Verbosity,
    keeps_going: bool,
    mutant: Option<Mutant>,
}

fn main() -> ExitCode {
    match order().map(|order| carry_out(&order)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn order() -> Result<Order> {
    let mut order = Order {
        first: 0,
        count: 100,
        verbosity: Verbosity::Quiet,
        keeps_going: false,
        mutant: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--seeds" => order.count = value()?.parse()?,
            "--from" => order.first = value()?.parse()?,
            "--seed" => (order.first, order.count) = (value()?.parse()?, 1),
            "--trace" => order.verbosity = Verbosity::Everything,
            "--keep-going" => order.keeps_going = true,
            "--mutant" => {
                let name = value()?;
                let known = Mutant::ALL.into_iter().find(|it| format!("{it:?}") == name);
                order.mutant = Some(known.with_context(|| format!("one of {:?}", Mutant::ALL))?);
            }
            other => bail!("unknown: {other}"),
        }
    }
    Ok(order)
}

/// How many seeds failed.
fn carry_out(order: &Order) -> usize {
    let mut failed = Vec::new();
    let (mut calls, mut virtual_ms, mut transitions) = (0, 0, 0);
    for seed in order.first..order.first + order.count {
        let outcome = run(seed, order.mutant, order.verbosity);
        calls += outcome.calls;
        virtual_ms += outcome.virtual_ms;
        transitions += outcome.transitions;
        if let Some(text) = report(&outcome) {
            println!("{text}");
            failed.push(seed);
            if !order.keeps_going {
                break;
            }
        }
    }
    println!(
        "{} seeds: {} virtual hours, {calls} calls, {transitions} transitions, failed: {failed:?}",
        order.count,
        virtual_ms / 3_600_000,
    );
    failed.len()
}
