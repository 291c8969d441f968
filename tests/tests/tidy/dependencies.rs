//! Rules about Cargo.toml and what comes with the dependencies.

use serde_json::Value;

use crate::none;
use crate::tree::{METADATA, below, folder, members, read};

fn packages() -> impl Iterator<Item = &'static Value> {
    METADATA["packages"].as_array().expect("an array").iter()
}

fn text<'v>(package: &'v Value, key: &str) -> &'v str {
    package[key].as_str().unwrap_or_default()
}

#[test]
fn there_is_one_of_each_stack() {
    none(
        "Two TLS or HTTP stacks double size, start time and what has to be patched.",
        ["rustls", "hyper", "rusqlite"].into_iter().filter_map(|name| {
            let count = packages().filter(|package| package["name"] == name).count();
            (count != 1).then(|| format!("{name}: {count} versions"))
        }),
    );
    none(
        "ring is the one provider: others cost start time on Lambda or need a C library there.",
        ["aws-lc-sys", "aws-lc-rs", "openssl-sys", "native-tls"]
            .into_iter()
            .filter(|name| packages().any(|package| package["name"] == *name))
            .map(str::to_owned),
    );
}

#[test]
fn licences_are_allowed() {
    let (_, list) = read("deny.toml").split_once("allow = [").expect("the list of licences");
    let (list, _) = list.split_once(']').expect("its end");
    let allowed = list.split('"').skip(1).step_by(2).collect::<Vec<_>>();
    none(
        "What is linked must be allowed to be given on under MIT; deny.toml has the list.",
        packages().filter(|package| !permits(text(package, "license"), &allowed)).map(|package| {
            format!("{} {}: {}", package["name"], package["version"], package["license"])
        }),
    );
}

/// Whether an SPDX expression can be met with these licences. `/` is the old spelling of `OR`.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words = spaced.split_whitespace().collect::<Vec<_>>();
    let mut rest = &words[..];
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = all_of(words, allowed);
    while let Some((&"OR", rest)) = words.split_first() {
        *words = rest;
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = one(words, allowed);
    while let Some((&"AND", rest)) = words.split_first() {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &[&str]) -> bool {
    let Some((word, rest)) = words.split_first() else { return false };
    *words = rest;
    if *word == "(" {
        let met = any_of(words, allowed);
        *words = words.get(1..).unwrap_or_default();
        return met;
    }
    if let [exception_mark, exception, rest @ ..] = *words
        && *exception_mark == "WITH"
    {
        *words = rest;
        return allowed.contains(&format!("{word} WITH {exception}").as_str());
    }
    allowed.contains(word)
}

#[test]
fn licence_expressions_are_understood() {
    let rows = [
        ("MIT", true),
        ("GPL-3.0", false),
        ("", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("(GPL-3.0 OR MIT) AND GPL-2.0", false),
        ("ISC AND (MIT OR GPL-3.0)", true),
        ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", false),
    ];
    for (expression, expected) in rows {
        assert_eq!(permits(expression, &["MIT", "ISC", "Apache-2.0"]), expected, "{expression}");
    }
}

#[test]
fn dependencies_come_from_the_index() {
    none(
        "Only what the public index holds can be built by everybody, later too.",
        packages()
            .filter(|package| !package["source"].is_null())
            .filter(|package| !text(package, "source").ends_with("rust-lang/crates.io-index"))
            .map(|package| format!("{}: {}", package["name"], package["source"])),
    );
}

/// Lines of the section of a manifest.
fn section<'m>(manifest: &'m str, name: &str) -> Vec<&'m str> {
    let mut lines = manifest.lines().skip_while(|line| *line != name);
    lines.next();
    lines.take_while(|line| !line.starts_with('[')).collect()
}

fn family(name: &str) -> &str {
    name.split(['-', '_']).next().unwrap_or(name)
}

#[test]
fn each_dependency_has_its_purpose_beside_it() {
    let lines = section(read("Cargo.toml"), "[workspace.dependencies]");
    let name = |line: &str| line.split([' ', '.']).next().unwrap_or_default().to_owned();
    let explained = |pair: &[&str]| {
        let (before, line) = (pair[0], pair[1]);
        before.starts_with("# ") || family(&name(before)) == family(&name(line))
    };
    none(
        "Who cannot say what a dependency is for does not need it.",
        lines
            .windows(2)
            .filter(|pair| pair[1].contains('=') && !pair[1].starts_with('#') && !explained(pair))
            .map(|pair| pair[1].to_owned()),
    );
}

#[test]
fn each_dependency_of_the_root_has_a_user() {
    let manifests = || members().map(|member| read(&format!("{}Cargo.toml", folder(member))));
    let users = |name: &str| {
        let line = format!("{name}.workspace = true");
        manifests().any(|manifest| manifest.lines().any(|own| own == line))
    };
    none(
        "A line that no package inherits says something untrue about what we build on.",
        section(read("Cargo.toml"), "[workspace.dependencies]")
            .into_iter()
            .filter(|line| line.contains(" = ") && !line.starts_with('#'))
            .map(|line| line.split(' ').next().unwrap_or_default())
            .filter(|name| !users(name))
            .map(str::to_owned),
    );
}

#[test]
fn packages_inherit_what_is_common() {
    let keys = ["version", "edition", "rust-version", "license", "publish"];
    let mut own = Vec::new();
    for member in members() {
        let path = format!("{}Cargo.toml", folder(member));
        let manifest = read(&path);
        let package = section(manifest, "[package]");
        let missing =
            keys.iter().filter(|key| !package.contains(&&*format!("{key}.workspace = true")));
        own.extend(missing.map(|key| format!("{path}: {key}")));
        if !section(manifest, "[lints]").contains(&"workspace = true") {
            own.push(format!("{path}: lints"));
        }
        for name in ["[dependencies]", "[dev-dependencies]", "[build-dependencies]"] {
            let lines = section(manifest, name).into_iter().filter(|line| line.contains('='));
            let pinned = lines.filter(|line| !line.contains("workspace = true"));
            own.extend(pinned.map(|line| format!("{path}: {line}")));
        }
    }
    none("Versions and lints are decided once, in the root.", own);
}

#[test]
fn packages_use_what_they_depend_on() {
    let mut unused = Vec::new();
    for member in members() {
        let folder = folder(member);
        for dependency in member["dependencies"].as_array().expect("an array") {
            let renamed = dependency["rename"].as_str();
            let name = renamed.unwrap_or_else(|| text(dependency, "name")).replace('-', "_");
            let name = name.strip_suffix("_rs").unwrap_or(&name).to_owned();
            let source =
                if dependency["kind"] == "dev" { folder.clone() } else { format!("{folder}src/") };
            let used =
                below(&source).any(|file| file.ends(&[".rs"]) && is_named(&name, &file.text));
            if !used {
                unused.push(format!("{folder}Cargo.toml: {}", dependency["name"]));
            }
        }
    }
    none("A dependency that nobody uses is built and patched for nothing.", unused);
}

/// Whether the word stands in the text: `tera` does not stand in `Iterator`.
fn is_named(word: &str, text: &str) -> bool {
    let of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(of_a_name) && !text[at + word.len()..].starts_with(of_a_name)
    })
}
