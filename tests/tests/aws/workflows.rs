//! The workflows on GitHub, which run with the right to deploy.

use std::process::Command;

use crate::tools::root;

fn files() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(root().join(".github/workflows")).expect("workflows");
    let paths = folder.map(|file| file.expect("a file").path());
    let text = |path: &std::path::PathBuf| std::fs::read_to_string(path).expect("a text");
    paths.map(|path| (path.display().to_string(), text(&path))).collect()
}

#[test]
fn actions_are_pinned_by_their_commit_with_the_tag_beside() {
    let mut seen = 0;
    for (file, text) in files() {
        // A workflow of this folder is of this commit.
        let others = |line: &&str| line.contains("uses:") && !line.contains("uses: ./");
        for line in text.lines().filter(others) {
            let (_, pin) = line.split_once('@').expect("a version");
            let (commit, tag) = pin.split_once(" # ").unwrap_or((pin, ""));
            let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_commit && tag.starts_with('v'), "{file}: {line}");
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn they_begin_with_no_rights_but_to_read() {
    for (file, text) in files() {
        assert!(text.contains("\npermissions:\n  contents: read\n"), "{file}");
        assert!(
            !text.contains("pull_request_target"),
            "{file}: it runs others' code with our rights"
        );
    }
}

fn workflow(name: &str) -> String {
    std::fs::read_to_string(root().join(".github/workflows").join(name)).expect("a workflow")
}

/// The lines of one job.
fn job(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("\n  {name}:\n")).expect("the job");
    let lines = rest.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_deployment_stores_secrets_before_it_deploys_and_never_for_a_pull_request() {
    let deploy = job(&workflow("deploy.yml"), "deploy");
    let secrets = deploy.find("deploy/secrets.py").expect("secrets are stored");
    let deploys = deploy.find("deploy/deploy.sh").expect("it deploys");
    assert!(secrets < deploys);
    assert!(deploy.contains("--stdin --prune"), "what is taken away must not stay valid");
    assert!(deploy.contains("github.event_name != 'pull_request'"));
    assert!(deploy.contains("id-token: write") && !deploy.contains("AWS_SECRET_ACCESS_KEY"));
}

#[test]
fn only_what_is_green_is_deployed() {
    let text = workflow("deploy.yml");
    assert!(job(&text, "test").contains("uses: ./.github/workflows/ci.yml"));
    assert!(job(&text, "test").contains("if: needs.known.outputs.hit != 'true'"));
    let deploy = job(&text, "deploy");
    assert!(deploy.contains("needs: [known, test]"), "{deploy}");
    let gate = "(needs.test.result == 'success' || needs.known.outputs.hit == 'true' && \
                needs.test.result == 'skipped')";
    assert!(deploy.contains(gate), "{deploy}");
    // A build is known only if it was green and went out.
    let deploys = deploy.find("deploy/deploy.sh").expect("it deploys");
    let keeps = deploy.find("actions/cache/save").expect("it keeps the build");
    assert!(deploys < keeps && text.matches("actions/cache/save").count() == 1);
    assert!(workflow("ci.yml").contains("\n  workflow_call:\n"));
}

#[test]
fn the_whole_test_command_runs_where_nothing_of_it_is_skipped() {
    let test = job(&workflow("ci.yml"), "test");
    assert!(test.contains("run: .ci/run"));
    // Packages are of Debian, and some tests are for root alone.
    assert!(test.contains("image: rust:1-bookworm") && test.contains("options: --privileged"));
    assert!(test.contains("rustup component add clippy rustfmt"), "the image has neither");
    let node = test.split_once("node-version: ").expect("a version of Node").1;
    let version: u32 = node.lines().next().and_then(|it| it.parse().ok()).expect("a number");
    assert!(version >= 20, "pages are tested with Node 20 or newer");
    assert!(test.contains("safe.directory"), "tests ask git for the tracked files");
}

#[test]
fn they_are_workflows_to_somebody_elses_schema() {
    let judge = root().join("target/venv/bin/check-jsonschema");
    if !judge.exists() {
        eprintln!("skipped: no {}; `cargo xtask test aws` makes it", judge.display());
        return;
    }
    let names = files().into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    let dependabot = root().join(".github/dependabot.yml").display().to_string();
    for (schema, files) in [("github-workflows", names), ("dependabot", vec![dependabot])] {
        let output = Command::new(&judge)
            .args(["--builtin-schema", &format!("vendor.{schema}")])
            .args(files)
            .output()
            .expect("it starts");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told}");
    }
}
