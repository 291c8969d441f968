//! Child processes with a limit, their output in a file.

use std::fs::File;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How a child ended.
pub enum Ending {
    /// By itself.
    Exited(ExitStatus),
    /// We ended it.
    OverLimit,
}

/// Measures what people wait for.
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "limits of real processes are wall clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Runs the command for at most `limit`, both outputs appended to `log`.
pub fn run(mut command: Command, log: &File, limit: Duration) -> Result<Ending> {
    forget_own_package(&mut command);
    let child = command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log.try_clone()?)
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    let id = child.id();
    let ended = wait_in_background(child);
    match ended.recv_timeout(limit) {
        Ok(status) => Ok(Ending::Exited(status?)),
        Err(RecvTimeoutError::Timeout) => {
            kill_with_descendants(id);
            ended.recv().context("waiting for a killed child")??;
            Ok(Ending::OverLimit)
        }
        Err(RecvTimeoutError::Disconnected) => unreachable!("the waiting thread always sends"),
    }
}

/// Runs the command with our own outputs, for as long as it takes.
pub fn attend(mut command: Command) -> Result<ExitStatus> {
    forget_own_package(&mut command);
    let program = command.get_program().display().to_string();
    command.status().with_context(|| format!("starting {program}"))
}

fn wait_in_background(mut child: Child) -> mpsc::Receiver<std::io::Result<ExitStatus>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    receiver
}

/// `cargo run` describes xtask in the environment; build scripts that watch these variables would
/// be built anew each time one changes between cargo and xtask.
#[expect(clippy::disallowed_methods, reason = "the environment is handed on, not read")]
fn forget_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}

/// The children stay in our process group, so that Ctrl-C reaches them too; hence the walk.
fn kill_with_descendants(id: u32) {
    let mut doomed = vec![id];
    let listing = Command::new("ps").args(["-eo", "pid=,ppid="]).output();
    let listing = listing.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let pairs = listing.as_deref().map(parents).unwrap_or_default();
    let mut next = 0;
    while next < doomed.len() {
        let parent = doomed[next];
        doomed.extend(pairs.iter().filter(|pair| pair.1 == parent).map(|pair| pair.0));
        next += 1;
    }
    let ids = doomed.iter().map(u32::to_string);
    if let Err(error) = Command::new("kill").arg("-KILL").args(ids).status() {
        eprintln!("xtask: cannot end a suite over its limit: {error}");
    }
}

/// Pairs of process and parent in the listing of `ps`.
fn parents(listing: &str) -> Vec<(u32, u32)> {
    listing
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(str::parse);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_over_its_limit_is_ended_with_its_children() {
        let log = tempfile_in_target("child-over-limit.log");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 3600 & echo $!; wait"]);
        let ending = run(command, &log.1, Duration::from_millis(500)).unwrap();
        assert!(matches!(ending, Ending::OverLimit));
        let grandchild = std::fs::read_to_string(&log.0).unwrap();
        let alive = Command::new("ps").args(["-o", "stat=", "-p", grandchild.trim()]).output();
        let state = String::from_utf8(alive.unwrap().stdout).unwrap();
        assert!(state.trim().is_empty() || state.starts_with('Z'), "still there: {state}");
    }

    #[test]
    fn the_exit_status_comes_back() {
        let log = tempfile_in_target("child-exit.log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let ending = run(command, &log.1, Duration::from_secs(60)).unwrap();
        assert!(matches!(ending, Ending::Exited(status) if status.code() == Some(3)));
        assert_eq!(std::fs::read_to_string(&log.0).unwrap(), "out\nerr\n");
    }

    fn tempfile_in_target(name: &str) -> (std::path::PathBuf, File) {
        let folder = crate::root().join("target/xtask");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        (path.clone(), File::create(path).unwrap())
    }
}
