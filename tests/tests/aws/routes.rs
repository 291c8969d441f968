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

/// The function that the HTTP API gives a request to: the route of exactly that path, else the longest
/// that takes all below it, else `$default`. A route that ends with a slash cannot be made on AWS.
fn function_of<'a>(routes: &'a BTreeMap<String, String>, path: &str) -> &'a str {
    let below = |(route, _): &(&String, &String)| {
        route.strip_suffix("{rest+}").is_some_and(|parent| path.starts_with(parent))
    };
    let greedy = || routes.iter().filter(below).max_by_key(|(route, _)| route.len());
    let found = routes.get(path).or_else(|| greedy().map(|(_, function)| function));
    found.unwrap_or_else(|| &routes["$default"])
}

#[test]
fn the_http_api_has_the_routes_of_the_table_with_and_without_a_slash() {
    let Some(template) = template::transformed() else { return };
    let routes = of_template(template);
    for path in routes.keys() {
        assert!(!path.ends_with('/'), "{path}: AWS refuses it");
        assert!(!path.contains('{') || path.ends_with("/{rest+}"), "{path}");
    }
    for route in ROUTES {
        let segment =
            |part: &str| if part.starts_with('{') { "one".to_owned() } else { part.to_owned() };
        let path = route.path.split('/').map(segment).collect::<Vec<_>>().join("/");
        let with_slash = format!("{}/", path.trim_end_matches('/'));
        for path in [path, with_slash] {
            assert_eq!(function_of(&routes, &path), name(route.function), "{path}");
        }
    }
}

#[test]
fn no_route_of_the_http_api_leads_nowhere() {
    let Some(template) = template::transformed() else { return };
    for (path, function) in of_template(template) {
        let path = path.trim_end_matches("/{rest+}");
        let ours = |route: &&flatline_shared::http::Route| route.path == path;
        let known = ROUTES.iter().find(ours).map(|route| name(route.function));
        let is_ours = known == Some(function.as_str()) || path == "$default";
        assert!(is_ours, "{path} -> {function}");
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
