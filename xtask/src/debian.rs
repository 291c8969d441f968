//! Programs that suites call, and the Debian packages that bring them.

use std::process::{Command, Stdio};

/// A program and the Debian package that holds it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// Its name on the PATH.
    pub name: &'static str,
    /// Its package.
    pub package: &'static str,
    /// What a shell runs to see whether it is there; nothing means to look for it on the PATH.
    probe: &'static str,
}

const fn program(name: &'static str, package: &'static str) -> Program {
    Program { name, package, probe: "" }
}

/// One of the two senders of the shell client.
pub const CURL: Program = program("curl", "curl");
/// The other one.
pub const WGET: Program = program("wget", "wget");
/// The shell and tools of small images.
pub const BUSYBOX: Program = program("busybox", "busybox");
/// Debian's sh.
pub const DASH: Program = program("dash", "dash");
/// Most people's shell.
pub const BASH: Program = program("bash", "bash");
/// Runs the Python client, and makes environments for packages.
pub const VENV: Program = Program {
    name: "python3 with venv",
    package: "python3-venv",
    probe: "python3 -c 'import ensurepip, venv'",
};
/// Looks at units of systemd.
pub const SYSTEMD: Program = program("systemd-analyze", "systemd");
/// Runs the Node client.
pub const NODE: Program = program("node", "nodejs");
/// Runs the tests of pages, whose packages need a newer one than the client does.
pub const NEW_NODE: Program = Program {
    name: "node 20",
    package: "nodejs",
    probe: "node -e 'process.exit(+(parseInt(process.versions.node) < 20))'",
};
/// Installs packages of Node.
pub const NPM: Program = program("npm", "npm");
/// The browser of the tests of pages.
pub const CHROMIUM: Program = Program {
    name: "chromium",
    package: "chromium",
    probe: "command -v chromium || command -v chromium-browser || command -v google-chrome",
};
/// Judges metrics.
pub const PROMTOOL: Program = program("promtool", "prometheus");
/// The linter of shell scripts.
pub const SHELLCHECK: Program = program("shellcheck", "shellcheck");
/// Moves the clock of a real process.
pub const FAKETIME: Program = program("faketime", "faketime");
/// Lists processes and their parents.
pub const PS: Program = program("ps", "procps");
/// Makes files that not even root can write.
pub const CHATTR: Program = program("chattr", "e2fsprogs");
/// Reads what a binary needs.
pub const READELF: Program = program("readelf", "binutils");
/// Runs a process as another user.
pub const SETPRIV: Program = program("setpriv", "util-linux");

/// Fires the rules of a test.
pub const PROMETHEUS: Program = program("prometheus", "prometheus");
/// Passes them on; amtool comes with it.
pub const ALERTMANAGER: Program = program("prometheus-alertmanager", "prometheus-alertmanager");

/// Installs packages and starts none of the services in them: Debian asks this file whether it may.
const INSTALL: &str = "\
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > $policy
  chmod 755 $policy
fi
apt-get update -qq && apt-get install -y -qq --no-install-recommends";

impl Program {
    /// Whether it is there.
    pub fn installed(self) -> bool {
        let script = match self.probe {
            "" => format!("command -v {}", self.name),
            probe => probe.to_owned(),
        };
        Command::new("sh")
            .args(["-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// Installs what is missing if we may, else says what to install.
pub fn provide(programs: &[Program]) {
    let mut packages = programs
        .iter()
        .filter(|program| !program.installed())
        .map(|program| program.package)
        .collect::<Vec<_>>();
    packages.sort_unstable();
    packages.dedup();
    if packages.is_empty() {
        return;
    }
    let packages = packages.join(" ");
    if !is_root() || !program("apt-get", "apt").installed() {
        eprintln!("xtask: not everything can run here; it takes: apt-get install {packages}");
        return;
    }
    eprintln!("xtask: installing {packages}");
    let script = format!("{INSTALL} {packages}");
    let status = Command::new("sh")
        .args(["-c", &script])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("xtask: could not install {packages}; going on without");
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
