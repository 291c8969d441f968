//! The schemas in `config/schema`, judged by somebody else's validator: they are schemas, they accept
//! what the reader accepts, and refuse what it refuses for its type.
//!
//! The questions in `schemas/exam.json` are written by the tests of the reader itself.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::bench::clients;
use crate::manifests::tool;

/// Reads a list of `[file, document]`; prints for each the first fault, or null.
const JUDGE: &str = "
import json, pathlib, sys
from jsonschema import Draft7Validator

validators = {}
for path in pathlib.Path(sys.argv[1]).glob('*.schema.json'):
    schema = json.loads(path.read_text())
    Draft7Validator.check_schema(schema)
    validators[path.name.replace('.schema', '')] = Draft7Validator(schema)
assert len(validators) == 4, validators.keys()

def fault(file, document):
    error = next(validators[file].iter_errors(document), None)
    return error and f'{error.json_path}: {error.message}'

print(json.dumps([fault(*question) for question in json.load(sys.stdin)]))
";

/// What the validator says of each document; `None` if there is no validator.
fn faults(questions: &[(String, Value)]) -> Result<Option<Vec<Option<String>>>> {
    let Some(python) = tool("python") else { return Ok(None) };
    let mut child = Command::new(python)
        .args(["-c", JUDGE])
        .arg(clients().join("../config/schema"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut asked = child.stdin.take().context("piped")?;
    asked.write_all(json!(questions).to_string().as_bytes())?;
    drop(asked);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the schemas are no schemas");
    Ok(Some(serde_json::from_slice(&output.stdout)?))
}

fn exam() -> Result<Value> {
    Ok(serde_json::from_str(include_str!("schemas/exam.json"))?)
}

/// A question of the exam.
fn question(entry: &Value, right: &Value) -> Result<(String, Value)> {
    let file = entry["file"].as_str().context("a file")?;
    if let Some(document) = entry.get("document") {
        return Ok((file.to_owned(), document.clone()));
    }
    let whole = right.as_array().into_iter().flatten().find(|it| it["file"] == file);
    let mut document = whole.context("a right one")?["document"].clone();
    let pointer = entry["pointer"].as_str().context("a pointer")?;
    *document.pointer_mut(pointer).context(pointer.to_owned())? = entry["value"].clone();
    Ok((file.to_owned(), document))
}

/// The configurations that stand in the repository, and in its documentation.
fn samples() -> Result<Vec<(String, Value)>> {
    let root = clients().join("..");
    let mut samples = Vec::new();
    let folders = ["config", "local/src/demo", "functions/ingest/tests/contract"];
    for (folder, name) in folders.iter().flat_map(|folder| {
        ["services", "notifications", "settings", "dashboard"].map(|name| (folder, name))
    }) {
        let file = format!("{name}.json");
        if let Ok(text) = fs::read_to_string(root.join(folder).join(&file)) {
            samples.push((file, serde_json::from_str(&text)?));
        }
    }
    let page = fs::read_to_string(root.join("docs/configuration.md"))?;
    for fence in page.split("```json ").skip(1) {
        let (file, rest) = fence.split_once('\n').context("a fence has lines")?;
        let text = rest.split("```").next().context("split yields something")?;
        samples.push((file.to_owned(), serde_json::from_str(text)?));
    }
    Ok(samples)
}

#[test]
fn schemas_accept_what_the_reader_accepts() -> Result<()> {
    let exam = exam()?;
    let right = exam["right"].as_array().context("a list")?;
    let mut asked: Vec<_> =
        right.iter().map(|entry| question(entry, &exam["right"])).collect::<Result<_>>()?;
    asked.extend(samples()?);
    ensure!(asked.len() >= 8 + 4 + 3 + 2 + 4, "{} files", asked.len());
    let Some(faults) = faults(&asked)? else { return Ok(()) };
    for ((file, document), fault) in asked.iter().zip(faults) {
        ensure!(fault.is_none(), "{file}: {fault:?}\n{document:#}");
    }
    Ok(())
}

#[test]
fn schemas_refuse_what_the_reader_refuses_for_its_type() -> Result<()> {
    let exam = exam()?;
    let wrong = exam["wrong"].as_array().context("a list")?;
    let asked: Vec<_> =
        wrong.iter().map(|entry| question(entry, &exam["right"])).collect::<Result<_>>()?;
    ensure!(asked.len() > 100, "{} mistakes", asked.len());
    let Some(faults) = faults(&asked)? else { return Ok(()) };
    for (entry, fault) in wrong.iter().zip(faults) {
        ensure!(fault.is_some(), "accepted: {entry}");
    }
    Ok(())
}
