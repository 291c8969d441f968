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
        for line in text.lines().filter(|line| line.contains("uses:")) {
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

#[test]
fn the_deployment_stores_secrets_before_it_deploys_and_never_for_a_pull_request() {
    let text = std::fs::read_to_string(root().join(".github/workflows/deploy.yml")).expect("it");
    let secrets = text.find("deploy/secrets.py").expect("secrets are stored");
    let deploys = text.find("run: sam deploy").expect("it deploys");
    assert!(secrets < deploys);
    assert!(text.contains("if: github.event_name != 'pull_request'"));
    assert!(text.contains("id-token: write") && !text.contains("AWS_SECRET_ACCESS_KEY"));
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
