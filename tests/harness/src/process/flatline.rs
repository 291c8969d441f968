//! The `flatline` command under test.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Launch, Process, ProcessError, Profile, binary};
use crate::config::ConfigDir;

/// How long a start may take on a busy machine.
const START_MS: u64 = 60_000;

/// How to start `flatline`.
pub struct FlatlineLaunch {
    config: ConfigDir,
    profile: Profile,
    data: Option<PathBuf>,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

impl FlatlineLaunch {
    /// The debug build with this configuration, its keys and a data directory of its own.
    pub fn with(config: ConfigDir) -> Self {
        let variables = config.variables();
        Self { config, profile: Profile::Debug, data: None, arguments: Vec::new(), variables }
    }

    /// The release build.
    #[must_use]
    pub fn release(self) -> Self {
        self.profile(Profile::Release)
    }

    /// This build.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// On this data directory.
    #[must_use]
    pub fn data(mut self, directory: &Path) -> Self {
        self.data = Some(directory.to_path_buf());
        self
    }

    /// On this database instead of the embedded one, for example a bridge's URL.
    #[must_use]
    pub fn endpoint_url(self, url: &str) -> Self {
        self.arg("--endpoint-url")
            .arg(url)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
    }

    /// With this argument of `flatline serve`.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With this variable; the last one of a name holds.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it on a free port and waits until it listens.
    pub async fn start(self) -> Result<Flatline, ProcessError> {
        let home = tempfile::tempdir()?;
        let data = self.data.unwrap_or_else(|| home.path().join("data"));
        let port = free_port()?;
        let mut launch = Launch::of(binary("flatline", "flatline", self.profile)?)
            .arg("serve")
            .arg("--listen")
            .arg(format!("127.0.0.1:{port}"))
            .arg("--data")
            .arg(&data)
            .arg("--config")
            .arg(self.config.path());
        for argument in self.arguments {
            launch = launch.arg(argument);
        }
        for (name, value) in self.variables {
            launch = launch.env(&name, &value);
        }
        let process = launch.start()?;
        let mut flatline = Flatline { process, port, data, config: self.config, _home: home };
        flatline.listening().await?;
        Ok(flatline)
    }
}

/// A running `flatline`; also a [`Process`].
pub struct Flatline {
    process: Process,
    port: u16,
    data: PathBuf,
    config: ConfigDir,
    _home: TempDir,
}

impl Flatline {
    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its configuration; a change holds from the next restart on.
    pub fn config_mut(&mut self) -> &mut ConfigDir {
        &mut self.config
    }

    /// Waits until it listens.
    pub async fn listening(&mut self) -> Result<(), ProcessError> {
        let address = (Ipv4Addr::LOCALHOST, self.port);
        let listens = |_: &Process| TcpStream::connect(address).is_ok();
        self.process.wait_until("listening", START_MS, listens).await
    }

    /// Starts it again as it was if it has ended, without waiting for anything.
    pub fn launch_again(&mut self) -> Result<(), ProcessError> {
        self.process.restart()
    }

    /// kill -9 if it runs, then starts it on the same data and port and waits until it listens.
    pub async fn restart(&mut self) -> Result<(), ProcessError> {
        self.process.restart()?;
        self.listening().await
    }
}

impl Deref for Flatline {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl DerefMut for Flatline {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16, ProcessError> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
