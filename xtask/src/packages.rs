//! Packages of other languages that suites need, below `target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::root;

/// A set of packages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Packages {
    /// Read manifests by their schemas, and stand in for services of AWS.
    Python,
    /// Validates, builds and deploys with SAM. Tools of others do not agree about what they build on,
    /// so each has an environment of its own.
    Sam,
    /// Builds functions, with a linker for both processors.
    CargoLambda,
    /// Looks for what is insecure.
    Checkov,
    /// Drive a browser, and judge pages.
    Node,
}

impl Packages {
    /// What a suite lacks without them.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "Python packages",
            Self::Sam => "SAM",
            Self::CargoLambda => "cargo-lambda",
            Self::Checkov => "checkov",
            Self::Node => "Node packages",
        }
    }

    /// What is asked for.
    const fn list(self) -> &'static str {
        match self {
            Self::Python => "tests/requirements.txt",
            Self::Sam => "tests/tools/sam.txt",
            Self::CargoLambda => "tests/tools/cargo-lambda.txt",
            Self::Checkov => "tests/tools/checkov.txt",
            Self::Node => "tests/browser/package.json",
        }
    }

    fn folder(self) -> PathBuf {
        root().join(match self {
            Self::Python => "target/venv",
            Self::Sam => "target/tools/sam",
            Self::CargoLambda => "target/tools/cargo-lambda",
            Self::Checkov => "target/tools/checkov",
            Self::Node => "target/browser",
        })
    }

    /// A copy of what was asked for when they were installed.
    fn made_for(self) -> PathBuf {
        self.folder().join("made-for")
    }

    /// Whether what is asked for now is there.
    pub fn ready(self) -> bool {
        let wanted = fs::read(root().join(self.list()));
        wanted.is_ok_and(|wanted| fs::read(self.made_for()).is_ok_and(|made| made == wanted))
    }

    /// Installs them from the public package index, or says what did not work.
    pub fn provide(self) {
        if self.ready() {
            return;
        }
        let (folder, list) = (self.folder(), root().join(self.list()));
        eprintln!("xtask: making {}", folder.display());
        let made = match self {
            Self::Python | Self::Sam | Self::CargoLambda | Self::Checkov => python(&folder, &list),
            Self::Node => node(&folder, &list),
        };
        if !made || fs::copy(&list, self.made_for()).is_err() {
            eprintln!("xtask: could not install {}; going on without", self.list());
        }
    }
}

fn python(folder: &Path, list: &Path) -> bool {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(folder);
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(list);
    succeeds(&mut venv) && succeeds(&mut pip)
}

fn node(folder: &Path, list: &Path) -> bool {
    let copied =
        fs::create_dir_all(folder).and_then(|()| fs::copy(list, folder.join("package.json")));
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--silent",
        "--ignore-scripts",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
    ]);
    copied.is_ok() && succeeds(npm.current_dir(folder))
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
