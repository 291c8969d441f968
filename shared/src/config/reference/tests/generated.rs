//! What is made from the reference and stands in the repository is as it would be made today.
//!
//! `UPDATE_GENERATED=1 cargo test -p flatline-shared generated` writes it.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{markdown, schema};
use super::{FILES, specimen};
use crate::config::Env;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares, or writes if that was asked for.
fn judge(path: &Path, expected: &str) {
    let found = fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return;
    }
    if Env::from_process().get("UPDATE_GENERATED").is_some() {
        fs::write(path, expected).expect("the repository can be written");
        return;
    }
    panic!(
        "{} is not what the reference says; write it with UPDATE_GENERATED=1 cargo test -p \
         flatline-shared generated",
        path.display()
    );
}

#[test]
fn generated_schemas_are_fresh() {
    for (file, keys) in FILES {
        let name = file.replace(".json", ".schema.json");
        let schema = schema::of_file(&format!("Flatline {file}"), keys);
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        judge(&root().join("config/schema").join(name), &text);
    }
}

#[test]
fn generated_tables_of_the_documentation_are_fresh() {
    let path = root().join("docs/configuration.md");
    let mut text = fs::read_to_string(&path).expect("is there");
    for (file, keys) in FILES {
        let begin = format!("<!-- every key of {file} -->\n");
        let end = "<!-- end of the keys -->";
        let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("has {begin}"));
        let (_, after) = rest.split_once(end).expect("the table has an end");
        text = format!("{before}{begin}\n{}\n{end}{after}", markdown::table(keys));
    }
    judge(&path, &text);
}

#[test]
fn generated_questions_for_a_judge_of_schemas_are_fresh() {
    let text = serde_json::to_string_pretty(&specimen::exam()).expect("is JSON") + "\n";
    judge(&root().join("tests/tests/clients/schemas/exam.json"), &text);
}
