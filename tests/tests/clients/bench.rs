//! A client, and what it needs to run, alone on its PATH.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::server::Server;

/// Characters that curl's and wget's files, JSON and the shell each treat in their own way.
pub const KEY: &str = r#"fl_q"uo\te $HOME `id` 100%"#;
/// All that the shell client calls besides the sender.
const TOOLS: &str = "awk cat cut date grep head mkfifo mktemp od rm sed sleep tail tee timeout tr";

/// One client with its interpreter, and a PATH on which only one sender exists.
pub struct Bench {
    interpreter: Vec<String>,
    /// File name of the client.
    pub client: &'static str,
    /// The folder that is its PATH.
    pub path: PathBuf,
    temporary: tempfile::TempDir,
}

/// The folder `heartbeat-clients`.
pub fn clients() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is a folder");
    root.join("heartbeat-clients")
}

/// Where a program is, if it is installed.
pub fn installed(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
}

impl Bench {
    /// The client for this interpreter, with only this sender; `None` if one is not installed.
    pub fn of(interpreter: &str, sender: &str) -> Option<Self> {
        let client = match interpreter {
            "python3" => "heartbeat-client.py",
            "node" => "heartbeat-client.js",
            _ => "heartbeat-client.sh",
        };
        let mut words = interpreter.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for name in [words[0].as_str(), sender].into_iter().filter(|name| !name.is_empty()) {
            if installed(name).is_none() {
                eprintln!("skipped: {name} is not installed");
                return None;
            }
        }
        let program = installed(&words[0])?;
        program.to_str().expect("paths of programs are UTF-8").clone_into(&mut words[0]);
        let path = tempfile::tempdir().expect("a temporary folder").keep();
        let tools = TOOLS.split(' ').chain([sender]);
        for tool in tools.filter(|tool| !tool.is_empty()) {
            let target =
                installed(tool).unwrap_or_else(|| panic!("{tool} is installed everywhere"));
            std::os::unix::fs::symlink(target, path.join(tool)).expect("a link");
        }
        let temporary = tempfile::tempdir().expect("a temporary folder");
        Some(Self { interpreter: words, client, path, temporary })
    }

    /// The client with these arguments and, of the environment, the key alone.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.interpreter[0]);
        command
            .args(&self.interpreter[1..])
            .arg(clients().join(self.client))
            .args(arguments)
            .env_clear()
            .env("PATH", &self.path)
            .env("TMPDIR", self.temporary.path())
            .env("FLATLINE_API_KEY", KEY)
            .stdin(Stdio::null());
        command
    }

    /// Runs the client to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the interpreter starts")
    }

    /// Sends for the service `api`.
    pub fn send(&self, server: &Server, arguments: &[&str]) -> Output {
        self.run(&[&["--url", &server.url, "--service", "api"], arguments].concat())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let left = std::fs::read_dir(self.temporary.path()).map_or(0, Iterator::count);
        let _best_effort = std::fs::remove_dir_all(&self.path);
        assert!(std::thread::panicking() || left == 0, "the client leaves no files behind");
    }
}

/// Looks again later at a process that is somebody else's.
#[expect(clippy::disallowed_methods, reason = "clients live by the wall clock")]
pub fn pause(ms: u64) {
    std::thread::sleep(std::time::Duration::from_millis(ms));
}

/// What it wrote to stderr.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
