//! The binaries under test, where cargo put them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::ProcessError;

/// What is built together on AWS. cargo chooses the features of dependencies for all selected packages
/// at once, so another selection would build the same crates once more.
const FUNCTIONS: [&str; 5] = [
    "flatline-ingest",
    "flatline-alert",
    "flatline-dashboard",
    "flatline-checker",
    "flatline-notifier",
];

/// Which build of a binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// Unoptimized.
    Debug,
    /// As it ships.
    Release,
    /// As `sam build` left it, for x86-64; nothing is built here.
    Sam,
}

impl Profile {
    /// What FLATLINE_TEST_PROFILE asks for: `release`, `sam`, or else the debug build.
    pub fn of_tests() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "a wish of the test command, not of Flatline"
        )]
        let wish = env::var_os("FLATLINE_TEST_PROFILE");
        match wish.as_deref().and_then(OsStr::to_str) {
            Some("release") => Self::Release,
            Some("sam") => Self::Sam,
            _ => Self::Debug,
        }
    }
}

type Built = BTreeMap<(String, String, Profile), PathBuf>;

static BUILT: Mutex<Built> = Mutex::new(BTreeMap::new());

/// The path of a workspace binary. cargo brings it up to date once per test process, so that no story is
/// told about yesterday's code.
pub fn binary(package: &str, name: &str, profile: Profile) -> Result<PathBuf, ProcessError> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = (package.to_owned(), name.to_owned(), profile);
    if let Some(path) = built.get(&wanted) {
        return Ok(path.clone());
    }
    let path = build(package, name, profile)?;
    built.insert(wanted, path.clone());
    Ok(path)
}

fn build(package: &str, name: &str, profile: Profile) -> Result<PathBuf, ProcessError> {
    let target = target_directory()?;
    if profile == Profile::Sam {
        return built_by_sam(&target, package, name);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--bin", name]);
    cargo.arg("--manifest-path").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"));
    cargo.arg("--target-dir").arg(&target);
    #[expect(clippy::disallowed_methods, reason = "the environment of cargo, not of Flatline")]
    let inherited = env::vars_os();
    for (name, _) in inherited.filter(|(name, _)| describes_the_test(name)) {
        cargo.env_remove(name);
    }
    let directory = match profile {
        Profile::Debug => {
            cargo.arg("--workspace");
            "debug"
        }
        Profile::Release | Profile::Sam => {
            cargo.arg("--release").args(shipped_with(package));
            "release"
        }
    };
    let output = cargo.output()?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(ProcessError::Build { package: package.to_owned(), output });
    }
    Ok(target.join(directory).join(name))
}

/// SAM names folders by the function in the template: `ingest` is in `Ingest`.
fn built_by_sam(target: &Path, package: &str, name: &str) -> Result<PathBuf, ProcessError> {
    let (first, rest) = name.split_at(1);
    let folder = target.join("sam/x86_64").join(first.to_uppercase() + rest);
    let path = folder.join("bootstrap");
    if path.is_file() {
        return Ok(path);
    }
    let output = format!("there is no {}; `cargo xtask test sam` builds it", path.display());
    Err(ProcessError::Build { package: package.to_owned(), output })
}

/// The selection of packages with which this one ships.
fn shipped_with(package: &str) -> Vec<String> {
    let together = if FUNCTIONS.contains(&package) { &FUNCTIONS[..] } else { &[package] };
    together.iter().map(|package| format!("--package={package}")).collect()
}

/// cargo tells a test about its package. Build scripts of dependencies look at the same variables, and
/// one that sees another package is run again, with everything above it.
fn describes_the_test(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"]
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

/// A test runs from `<target>/<profile>/deps/<test>`, a program from `<target>/<profile>/<program>`,
/// wherever the target directory was put.
fn target_directory() -> Result<PathBuf, ProcessError> {
    let program = env::current_exe()?;
    let mut folders = program.ancestors().skip(1).skip_while(|folder| folder.ends_with("deps"));
    let target = folders.nth(1);
    let target =
        target.ok_or_else(|| std::io::Error::other("the test is not in a target directory"))?;
    Ok(target.to_path_buf())
}
