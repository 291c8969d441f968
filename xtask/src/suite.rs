//! The suites: what runs, in which order, for how long at most.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::child::{self, Ending, Stopwatch};
use crate::debian::{
    self, ALERTMANAGER, BASH, BUSYBOX, CHATTR, CHROMIUM, CURL, DASH, FAKETIME, NEW_NODE, NODE, NPM,
    PROMETHEUS, PROMTOOL, PS, Program, READELF, SETPRIV, SHELLCHECK, SYSTEMD, VENV, WGET,
};
use crate::moto;
use crate::outcome::Outcome;
use crate::packages::Packages;
use crate::{root, sam};

/// Lines of a failed suite's log that are shown.
const TAIL_LINES: usize = 60;

/// One suite.
pub struct Suite {
    /// What to type.
    pub name: &'static str,
    /// What it looks at.
    pub what: &'static str,
    /// Seconds after which it is ended. They hold for a clean clone on two cores.
    pub limit_s: u64,
    /// Whether it is part of `--quick`.
    pub quick: bool,
    /// Whether the end of its log is shown although nothing failed.
    shown: bool,
    /// Programs without which parts of it cannot run.
    pub needs: &'static [Program],
    /// Packages without which parts of it cannot run.
    pub packages: &'static [Packages],
    /// Whether nothing of it can run without one of these.
    whole: bool,
    /// Its commands, in order; the first that fails ends it.
    commands: Vec<Command>,
}

impl Suite {
    /// Runs the commands, output in the file `log`; shows its tail if one fails.
    pub fn run(self, log: &Path) -> Result<Outcome> {
        let watch = Stopwatch::start();
        let missing = self.needs.iter().filter(|program| !program.installed());
        let mut missing = missing.map(|program| format!("no {}", program.name)).collect::<Vec<_>>();
        let unready = self.packages.iter().filter(|packages| !packages.ready());
        missing.extend(unready.map(|packages| format!("no {}", packages.name())));
        let mut outcome = if self.whole && !missing.is_empty() {
            Outcome::default()
        } else if self.commands.is_empty() {
            Outcome::nothing("no tests".to_owned())
        } else {
            let shown = self.shown;
            let failed = self.run_commands(log, &watch)?;
            let text = String::from_utf8_lossy(&std::fs::read(log)?).into_owned();
            if failed.is_some() || shown {
                show_tail(&text, log);
            }
            Outcome::new(&text, watch.elapsed(), failed)
        };
        for reason in missing {
            outcome.skipped(reason);
        }
        Ok(outcome)
    }

    /// Why a command failed; `None` if all succeeded.
    fn run_commands(self, log: &Path, watch: &Stopwatch) -> Result<Option<String>> {
        let file = File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let limit = Duration::from_secs(self.limit_s);
        for mut command in self.commands {
            // The tail of a log is for the sentence that failed, not for the way there.
            command.current_dir(root()).env("RUST_BACKTRACE", "0");
            match child::run(command, &file, limit.saturating_sub(watch.elapsed()))? {
                Ending::Exited(status) if status.success() => {}
                Ending::Exited(status) => return Ok(Some(status.to_string())),
                Ending::OverLimit => {
                    return Ok(Some(format!("over its limit of {} s", self.limit_s)));
                }
            }
        }
        Ok(None)
    }
}

fn show_tail(text: &str, log: &Path) {
    let lines = text.lines().collect::<Vec<_>>();
    let start = lines.len().saturating_sub(TAIL_LINES);
    eprintln!("--- end of {}", log.display());
    for line in &lines[start..] {
        eprintln!("{line}");
    }
    eprintln!("---");
}

/// Builds once what later suites start.
const BINARIES: &str = "build --workspace --bins";
/// Everything with tests that has no suite of its own.
pub const UNIT: &str = "test --workspace --tests --no-fail-fast --exclude e2e --exclude simulation \
                    --exclude model --exclude flatline-domain";

