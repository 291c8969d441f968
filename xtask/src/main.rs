//! `cargo xtask test | prove | bench | pictures`: what has to hold before a change lands, the figures,
//! and the pictures of the README.

mod child;
mod debian;
mod moto;
mod outcome;
mod packages;
mod sam;
mod suite;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::child::Stopwatch;
use crate::outcome::Report;
use crate::packages::Packages;
use crate::suite::Suite;

/// All suites together, whatever each may take.
const TEST_LIMIT: Duration = Duration::from_secs(55 * 60);

const USAGE: &str = "\
usage: cargo xtask test [--quick | --no-skips | --list] [SUITE..]
       cargo xtask prove [KILLS]    the simulation, with many more seeds, and kill -9, 1,000 times
       cargo xtask bench [detection] [delivery] [heartbeats] [fleet] [page] [alerts] [browser] [lambda]    the benchmark, in release
       cargo xtask pictures         the two pictures of the README, taken anew

  --quick      without the suites that start processes or search state spaces
  --no-skips   what cannot run here is a failure
  --list       names, limits and contents of the suites";

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let done = match arguments.split_first() {
        Some((&"test", rest)) => test(rest),
        Some((&"prove", [])) => run_all(suite::prove("1000"), Skips::Fail, Duration::MAX),
        Some((&"prove", [kills])) => run_all(suite::prove(kills), Skips::Fail, Duration::MAX),
        Some((&"bench", parts)) => bench(parts),
        Some((&"pictures", [])) => run_all(vec![suite::pictures()], Skips::Fail, TEST_LIMIT),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
}

/// What to make of suites that cannot run here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Skips {
    Tell,
    Fail,
}

fn test(arguments: &[&str]) -> Result<Verdict> {
    let (flags, names): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|argument| argument.starts_with("--"));
    let mut skips = Skips::Tell;
    let mut suites = suite::all()?;
    for flag in flags {
        match flag {
            "--quick" => suites.retain(|suite| suite.quick),
            "--no-skips" => skips = Skips::Fail,
            "--list" => {
                list(&suites);
                return Ok(Verdict::Passed);
            }
            _ => bail!("unknown flag {flag}\n{USAGE}"),
        }
    }
    if let Some(name) = names.iter().find(|name| suites.iter().all(|suite| suite.name != **name)) {
        let known = suites.iter().map(|suite| suite.name).collect::<Vec<_>>().join(", ");
        bail!("no suite {name}; there are {known}");
    }
    suites.retain(|suite| names.is_empty() || names.contains(&suite.name));
    run_all(suites, skips, TEST_LIMIT)
}

fn list(suites: &[Suite]) {
    for Suite { name, limit_s, what, .. } in suites {
        println!("{name:<12}{limit_s:>6} s  {what}");
    }
}

fn run_all(suites: Vec<Suite>, skips: Skips, limit: Duration) -> Result<Verdict> {
    let watch = Stopwatch::start();
    let logs = root().join("target/xtask");
    std::fs::create_dir_all(&logs).with_context(|| format!("creating {}", logs.display()))?;
    let needs = suites.iter().flat_map(|suite| suite.needs.iter().copied()).collect::<Vec<_>>();
    debian::provide(&needs);
    for packages in suites.iter().flat_map(|suite| suite.packages) {
        packages.provide();
    }
    let mut report = Report::default();
    for mut suite in suites {
        let name = suite.name;
        suite.limit_s = suite.limit_s.min(limit.saturating_sub(watch.elapsed()).as_secs());
        eprintln!("{name:<12} (at most {} s)", suite.limit_s);
        let mut outcome = suite.run(&logs.join(format!("{name}.log")))?;
        if skips == Skips::Fail {
            outcome.fail_skips();
        }
        eprintln!("{name:<12} {}", outcome.summary());
        report.add(name, outcome);
    }
    println!("\n{report}");
    Ok(if report.failed() { Verdict::Failed } else { Verdict::Passed })
}

/// The benchmark shows its table itself.
fn bench(parts: &[&str]) -> Result<Verdict> {
    if parts.is_empty() || parts.contains(&"browser") {
        suite::prepare_browser();
    }
    if parts.is_empty() || parts.contains(&"lambda") {
        for packages in [Packages::Sam, Packages::CargoLambda] {
            packages.provide();
        }
        if !child::attend(sam::build("x86_64"))?.success() {
            return Ok(Verdict::Failed);
        }
    }
    let status = child::attend(suite::bench(parts))?;
    Ok(if status.success() { Verdict::Passed } else { Verdict::Failed })
}

/// The root of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is a folder of the workspace")
        .to_path_buf()
}
