//! The route table of the code, the routes of the HTTP API and those of `cargo lambda watch` are one.

use std::collections::{BTreeMap, BTreeSet};

use flatline_shared::http::{Function, ROUTES};
use serde_json::Value;

use crate::template::{self, properties};
use crate::tools::root;

fn name(function: Function) -> &'static str {
    match function {
        Function::Ingest => "Ingest",
        Function::Alert => "Alert",
        Function::Dashboard => "Dashboard",
    }
}

/// By path, the function of the HTTP API.
fn of_template(template: &Value) -> BTreeMap<String, String> {
    let paths = properties(template, "HttpApi")["Body"]["paths"].as_object().expect("paths");
    let mut routes = BTreeMap::new();
    for (path, methods) in paths {
        let methods = methods.as_object().expect("methods");
        let names: Vec<_> = methods.keys().collect();
        assert_eq!(names, ["x-amazon-apigateway-any-method"], "{path}: our code refuses methods");
        for about in methods.values() {
            let integration = &about["x-amazon-apigateway-integration"];
            assert_eq!(integration["payloadFormatVersion"], "2.0", "{path}");
            let target = template::meaning(&integration["uri"]);
            let function =
                target.split("${").find_map(|part| part.strip_suffix(".Arn}/invocations"));
            routes.insert(path.clone(), function.expect("a function of ours").to_owned());
        }
    }
    routes
}

/// Whether a path of the HTTP API takes a path of the table: names of parameters are free.
fn takes(pattern: &str, path: &str) -> bool {
    let same =
        |(one, other): (&str, &str)| one == other || one.starts_with('{') && other.starts_with('{');
    let (pattern, path) = (pattern.split('/'), path.split('/'));
    pattern.clone().count() == path.clone().count() && pattern.zip(path).all(same)
}

#[test]
fn the_http_api_has_the_routes_of_the_table() {
    let Some(template) = template::transformed() else { return };
    let routes = of_template(template);
    let rest = routes.get("/$default").or_else(|| routes.get("$default"));
    assert_eq!(rest.map(String::as_str), Some("Dashboard"), "{routes:?}");
    for route in ROUTES {
        let found = routes.iter().find(|(path, _)| takes(path, route.path));
        let function =
            found.or(rest.map(|rest| (rest, rest))).map(|(_, function)| function.as_str());
        assert_eq!(function, Some(name(route.function)), "{}", route.path);
    }
}

#[test]
fn no_route_of_the_http_api_leads_nowhere() {
    let Some(template) = template::transformed() else { return };
    for (path, function) in of_template(template) {
        let ours = |route: &&flatline_shared::http::Route| takes(&path, route.path);
        let known = ROUTES.iter().find(ours).map(|route| name(route.function));
        // Formats of alerts are named in the path.
        let is_ours = known == Some(function.as_str()) || path.ends_with("$default");
        assert!(is_ours || path == "/api/alert/{format}", "{path} -> {function}");
    }
}

#[test]
fn the_local_lambda_emulator_has_the_same_routes() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let section = "[workspace.metadata.lambda.watch.router]\n";
    let (_, rest) = manifest.split_once(section).expect("routes of cargo lambda watch");
    let lines = rest.lines().take_while(|line| !line.starts_with('[') && !line.is_empty());
    let routes: BTreeSet<(String, String)> = lines
        .filter_map(|line| line.split_once('='))
        .map(|(path, function)| (path.trim().replace('"', ""), function.trim().replace('"', "")))
        .collect();
    for route in ROUTES.iter().filter(|route| route.function != Function::Dashboard) {
        let wanted = (route.path.to_owned(), name(route.function).to_lowercase());
        assert!(routes.contains(&wanted), "{wanted:?} is not in {routes:?}");
    }
    assert!(routes.contains(&("/".to_owned(), "dashboard".to_owned())), "{routes:?}");
    assert!(routes.contains(&("/{*rest}".to_owned(), "dashboard".to_owned())), "{routes:?}");
}
