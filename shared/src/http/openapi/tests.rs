use super::*;

fn document() -> Value {
    openapi(Access::Public, "https://flatline.example")
}

#[test]
fn every_route_is_in_it_and_nothing_else() {
    let document = document();
    let mut told = 0;
    for route in ROUTES {
        let method = route.method.as_str().to_lowercase();
        let operation = &document["paths"][route.path][&method];
        let what = format!("{method} {}", route.path);
        assert!(operation["summary"].is_string(), "{what} is not described in operations.json");
        assert!(operation["responses"].as_object().unwrap().len() > 1, "{what}");
        assert_eq!(
            operation["responses"]["401"].is_object(),
            needs_key(route.auth) || what == "post /login",
            "{what}"
        );
        assert_eq!(operation["responses"]["403"].is_object(), route.switch.is_some(), "{what}");
        let named = |name: &str| {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            parameters.filter(|it| it["in"] == "path" && it["name"] == name).count()
        };
        for name in ["id", "file", "format"] {
            let is_there = route.path.contains(&format!("{{{name}}}"));
            assert_eq!(named(name), usize::from(is_there), "{what}: {name}");
        }
        told += 1;
    }
    assert_eq!(OPERATIONS.as_object().unwrap().len(), told, "one of them is gone");
}

#[test]
fn names_of_operations_are_unique_and_can_be_functions() {
    let document = document();
    let mut ids: Vec<_> = ROUTES.iter().map(id).collect();
    assert!(ids.contains(&"getApiAlertsRecent".to_owned()), "{ids:?}");
    assert!(ids.contains(&"getServicesId".to_owned()), "{ids:?}");
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric())), "{ids:?}");
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

/// Every `$ref` in it.
fn walk(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| walk(value, references));
        }
        Value::Array(list) => list.iter().for_each(|value| walk(value, references)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_everything_is_referred_to() {
    let document = document();
    let mut references = Vec::new();
    walk(&document, &mut references);
    for reference in &references {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for kind in ["schemas", "parameters", "responses", "requestBodies"] {
        for name in COMPONENTS[kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(&reference), "{reference} is of no use");
        }
    }
}

#[test]
fn who_may_ask_is_said() {
    let status = |access| openapi(access, "/")["paths"]["/api/status"]["get"]["security"].clone();
    assert_eq!(status(Access::Public)[0], json!({}));
    assert_eq!(status(Access::Password), json!([{ "readKey": [] }, { "login": [] }]));
}
