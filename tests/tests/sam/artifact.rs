//! What goes to Lambda: small, nothing but the program, for its processor and its system.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The functions by their names in the template.
const FUNCTIONS: [&str; 5] = ["Ingest", "Alert", "Dashboard", "Checker", "Notifier"];

/// A zip must not weigh more, in bytes: it is fetched at each cold start.
const ZIP_MAX_BYTES: u64 = 4_000_000;

/// Folder of a build, and how readelf calls its processor.
const PROCESSORS: [(&str, &str); 2] = [("x86_64", "X86-64"), ("arm64", "AArch64")];

/// The C library of provided.al2023: 2.34.
const GLIBC_MINOR: u32 = 34;

/// What it consists of.
const LIBRARIES: [&str; 8] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_path_buf()
}

/// The folders of the functions, for each processor that was built for.
fn builds() -> Vec<(&'static str, Vec<PathBuf>)> {
    let mut found = Vec::new();
    for (folder, processor) in PROCESSORS {
        let build = root().join("target/sam").join(folder);
        if build.is_dir() {
            found.push((processor, FUNCTIONS.map(|function| build.join(function)).into()));
        }
    }
    if !root().join("target/sam/x86_64").is_dir() {
        println!("skipped: nothing is in target/sam/x86_64; `cargo xtask test sam` builds it");
    }
    found
}

/// What a program says.
fn said(program: &Path, arguments: &[&str], files: &[PathBuf]) -> String {
    let output = Command::new(program).args(arguments).args(files).output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?} {files:?}: {told}", program.display());
    String::from_utf8(output.stdout).expect("it writes UTF-8")
}

#[test]
fn each_zip_is_small_and_holds_nothing_but_the_program() {
    let python = root().join("target/tools/sam/bin/python");
    let script = root().join("tests/tests/sam/weigh.py");
    for (processor, folders) in builds() {
        let zips = said(&python, &[&script.to_string_lossy()], &folders);
        let zips: Value = serde_json::from_str(&zips).expect("weigh.py writes JSON");
        for function in FUNCTIONS {
            let zip = &zips[function];
            let bytes = zip["bytes"].as_u64().expect("a weight");
            println!("{function} for {processor}: {bytes} bytes zipped");
            assert!(bytes <= ZIP_MAX_BYTES, "{function} for {processor}: {bytes} bytes zipped");
            assert_eq!(zip["names"], serde_json::json!(["bootstrap"]), "{function}");
        }
    }
}

#[test]
fn each_program_is_for_its_processor_and_needs_nothing_that_lambda_lacks() {
    for (processor, folders) in builds() {
        for folder in folders {
            let program = [folder.join("bootstrap")];
            let elf =
                said(Path::new("readelf"), &["--file-header", "--dynamic", "-V", "-W"], &program);
            let machine = elf.lines().find(|line| line.trim().starts_with("Machine:"));
            assert!(
                machine.is_some_and(|line| line.ends_with(processor)),
                "{folder:?} {machine:?}"
            );
            for library in after(&elf, "Shared library: [") {
                assert!(LIBRARIES.contains(&library), "{folder:?} needs {library}");
            }
            for minor in after(&elf, "GLIBC_2.") {
                let minor: u32 = minor.parse().expect("a number");
                assert!(minor <= GLIBC_MINOR, "{folder:?} needs glibc 2.{minor}");
            }
        }
    }
}

/// The words that follow each `start`.
fn after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let is_end =
        |c: char| !(c.is_alphanumeric() || "._-".contains(c)) || start.ends_with('.') && c == '.';
    let rests = text.split(start).skip(1);
    rests.filter_map(|rest| rest.split(is_end).next()).collect()
}