/// Stories wait more than they work. Their output has the lines that say what they skipped.
const PATIENT: [&str; 3] = ["--show-output", "--test-threads", "8"];

/// All suites, in the order in which they run: quick and telling first.
pub fn all() -> Result<Vec<Suite>> {
    let stories =
        e2e_tests(|name| !matches!(name, "tidy" | "clients" | "aws" | "sam") && !is_lambda(name))?;
    let lambda = e2e_tests(is_lambda)?;
    Ok(vec![
        suite("format", "rustfmt over the tracked files", 120, vec![rustfmt()?]).quick(),
        suite(
            "clippy",
            "all targets, warnings are errors",
            900,
            vec![cargo("clippy --workspace --all-targets -- -D warnings")],
        )
        .quick(),
        suite("tidy", "the house rules", 1200, vec![cargo("test -p e2e --test tidy")]).quick(),
        suite("domain", "decisions", 300, vec![cargo("test -p flatline-domain")]).quick(),
        suite("unit", "each package by itself", 1500, vec![cargo(UNIT)]).quick().needing(&[PS]),
        suite("e2e", "stories against real processes", 1200, after_build(stories))
            .needing(&[ALERTMANAGER, CHATTR, CURL, FAKETIME, PROMETHEUS, PROMTOOL, SETPRIV, VENV])
            .with(&[Packages::Python]),
        suite("lambda", "the same through the five Lambda binaries", 1200, after_build(lambda))
            .needing(&[VENV])
            .with(&[Packages::Python, Packages::CargoLambda]),
        suite("aws", "what goes to AWS, by its tools and by its own rules", 900, vec![aws()])
            .needing(&[VENV])
            .with(&[Packages::Python, Packages::Sam, Packages::Checkov]),
        whole(suite(
            "moto",
            "the store against a second reading of DynamoDB",
            900,
            vec![moto::store_tests()],
        ))
        .needing(&[VENV])
        .with(&[Packages::Python]),
        whole(suite(
            "sam",
            "what `sam build` makes: its weight, and the stories of `lambda` told by it",
            1500,
            sam::commands(cargo, &PATIENT),
        ))
        .needing(&[VENV, READELF])
        .with(&[Packages::Python, Packages::Sam, Packages::CargoLambda]),
        suite("simulation", "seeds, faults, invariants", 1500, vec![cargo("test -p simulation")]),
        suite("model", "the protocol state by state", 600, vec![cargo("test -p model")]),
        suite("clients", "the clients and the examples that use them", 900, clients()?)
            .needing(&[CURL, WGET, BUSYBOX, DASH, BASH, SHELLCHECK, VENV, NODE, SYSTEMD])
            .with(&[Packages::Python]),
        browser("browser", "pages in Chromium, with axe-core", vec![cargo(BINARIES), pages()?]),
        suite("docs", "rustdoc, warnings are errors", 600, vec![rustdoc()]),
    ])
}

/// What takes hours: the simulation with many more seeds, and `kills` kills of the release build.
pub fn prove(kills: &str) -> Vec<Suite> {
    let seeds = cargo("run --release -p simulation -- --seeds 20000 --keep-going");
    let mut killing = cargo("test -p e2e --test kills -- --nocapture");
    killing.env("FLATLINE_KILLS", kills).env("FLATLINE_RELEASE", "1");
    let kills = suite("kills", "kill -9 at random moments", 6 * 3600, vec![killing]);
    vec![suite("seeds", "many seeds", 6 * 3600, vec![seeds]), Suite { shown: true, ..kills }]
}

/// The benchmark, or these parts of it.
pub fn bench(parts: &[&str]) -> Command {
    let mut command = cargo("run --release -p bench --");
    command.args(parts).current_dir(root());
    command
}

/// What drives a browser.
pub fn prepare_browser() {
    debian::provide(&[NEW_NODE, NPM, CHROMIUM]);
    Packages::Node.provide();
}

