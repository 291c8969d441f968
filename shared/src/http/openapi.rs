//! The route table as OpenAPI 3.1.
//!
//! Method, path, its parameters, who may ask and what is refused come from the table; what is said of a
//! route besides, and the schemas, stand in `openapi/operations.json` and `openapi/components.json`.

use std::sync::LazyLock;

use http::Method;
use serde_json::{Map, Value, json};

use super::route::{Auth, ROUTES, Route};
use crate::config::Access;

/// What is said of each route, by method and path.
static OPERATIONS: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("openapi/operations.json");
    serde_json::from_str(text).expect("the file is compiled in, and a test reads it")
});

/// Schemas, parameters and answers that several routes have.
static COMPONENTS: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("openapi/components.json");
    serde_json::from_str(text).expect("the file is compiled in, and a test reads it")
});

/// The document of a server at this address, whose pages may be read by whom `access` says.
pub fn openapi(access: Access, base_url: &str) -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let entry = paths.entry(route.path.replace("{*", "{")).or_insert_with(|| json!({}));
        entry[route.method.as_str().to_lowercase()] = operation(route, access);
    }
    let mut components = COMPONENTS.clone();
    components["securitySchemes"] = schemes();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Flatline",
            "summary": "Heartbeats in, silence noticed, the right people told.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": base_url }],
        "tags": [
            { "name": "writing", "description": "What is sent to Flatline" },
            { "name": "reading", "description": "What programs read" },
            { "name": "pages", "description": "What people read" },
        ],
        "paths": paths,
        "components": components,
    })
}

fn operation(route: &Route, access: Access) -> Value {
    let key = format!("{} {}", route.method, route.path);
    let mut operation = OPERATIONS.get(&key).cloned().unwrap_or_else(|| json!({}));
    operation["operationId"] = id(route).into();
    operation["security"] = security(route.auth, access);
    let own = operation["parameters"].as_array().cloned().unwrap_or_default();
    let parameters: Vec<Value> = path_parameters(route.path).chain(own).collect();
    if parameters.is_empty() {
        operation.as_object_mut().expect("it is an object").remove("parameters");
    } else {
        operation["parameters"] = parameters.into();
    }
    let error = json!({ "$ref": "#/components/responses/Error" });
    let responses = &mut operation["responses"];
    if needs_key(route.auth) {
        responses["401"] = error.clone();
    }
    if route.switch.is_some() {
        responses["403"] = error.clone();
    }
    responses["default"] = error;
    operation
}

/// `getApiAlertsRecent`.
fn id(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    let start = match route.method {
        Method::POST => "post",
        _ => "get",
    };
    words.fold(start.to_owned(), |id, word| {
        let (first, rest) = word.split_at(1);
        id + &first.to_uppercase() + rest
    })
}

/// One for each `{name}` in the path.
fn path_parameters(path: &str) -> impl Iterator<Item = Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    names.map(|name| {
        let name = name.trim_start_matches('*');
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    })
}

const fn needs_key(auth: Auth) -> bool {
    !matches!(auth, Auth::Open | Auth::Password)
}

/// What opens a route; `{}`: nothing is needed.
fn security(auth: Auth, access: Access) -> Value {
    match (auth, access) {
        (Auth::Open | Auth::Password, _) => json!([]),
        (Auth::ServiceKey, _) => json!([{ "serviceKey": [] }, {}]),
        (Auth::AlertKey, _) => json!([{ "alertKey": [] }]),
        (Auth::Read, Access::Public) => json!([{}, { "readKey": [] }, { "login": [] }]),
        (Auth::Read, Access::Password) => json!([{ "readKey": [] }, { "login": [] }]),
        (Auth::ReadInFull, _) => json!([{ "readKey": [] }, { "alertKey": [] }, { "login": [] }]),
    }
}

fn schemes() -> Value {
    let bearer = |what| json!({ "type": "http", "scheme": "bearer", "description": what });
    json!({
        "serviceKey": bearer("The key of the service, of its group or of all (API_KEYS); none where `auth.required` is false"),
        "alertKey": bearer("ALERT_API_KEY"),
        "readKey": bearer("READ_API_KEY"),
        "login": {
            "type": "apiKey",
            "in": "cookie",
            "name": super::login::COOKIE,
            "description": "What POST /login sets",
        },
    })
}

#[cfg(test)]
mod tests;
