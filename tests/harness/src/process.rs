//! Real processes: started with an empty environment, killed, stopped, continued, read.

mod binary;
mod flatline;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::clock::pause;

pub use binary::{Profile, binary};
pub use flatline::{Flatline, FlatlineLaunch};

/// How often a process is looked at.
const LOOK_MS: u64 = 10;

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
}

/// What a process did not do.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It could not be built.
    #[error("cargo build of {package} failed:\n{output}")]
    Build {
        /// The package.
        package: String,
        /// What cargo said.
        output: String,
    },
    /// It ended before it did what was waited for.
    #[error("the process ended with {status}\n{output}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// What it wrote.
        output: String,
    },
    /// It did not do it in time.
    #[error("not {what} within {timeout_ms} ms\n{output}")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        timeout_ms: u64,
        /// What it wrote.
        output: String,
    },
}

impl Launch {
    /// This program, without arguments and with an empty environment.
    pub fn of(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), variables: Vec::new() }
    }

    /// With this argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With this variable; the last one of a name holds.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it.
    pub fn start(self) -> Result<Process, ProcessError> {
        let home = tempfile::tempdir()?;
        let child = self.spawn(home.path())?;
        Ok(Process { launch: self, child, home })
    }

    fn spawn(&self, home: &Path) -> io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(appended(&home.join("stdout"))?)
            .stderr(appended(&home.join("stderr"))?)
            .spawn()
    }
}

fn appended(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// A running process. It is killed when dropped.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    child: Child,
    home: TempDir,
}

impl Process {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its working directory, empty at first; gone when this is dropped.
    pub fn directory(&self) -> &Path {
        self.home.path()
    }

    /// What it has written to stdout, over all its starts.
    pub fn stdout(&self) -> String {
        self.written("stdout")
    }

    /// What it has written to stderr, over all its starts.
    pub fn stderr(&self) -> String {
        self.written("stderr")
    }

    /// stdout, then stderr.
    pub fn output(&self) -> String {
        format!("stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr())
    }

    fn written(&self, name: &str) -> String {
        fs::read(self.home.path().join(name)).map_or_else(
            |error| error.to_string(),
            |all| String::from_utf8_lossy(&all).into_owned(),
        )
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) -> Result<ExitStatus, ProcessError> {
        // A process that has already ended is as gone as a killed one.
        if self.child.try_wait()?.is_none() {
            self.child.kill()?;
        }
        Ok(self.child.wait()?)
    }

    /// Sends a signal by name: `TERM`, `STOP`, `CONT` ...
    pub fn signal(&self, name: &str) -> Result<(), ProcessError> {
        Ok(send_signal(self.id(), name)?)
    }

    /// An error that tells how it ended, if it has ended.
    pub fn alive(&mut self) -> Result<(), ProcessError> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(ProcessError::Ended { status, output: self.output() }),
        }
    }

    /// Waits until it has ended by itself.
    pub async fn wait(&mut self, timeout_ms: u64) -> Result<ExitStatus, ProcessError> {
        for _ in 0..=timeout_ms / LOOK_MS {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            pause(LOOK_MS).await;
        }
        Err(self.late("ended", timeout_ms))
    }

    /// Waits until `ready` says yes; an end of the process is an error.
    pub async fn wait_until(
        &mut self,
        what: &str,
        timeout_ms: u64,
        mut ready: impl FnMut(&Self) -> bool,
    ) -> Result<(), ProcessError> {
        for _ in 0..=timeout_ms / LOOK_MS {
            if ready(self) {
                return Ok(());
            }
            self.alive()?;
            pause(LOOK_MS).await;
        }
        Err(self.late(what, timeout_ms))
    }

    /// Kills it if it runs and starts it again, same directory, arguments and environment.
    pub fn restart(&mut self) -> Result<(), ProcessError> {
        self.kill()?;
        self.child = self.launch.spawn(self.home.path())?;
        Ok(())
    }

    /// CPU time it has used so far, user and system, in ms (a tick is 10 ms).
    pub fn cpu_ms(&self) -> Result<u64, ProcessError> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // The name in parentheses may hold spaces; fields 14 and 15 follow it at 11 and 12.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
        Ok(ticks.sum::<u64>() * 10)
    }

    /// CPU time that its threads have used so far, in microseconds; threads that ended are not in it.
    pub fn cpu_us(&self) -> Result<u64, ProcessError> {
        let mut sum_ns = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let times = fs::read_to_string(thread?.path().join("schedstat"))?;
            let running_ns = times.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok());
            sum_ns += running_ns.unwrap_or_default();
        }
        Ok(sum_ns / 1_000)
    }

    /// Memory that is resident now, in KiB.
    pub fn rss_kib(&self) -> Result<u64, ProcessError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        Ok(number.and_then(|number| number.parse().ok()).unwrap_or_default())
    }

    fn late(&self, what: &str, timeout_ms: u64) -> ProcessError {
        ProcessError::Late { what: what.to_owned(), timeout_ms, output: self.output() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // There is nobody to tell; a leftover child would at worst outlive the test.
        let _gone = self.kill();
    }
}

/// Sends a signal by name to a process that somebody else holds, for example from a fault.
pub fn send_signal(id: u32, name: &str) -> io::Result<()> {
    let status = Command::new("/bin/kill").arg(format!("-{name}")).arg(id.to_string()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("kill -{name} {id} failed")))
    }
}