fn suite(name: &'static str, what: &'static str, limit_s: u64, commands: Vec<Command>) -> Suite {
    Suite {
        name,
        what,
        limit_s,
        quick: false,
        shown: false,
        needs: &[],
        packages: &[],
        whole: false,
        commands,
    }
}

/// The pictures of the README, of a release build.
pub fn pictures() -> Suite {
    let mut taking = node();
    taking.arg("tests/browser/pictures.js").env("FLATLINE_RELEASE", "1");
    browser(
        "pictures",
        "the pictures of the README",
        vec![cargo("build --release -p flatline"), taking],
    )
}

fn browser(name: &'static str, what: &'static str, commands: Vec<Command>) -> Suite {
    let suite = suite(name, what, 1200, commands).needing(&[NEW_NODE, NPM, CHROMIUM]);
    whole(suite.with(&[Packages::Node]))
}

/// Nothing of it can run where something is missing.
fn whole(suite: Suite) -> Suite {
    Suite { whole: true, ..suite }
}

impl Suite {
    fn quick(self) -> Self {
        Self { quick: true, ..self }
    }

    fn needing(self, needs: &'static [Program]) -> Self {
        Self { needs, ..self }
    }

    fn with(self, packages: &'static [Packages]) -> Self {
        Self { packages, ..self }
    }
}

/// `cargo` with these words.
fn cargo(words: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(words.split_whitespace());
    command
}

fn rustfmt() -> Result<Command> {
    let mut command = Command::new("rustfmt");
    // `cargo fmt` does not see modules that a macro declares.
    command.args(["--check", "--color", "never", "--edition", "2024"]).args(tracked(&["*.rs"])?);
    Ok(command)
}

fn rustdoc() -> Command {
    let mut command = cargo("doc --workspace --no-deps --document-private-items");
    // Who reads these pages reads the private items too.
    command.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links");
    command
}

fn clients() -> Result<Vec<Command>> {
    let mut tests = cargo("test -p e2e --test clients --");
    tests.args(PATIENT);
    let mut commands = vec![cargo(BINARIES), tests];
    if SHELLCHECK.installed() {
        let mut command = Command::new("shellcheck");
        command.args(tracked(&["*.sh", ".ci/run"])?);
        commands.insert(0, command);
    }
    Ok(commands)
}

fn node() -> Command {
    Command::new("node")
}

/// The tests of pages. Two at a time: each has a browser and a server of its own.
fn pages() -> Result<Command> {
    let mut command = node();
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=2"]);
    command.args(tracked(&["tests/browser/*.test.js"])?);
    Ok(command)
}

fn aws() -> Command {
    let mut tests = cargo("test -p e2e --test aws --");
    tests.args(PATIENT);
    tests
}

/// The tests after what they start; nothing if there are none.
fn after_build(tests: Option<Command>) -> Vec<Command> {
    tests.map_or_else(Vec::new, |tests| vec![cargo(BINARIES), tests])
}

fn is_lambda(name: &str) -> bool {
    name.starts_with("lambda")
}

/// `cargo test` of those test binaries of `tests/tests` whose name is wanted; `None` if none is.
fn e2e_tests(wanted: impl Fn(&str) -> bool) -> Result<Option<Command>> {
    let folder = root().join("tests/tests");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let is_test = path.extension().is_some_and(|extension| extension == "rs")
            || path.join("main.rs").exists();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| is_test) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names.retain(|name| wanted(name));
    if names.is_empty() {
        return Ok(None);
    }
    let mut command = cargo("test -p e2e --no-fail-fast");
    command.args(names.iter().flat_map(|name| ["--test", name]));
    command.arg("--").args(PATIENT);
    Ok(Some(command))
}

/// Tracked files that match one of the patterns.
fn tracked(patterns: &[&str]) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--"])
        .args(patterns)
        .current_dir(root())
        .output()
        .context("starting git")?;
    if !output.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("file names are UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}
