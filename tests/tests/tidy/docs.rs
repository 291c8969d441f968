//! What the documents say is so.

use std::collections::BTreeSet;
use std::path::Path;

use crate::none;
use crate::tree::{FILES, File, members, read, root};

fn documents() -> impl Iterator<Item = &'static File> {
    FILES.iter().filter(|file| file.ends(&[".md"]))
}

/// The blocks of a document fenced as this language, with their first line's number.
fn blocks(document: &File, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(bool, usize, String)> = None;
    for (number, line) in document.text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        open = match (open.take(), fence) {
            (None, None) => None,
            (None, Some(info)) => {
                let wanted = info.split_whitespace().next() == Some(language);
                Some((wanted, number + 2, String::new()))
            }
            (Some((wanted, start, text)), None) => Some((wanted, start, text + line + "\n")),
            (Some((wanted, start, text)), Some(_)) => {
                found.extend(wanted.then_some((start, text)));
                None
            }
        };
    }
    assert!(open.is_none(), "{}: a fence is not closed", document.path);
    found
}

#[test]
fn json_in_documents_is_json() {
    let mut broken = Vec::new();
    for document in documents() {
        for (line, text) in blocks(document, "json") {
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                broken.push(format!("{}:{line}: {error}", document.path));
            }
        }
    }
    none("Samples are copied by people who trust them.", broken);
}

/// Spans such as `"enabled": false` and `{"services":["a"]}`.
#[test]
fn json_within_sentences_is_json() {
    let mut broken = Vec::new();
    for document in documents() {
        let spans = document.text.lines().filter(|line| !line.starts_with("```"));
        let spans = spans.flat_map(|line| line.split('`').skip(1).step_by(2));
        for span in spans.filter(|span| span.contains("\":")) {
            let text = if span.starts_with('"') { format!("{{{span}}}") } else { span.to_owned() };
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            if let (true, Err(error)) = (span.starts_with(['"', '{', '[']), is_json) {
                broken.push(format!("{}: {span}: {error}", document.path));
            }
        }
    }
    none("Samples are copied by people who trust them.", broken);
}

#[test]
fn commands_in_documents_exist() {
    let suites = read("xtask/src/suite.rs");
    let client = read("heartbeat-clients/heartbeat-client.sh");
    let mut wrong = Vec::new();
    for document in documents() {
        for (line, text) in blocks(document, "sh") {
            let joined = text.replace("\\\n", " ");
            for command in joined.lines().map(|line| line.split(" #").next().unwrap_or_default()) {
                let words = command.split_whitespace().collect::<Vec<_>>();
                let fault = match words[..] {
                    ["cargo", "xtask", "test", ref rest @ ..] => rest
                        .iter()
                        .find(|word| !known_to_xtask(word, suites))
                        .map(|word| format!("no suite or flag {word}")),
                    ["cargo", "xtask", "prove" | "bench" | "pictures"] => None,
                    ["cargo", "xtask", ..] => Some("no such task".to_owned()),
                    _ => words.iter().find_map(|word| missing(word, command, client)),
                };
                wrong.extend(
                    fault.map(|fault| format!("{}:{line}: {command}: {fault}", document.path)),
                );
            }
        }
    }
    none("A command that fails is the first thing a new reader sees of us.", wrong);
}

fn known_to_xtask(word: &str, suites: &str) -> bool {
    let flags = ["--quick", "--no-skips", "--list"];
    flags.contains(&word) || suites.contains(&format!("\"{word}\""))
}

/// What is wrong with a word of a command: a path of ours that is not there, a flag that the
/// clients, which know the same, do not know.
fn missing(word: &str, command: &str, client: &str) -> Option<String> {
    let path = word.trim_start_matches("./").trim_matches(['\'', '"', ';']);
    let top = path.split('/').next().unwrap_or_default();
    let ours =
        ["heartbeat-clients", "config", "events", "docs", "tests", "xtask", "local", "shared"];
    if path.contains('/') && ours.contains(&top) && !root().join(path).exists() {
        return Some(format!("no {path}"));
    }
    let flag = word.split('=').next().unwrap_or_default();
    let for_client = command.contains("heartbeat-client.") && flag.starts_with("--");
    (for_client && !client.contains(flag)).then(|| format!("no flag {flag}"))
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for document in documents() {
        let folder = Path::new(&document.path).parent().expect("a folder");
        let targets = document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in
            targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() {
                root().join(&document.path)
            } else {
                root().join(folder).join(path)
            };
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if !file.exists() || !(anchor.is_empty() || anchors(&text).any(|known| known == anchor))
            {
                dead.push(format!("{}: {target}", document.path));
            }
        }
    }
    none("A dead link says that nobody reads this.", dead);
}

/// The anchors of the headings of a document.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|heading| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

#[test]
fn variables_in_documents_exist_and_the_other_way_round() {
    let variables = |endings: &'static [&'static str], tests: bool| -> BTreeSet<String> {
        FILES
            .iter()
            .filter(|file| {
                file.ends(endings)
                    && (tests || !["test", "xtask"].iter().any(|part| file.path.contains(part)))
            })
            .flat_map(|file| names(&file.text))
            .collect()
    };
    let documented = variables(&[".md"], true);
    let known = variables(&[".rs", ".sh", ".py", ".js", ".yml", ".yaml"], true);
    none(
        "The documents name variables that nothing reads.",
        documented.difference(&known).cloned(),
    );
    let read = variables(&[".rs", ".sh", ".py", ".js"], false);
    none(
        "Who cannot find a variable in the documents cannot use it.",
        read.difference(&documented).cloned(),
    );
}

/// The `FLATLINE_...` in a text.
fn names(text: &str) -> Vec<String> {
    let name = |rest: &str| {
        let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(rest.len());
        format!("FLATLINE_{}", &rest[..end])
    };
    text.split("FLATLINE_").skip(1).map(name).filter(|name| !name.ends_with('_')).collect()
}

#[test]
fn the_version_is_told_everywhere_the_same() {
    let version = members().find_map(|member| member["version"].as_str()).expect("a version");
    assert!(
        read("CHANGELOG.md").contains(&format!("## {version}")),
        "CHANGELOG.md has no {version}"
    );
    for ending in ["sh", "py", "js"] {
        let path = format!("heartbeat-clients/heartbeat-client.{ending}");
        let line =
            read(&path).lines().find(|line| line.contains("VERSION ") || line.contains("VERSION="));
        assert!(
            line.is_some_and(|line| line.contains(version)),
            "{path} is not {version}: {line:?}"
        );
    }
}
