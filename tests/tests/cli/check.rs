use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Done, flatline_with};

/// Where `Ops` is told.
const HOOK: [(&str, &str); 1] = [("NOTIFICATION_OPS_URL", "https://hooks.example/ops")];

fn directory(files: &[(&str, Value)]) -> Result<TempDir> {
    let directory = tempfile::tempdir()?;
    for (name, content) in files {
        fs::write(directory.path().join(name), content.to_string())?;
    }
    Ok(directory)
}

/// What `flatline check` does with a directory, whose name is `DIR` in what it prints; it changes no file.
async fn check(path: &Path, more: &[&str], variables: &[(&str, &str)]) -> Result<Done> {
    let before = listed(path)?;
    let name = path.to_str().context("a path in UTF-8")?;
    let arguments = ["check", "--config", name].into_iter().chain(more.iter().copied());
    let mut done = flatline_with(arguments, variables).await?;
    done.stdout = done.stdout.replace(name, "DIR");
    ensure!(listed(path)? == before, "{done:?}");
    Ok(done)
}

fn listed(path: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path).into_iter().flatten() {
        let path = entry?.path();
        files.push((path.display().to_string(), fs::read_to_string(&path)?));
    }
    files.sort();
    Ok(files)
}

fn five_services() -> Value {
    let services: Vec<_> = ["a", "b", "c", "d", "e"].iter().map(|id| json!({"id": id})).collect();
    let groups = json!([{"id": "g", "services": ["a"]}, {"id": "h", "services": ["b"]}]);
    json!({"services": services, "groups": groups})
}

fn one_channel() -> Value {
    json!({"channels": [{"type": "webhook", "name": "Ops"}]})
}

/// The `text` blocks of docs/configuration.md: a problem, and a run of `flatline check`.
fn documented() -> Vec<&'static str> {
    let page = include_str!("../../../docs/configuration.md");
    page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[tokio::test]
async fn a_configuration_that_is_fine_ends_with_0() -> Result<()> {
    let directory =
        directory(&[("services.json", five_services()), ("notifications.json", one_channel())])?;
    for more in [&[][..], &["--strict"]] {
        let done = check(directory.path(), more, &HOOK).await?;
        let told = "DIR is fine: 5 services, 2 groups, 1 channel\n";
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (0, told, ""));
    }
    Ok(())
}

#[tokio::test]
async fn a_warning_ends_with_0_as_documented_and_with_2_if_it_counts() -> Result<()> {
    let directory = directory(&[
        ("services.json", five_services()),
        ("notifications.json", one_channel()),
        ("settings.json", json!({"features": {"showRefrehButton": true}})),
    ])?;
    let done = check(directory.path(), &[], &HOOK).await?;
    let (command, printed) = documented()[1].split_once('\n').context("a command")?;
    assert_eq!(command, "$ flatline check --config ./config");
    assert_eq!((done.code, done.stdout.replace("DIR", "./config").as_str()), (0, printed));
    let strict = check(directory.path(), &["--strict"], &HOOK).await?;
    let problem = printed.lines().next().and_then(|line| line.strip_prefix("warning: "));
    let problem = problem.context("a warning")?;
    let told = format!("error: {problem}\nDIR is not fine by --strict: 1 warning\n");
    assert_eq!((strict.code, strict.stdout.as_str()), (2, told.as_str()));
    ensure!(done.stderr.is_empty() && strict.stderr.is_empty(), "{done:?} {strict:?}");
    Ok(())
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_and_ends_with_2() -> Result<()> {
    let services =
        json!({"services": [{"id": "a"}, {"id": "a"}, {"id": "b", "stalenessThreshold": 0}]});
    let directory = directory(&[
        ("services.json", services),
        ("notifications.json", one_channel()),
        ("dashboard.json", json!({"theme": {"defaultMode": "blue"}, "headr": {}})),
    ])?;
    let done = check(directory.path(), &[], &[("API_KEYS", "fl_secret_in_the_wrong_form")]).await?;
    let expected = format!(
        "\
error: {}error: services.json services[1].id: must be unique, and services[0] has the id \"a\" too
error: notifications.json channels[0].config: the channel is enabled and has no address: set \
NOTIFICATION_OPS_URL
error: dashboard.json theme.defaultMode: must be one of auto, light, dark, not \"blue\"
error: environment API_KEYS: must be a JSON object of service id, group id or \"*\" to a key or a list \
of keys; it is not valid JSON: expected ident at line 1 column 2
warning: dashboard.json headr: is not a known key; the nearest known one is 'header'
DIR cannot be used: 5 errors, 1 warning
",
        documented()[0]
    );
    assert_eq!((done.code, done.stdout, done.stderr.as_str()), (2, expected, ""));
    Ok(())
}

#[tokio::test]
async fn a_directory_that_is_missing_or_not_whole_is_told_in_a_sentence() -> Result<()> {
    let empty = tempfile::tempdir()?;
    let file = tempfile::NamedTempFile::new()?;
    for (path, told) in [
        (empty.path().to_path_buf(), "services.json: is missing: it must name the services"),
        (empty.path().join("nowhere"), "DIR: does not exist, and must be the folder with"),
        (file.path().to_path_buf(), "DIR: is a file, and must be the folder with services.json"),
    ] {
        let done = check(&path, &[], &[]).await?;
        ensure!(done.code == 2 && done.stderr.is_empty(), "{done:?}");
        let line = done.stdout.lines().next().unwrap_or_default();
        ensure!(line.starts_with(&format!("error: {told}")), "{done:?}");
        ensure!(!path.join("services.json").exists(), "{}", path.display());
    }
    let variables = [("FLATLINE_CONFIG", ""), ("FLATLINE_LISTEN", "")];
    let done = flatline_with(["check"], &variables).await?;
    ensure!(done.stdout.starts_with("error: ./config: does not exist"), "{done:?}");
    let done = flatline_with(["check"], &[("FLATLINE_LISTEN", "localhost:1")]).await?;
    ensure!(done.stdout.starts_with("error: ./config: does not exist"), "{done:?}");
    let done = flatline_with(["check", "--stric"], &[]).await?;
    ensure!(done.code == 2 && done.stdout.is_empty(), "{done:?}");
    ensure!(done.stderr.contains("--stric") && done.stderr.contains("--strict"), "{done:?}");
    Ok(())
}

#[tokio::test]
async fn the_sample_configuration_is_fine_to_the_letter() -> Result<()> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").canonicalize()?;
    let name = sample.to_str().context("a path in UTF-8")?;
    let done = flatline_with(["check", "--strict", "--config", name], &[]).await?;
    ensure!(done.code == 0 && done.stdout.contains(" is fine: "), "{done:?}");
    Ok(())
}
