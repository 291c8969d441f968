//! `sam build`, and what is tested with its binaries.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;

/// Which processors can be built for here: Architecture of template.yaml, and what rustc calls it.
const PROCESSORS: [(&str, &str); 2] =
    [("x86_64", "x86_64-unknown-linux-gnu"), ("arm64", "aarch64-unknown-linux-gnu")];

/// Fetches what the lock file names, builds for every processor whose standard library is installed
/// without asking the network for anything, and tells the stories of the suite `lambda` with the
/// binaries for x86-64.
pub fn commands(cargo: impl Fn(&str) -> Command, patient: &[&str]) -> Vec<Command> {
    let mut commands = vec![cargo("fetch --locked --quiet")];
    for (architecture, target) in PROCESSORS {
        commands.push(if is_installed(target) { build(architecture) } else { not_built(target) });
    }
    let mut tests = cargo("test -p e2e --no-fail-fast --test sam --test lambda --");
    tests.args(patient).env("FLATLINE_TEST_PROFILE", "sam");
    commands.push(tests);
    commands
}

/// `sam build` into `target/sam/<architecture>`.
pub fn build(architecture: &str) -> Command {
    let tools = root().join("target/tools");
    let mut command = Command::new(tools.join("sam/bin/sam"));
    command.args(["build", "--no-cached", "--build-dir"]);
    command.arg(root().join("target/sam").join(architecture));
    command.args(["--parameter-overrides", &format!("Architecture={architecture}")]);
    command.env("PATH", path_with(&tools.join("cargo-lambda/bin")));
    command.env("CARGO_NET_OFFLINE", "true").env("SAM_CLI_TELEMETRY", "0");
    // So that it asks nobody who we are, and no account of whoever runs this is used.
    command.env("AWS_DEFAULT_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
    command
}

/// One line in the log.
fn not_built(target: &str) -> Command {
    let mut command = Command::new("echo");
    command.arg(format!("not built for {target}: its standard library is not installed"));
    command
}

fn is_installed(target: &str) -> bool {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    output.is_ok_and(|output| {
        let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        sysroot.join("lib/rustlib").join(target).join("lib").is_dir()
    })
}

#[expect(clippy::disallowed_methods, reason = "the environment is handed on with one folder more")]
fn path_with(folder: &Path) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}
