//! Rules about single files.

use crate::none;
use crate::tree::{FILES, File, below, output};

/// What people read as code; data, lock files and snapshots may be as long as they are.
const CODE: [&str; 8] = [".rs", ".sh", ".html", ".css", ".js", ".toml", ".yml", ".yaml"];
const LONGEST: usize = 400;
const MEDIAN: usize = 120;

#[test]
fn no_file_is_too_long_to_read_at_once() {
    none(
        "A file of more than 400 lines holds more than one thing: split it, tests first.",
        FILES.iter().filter(|file| file.ends(&CODE)).filter_map(|file| {
            let lines = file.text.lines().count();
            // A client is one file, because people copy it; a stack is one, because CloudFormation wants it so.
            let longest = match file.path.as_str() {
                "template.yaml" => LONGEST * 7 / 2,
                path if is_client(path) => LONGEST * 3 / 2,
                _ => LONGEST,
            };
            (lines > longest).then(|| format!("{}: {lines} lines", file.path))
        }),
    );
}

fn is_client(path: &str) -> bool {
    path.starts_with("heartbeat-clients/heartbeat-client.")
}

#[test]
fn most_files_fit_two_screens() {
    let mut lengths = below("")
        .filter(|file| file.ends(&[".rs"]))
        .map(|file| file.text.lines().count())
        .collect::<Vec<_>>();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN, "half of the Rust files are longer than {median} lines");
}

#[test]
fn nothing_is_left_for_later() {
    // Put together, so that this file does not break its own rule.
    let marks = ["to_do!(", "un_implemented!", "d_bg!(", "TO_DO", "FIX_ME"];
    let marks = marks.map(|mark| mark.replacen('_', "", 1));
    let breaks = |line: &str| marks.iter().any(|mark| line.contains(mark));
    none(
        "What is not done is not there: issues hold plans, code holds what works.",
        FILES.iter().flat_map(|file| file.places(breaks)),
    );
}

#[test]
fn modules_are_nouns_of_the_trade() {
    let vague = ["util", "utils", "helper", "helpers", "common", "manager", "models", "misc"];
    none(
        "These names attract whatever has no place; name the thing instead.",
        FILES.iter().filter(|file| file.ends(&[".rs"])).filter_map(|file| {
            let mut parts = file.path.split(['/', '.']);
            parts.any(|part| vague.contains(&part)).then(|| file.path.clone())
        }),
    );
}

#[test]
fn text_is_plain() {
    let fancy =
        ['\u{2013}', '\u{2014}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2026}'];
    none(
        "Plain dashes and quotes can be typed, searched and compared.",
        FILES
            .iter()
            .filter(|file| file.ends(&[".rs", ".md", ".sh", ".toml", ".yml"]))
            .flat_map(|file| file.places(move |line| line.contains(fancy))),
    );
}

#[test]
fn lines_end_where_their_text_ends() {
    let ours = || FILES.iter().filter(|file| !file.ends(&[".snap"]));
    let trailing = |line: &str| line.ends_with([' ', '\t', '\r']);
    none(
        "White space at the end of a line makes noise in diffs.",
        ours().flat_map(|file| file.places(trailing)),
    );
    let ends_well = |file: &&File| file.text.is_empty() || file.text.ends_with('\n');
    none(
        "A text file ends with a line end, and with only one.",
        ours()
            .filter(|file| !ends_well(file) || file.text.ends_with("\n\n"))
            .map(|file| file.path.clone()),
    );
}

#[test]
fn nothing_names_a_machine() {
    // Put together, so that this file does not break its own rule.
    let paths = ["work", "root", "home", "Users"].map(|folder| format!("/{folder}/"));
    // A URL may have such a path; a file name starts after a space or a quote.
    let names = |line: &str| {
        let mut found = paths.iter().flat_map(|path| line.match_indices(path.as_str()));
        found.any(|(at, _)| {
            !line[..at]
                .ends_with(|before: char| before.is_alphanumeric() || "}.)*".contains(before))
        })
    };
    none(
        "A path of one machine is wrong on every other.",
        FILES.iter().flat_map(|file| file.places(names)),
    );
}

#[test]
fn scripts_can_be_executed_and_nothing_else_can() {
    let script =
        |path: &str| FILES.iter().any(|file| file.path == path && file.text.starts_with("#!"));
    let listing = output("git", &["ls-files", "-s", "-z"]);
    none(
        "A file with `#!` is meant to be started, so git has to know its mode; others are not.",
        listing.split_terminator('\0').filter_map(|entry| {
            let (state, path) = entry.split_once('\t').expect("mode, object, stage, tab, path");
            (state.starts_with("100755") != script(path)).then(|| path.to_owned())
        }),
    );
}

#[test]
fn json_files_are_json() {
    none(
        "Samples and configuration are copied by people who trust them.",
        FILES.iter().filter(|file| file.ends(&[".json"])).filter_map(|file| {
            let parsed = serde_json::from_str::<serde::de::IgnoredAny>(&file.text);
            parsed.err().map(|error| format!("{}: {error}", file.path))
        }),
    );
}
