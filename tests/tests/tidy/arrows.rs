//! Who may know whom: DESIGN's arrows, where the compiler does not enforce them.

use serde_json::Value;

use crate::none;
use crate::tree::{below, folder, members};

/// The modules of `shared` from the inside to the outside. A module may use those of earlier rows.
const LAYERS: [&[&str]; 5] = [
    &["clock", "render", "telemetry"],
    &["config", "store"],
    &["notify", "transition"],
    &["app"],
    &["aws", "http"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// Names of the dependencies of one kind: `None` for normal ones, `dev`, `build`.
fn dependencies<'m>(member: &'m Value, kind: Option<&'m str>) -> impl Iterator<Item = &'m str> {
    let all = member["dependencies"].as_array().expect("an array");
    all.iter()
        .filter(move |dependency| dependency["kind"].as_str() == kind)
        .map(|dependency| dependency["name"].as_str().expect("a name"))
}

/// `package -> dependency` for each dependency of the packages in `under` that is not `allowed`.
fn foreign(under: &str, kind: Option<&str>, allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for member in members().filter(|member| folder(member).starts_with(under)) {
        let strangers = dependencies(member, kind).filter(|name| !allowed(name));
        found.extend(strangers.map(|name| format!("{} -> {name}", member["name"])));
    }
    found
}

fn is_ours(name: &str) -> bool {
    members().any(|member| member["name"] == name)
}

#[test]
fn the_domain_is_pure() {
    none(
        "Decisions that need nothing but their arguments can be tested and simulated by the million.",
        foreign("shared/domain/", None, |name| ["serde", "jiff"].contains(&name)),
    );
    let impure =
        ["async ", "std::env", "std::fs", "std::net", "std::thread", "SystemTime", "Instant"];
    none(
        "The domain has no clock, no files and no network, not even std's.",
        below("shared/domain/src/").flat_map(|file| {
            file.places(|line| {
                let code = line.split("//").next().unwrap_or_default();
                impure.iter().any(|word| code.contains(word))
            })
        }),
    );
}

#[test]
fn functions_do_not_know_each_other() {
    let inward =
        |name: &str| !is_ours(name) || ["flatline-domain", "flatline-shared"].contains(&name);
    none(
        "Each function is deployed alone; what two of them need belongs to shared.",
        foreign("functions/", None, inward),
    );
    let test_support =
        |name: &str| inward(name) || ["flatline-embedded", "flatline-harness"].contains(&name);
    none(
        "Tests of one function stand on the engine, not on another function.",
        foreign("functions/", Some("dev"), test_support),
    );
}

#[test]
fn arrows_between_packages_point_inwards() {
    let domain = |name: &str| !is_ours(name) || name == "flatline-domain";
    none(
        "Shared knows the domain only.",
        [
            foreign("shared/src", None, domain),
            members()
                .filter(|member| member["name"] == "flatline-shared")
                .flat_map(|member| dependencies(member, None))
                .filter(|name| !domain(name))
                .map(str::to_owned)
                .collect(),
        ]
        .concat(),
    );
    none(
        "The embedded engine knows no Flatline type, so it stays exchangeable with the real one.",
        foreign("local/embedded/", None, |name| !is_ours(name)),
    );
    let tests = |name: &str| name == "flatline-harness";
    let product = members().filter(|member| !folder(member).starts_with("tests/"));
    none(
        "What ships carries no test library.",
        product
            .flat_map(|member| dependencies(member, None))
            .filter(|name| tests(name))
            .map(str::to_owned),
    );
}

#[test]
fn arrows_inside_shared_point_inwards() {
    let mut outwards = Vec::new();
    for file in below("shared/src/") {
        let module = file.path["shared/src/".len()..].split(['/', '.']).next().unwrap_or_default();
        if module == "lib" {
            continue;
        }
        let Some(own) = layer(module) else {
            outwards.push(format!("{}: `{module}` has no layer in this test", file.path));
            continue;
        };
        let breaks = |line: &str| {
            line.split("crate::").skip(1).any(|rest| {
                let used = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next();
                used != Some(module) && used.and_then(layer).is_some_and(|layer| layer >= own)
            })
        };
        // A type of channel is one file, so what may be configured stands beside its format.
        let is_list = |line: &str| {
            file.path == "shared/src/config/kind.rs" && line.contains("crate::notify::types()")
        };
        // Links in comments are no imports.
        let is_code = |line: &str| !line.trim_start().starts_with("//") && !is_list(line);
        outwards.extend(file.places(|line| is_code(line) && breaks(line)));
    }
    none("A module that knows its callers cannot be understood, or replaced, by itself.", outwards);
}

#[test]
fn only_the_store_speaks_dynamodb() {
    let speaks = |line: &str| {
        line.contains("aws_sdk_dynamodb::types")
            || line.contains("AttributeValue") && !line.contains("ExpressionAttributeValue")
    };
    none(
        "Key layout and conditions live in one place, where their tests are.",
        ["shared/src/", "functions/", "local/src/"]
            .into_iter()
            .flat_map(below)
            .filter(|file| !file.path.starts_with("shared/src/store/"))
            .flat_map(|file| file.places(speaks)),
    );
}
