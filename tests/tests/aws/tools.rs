//! The tools of others: SAM, cfn-lint, checkov. Each has nothing to say.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::template;

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_path_buf()
}

/// A program in one of the Python environments that `cargo xtask test aws` makes.
pub fn tool(environment: &str, program: &str) -> Option<PathBuf> {
    let path = root().join("target/tools").join(environment).join("bin").join(program);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "skipped: no {program} in target/tools/{environment}; `cargo xtask test aws` makes it"
    );
    None
}

/// Runs a tool at the root, with no account and no way to one.
fn is_content(program: &Path, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .envs([
            ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("SAM_CLI_TELEMETRY", "0"),
        ])
        .output()
        .expect("the tool starts");
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(output.status.success(), "{} {arguments:?}:\n{told}", program.display());
}

#[test]
fn sam_validates_the_template() {
    let Some(sam) = tool("sam", "sam") else { return };
    is_content(&sam, &["validate"]);
    is_content(&sam, &["validate", "--lint"]);
}

#[test]
fn cfn_lint_has_nothing_to_say_about_the_transformed_template() {
    let (Some(lint), Some(file)) = (tool("sam", "cfn-lint"), template::file()) else { return };
    is_content(&lint, &["--template", &file.to_string_lossy(), "deploy/github-role.yaml"]);
}

#[test]
fn checkov_has_nothing_to_say_but_what_is_skipped_with_a_reason() {
    let (Some(checkov), Some(file)) = (tool("checkov", "checkov"), template::file()) else {
        return;
    };
    let rules = root().join("tests/tests/aws/checkov.yaml");
    let arguments = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact"];
    for file in [&file.to_string_lossy(), "deploy/github-role.yaml"] {
        let about = ["--config-file", &rules.to_string_lossy(), "--file", file];
        is_content(&checkov, &[&about[..], &arguments].concat());
    }
}
