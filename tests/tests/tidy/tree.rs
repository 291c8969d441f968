//! The files of the project, and what cargo says about its packages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// One text file.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl File {
    /// Whether the name ends in one of these.
    pub fn ends(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// Places `path:line` of the lines that `breaks`.
    pub fn places<'f>(
        &'f self,
        breaks: impl Fn(&str) -> bool + 'f,
    ) -> impl Iterator<Item = String> + 'f {
        let broken = move |(number, line): (usize, &str)| {
            breaks(line).then(|| format!("{}:{}: {}", self.path, number + 1, line.trim()))
        };
        self.text.lines().enumerate().filter_map(broken)
    }
}

/// All text files that are tracked or would be; the lock file is cargo's.
pub static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let listing = output("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let paths = listing.split_terminator('\0').filter(|path| *path != "Cargo.lock");
    paths
        .filter_map(|path| {
            // A file may be deleted and not committed yet; one that is not UTF-8 is not text.
            let text = std::fs::read_to_string(root().join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        })
        .collect()
});

/// The text files below this folder.
pub fn below(folder: &str) -> impl Iterator<Item = &'static File> {
    FILES.iter().filter(move |file| file.path.starts_with(folder))
}

/// The text of one file.
pub fn read(path: &str) -> &'static str {
    let file = FILES.iter().find(|file| file.path == path);
    &file.unwrap_or_else(|| panic!("{path} is missing")).text
}

/// `cargo metadata`: all packages, ours and others'.
pub static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let text = output(env!("CARGO"), &["metadata", "--format-version", "1"]);
    serde_json::from_str(&text).expect("cargo writes JSON")
});

/// The packages of the workspace.
pub fn members() -> impl Iterator<Item = &'static Value> {
    let all = METADATA["packages"].as_array().expect("an array");
    all.iter().filter(|package| package["source"].is_null())
}

/// The folder of a member, from the root, with a `/` at its end.
pub fn folder(member: &Value) -> String {
    let manifest = Path::new(member["manifest_path"].as_str().expect("a path"));
    let folder = manifest.parent().expect("a folder").strip_prefix(root()).expect("below the root");
    format!("{}/", folder.display())
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package is a folder of the workspace").to_path_buf()
}

/// Standard output of a program in the root.
pub fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
