//! The Python environment of suites that read manifests by their schemas or send e-mail to SES.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::root;

/// What the environment holds.
const REQUIREMENTS: &str = "tests/requirements.txt";

fn folder() -> PathBuf {
    root().join("target/venv")
}

/// A copy of the requirements that the environment was made for.
fn made_for() -> PathBuf {
    folder().join("requirements.txt")
}

/// Whether the environment holds what is asked for now.
pub fn ready() -> bool {
    let wanted = std::fs::read(root().join(REQUIREMENTS));
    wanted.is_ok_and(|wanted| std::fs::read(made_for()).is_ok_and(|made| made == wanted))
}

/// Makes the environment from the public package index, or says what did not work.
pub fn provide() {
    if ready() {
        return;
    }
    eprintln!("xtask: making {}", folder().display());
    let requirements = root().join(REQUIREMENTS);
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(folder());
    let mut pip = Command::new(folder().join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements);
    let made = succeeds(&mut venv) && succeeds(&mut pip);
    if !made || std::fs::copy(&requirements, made_for()).is_err() {
        eprintln!("xtask: could not install {REQUIREMENTS}; going on without");
    }
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
